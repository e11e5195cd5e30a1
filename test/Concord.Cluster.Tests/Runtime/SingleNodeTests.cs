using Concord.Engines;
using Microsoft.Extensions.DependencyInjection;

namespace Concord.Cluster.Tests.Runtime;

/// <summary>A host with a node of its own, on the real disk. Not in parallel with each other: one of them changes the
/// environment of the process.</summary>
[Collection("environment")]
public abstract class SingleNodeTests(string protocol) : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose()
    {
        _folder.Dispose();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task A_host_in_a_few_lines()
    {
        await using IConcordHost host = await ConcordHost.StartAsync(
            builder => builder.AgreeBy(protocol).UseSingleNode(_folder.In("data")));

        Assert.Equal(-1, await host.Concord.GetCounter("stock").AddAsync(-1));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_node_whose_state_is_full_says_so_and_takes_what_makes_room(bool isTransaction)
    {
        await using IConcordHost host = await ConcordHost.StartAsync(builder => builder.AgreeBy(protocol)
            .UseSingleNode(_folder.In("data"), static options => options.MaxStateBytes = 4 << 20));
        byte[] large = new byte[100_000];
        int number = 0;

        var full = await Assert.ThrowsAsync<EngineOverloadedException>(async () =>
        {
            for (; number < 1_000; number++)
            {
                await SetAsync(number);
            }
        });

        Assert.Contains("full", full.Message, StringComparison.Ordinal);
        Assert.InRange(number, 20, 31);
        using var deadline = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        for (int i = 0; !await HasRoomAsync(); i++)
        {
            // The state is charged by size classes: what one takes may be a little more than what another gave.
            await host.Concord.GetValue<byte[]>($"v{i}").DeleteAsync();
            await Task.Delay(full.RetryAfter, deadline.Token);
        }

        async Task<bool> HasRoomAsync()
        {
            try
            {
                await SetAsync(number);
                return true;
            }
            catch (EngineOverloadedException)
            {
                return false;
            }
        }

        async Task SetAsync(int name)
        {
            IConcordValue<byte[]> value = host.Concord.GetValue<byte[]>($"v{name}");
            if (isTransaction)
            {
                await host.Concord.RunTransactionAsync((transaction, _) =>
                {
                    transaction.Set(value, large);
                    return Task.CompletedTask;
                });
            }
            else
            {
                await value.SetAsync(large);
            }
        }
    }

    [Fact]
    public async Task Everything_is_there_after_a_restart()
    {
        await using (IConcordHost host = await StartAsync("data"))
        {
            await host.Concord.GetCounter("c").AddAsync(5);
            await host.Concord.GetValue<string>("v").SetAsync("text");
            await host.Concord.RunTransactionAsync((transaction, _) =>
            {
                transaction.Add(host.Concord.GetCounter("c"), 2);
                transaction.Set(host.Concord.GetValue<string>("w"), "more");
                return Task.CompletedTask;
            });
        }

        await using IConcordHost again = await StartAsync("data");

        Assert.Equal(7, await again.Concord.GetCounter("c").GetAsync());
        Assert.Equal("text", (await again.Concord.GetValue<string>("v").GetAsync()).Value);
        Assert.Equal("more", (await again.Concord.GetValue<string>("w").GetAsync()).Value);
    }

    [Fact]
    public async Task A_folder_in_use_is_refused_and_free_again_afterwards()
    {
        await using (await StartAsync("data"))
        {
            var refused = await Assert.ThrowsAsync<EngineStoppedException>(() => StartAsync("data"));
            Assert.Contains("is in use by another node", refused.Message, StringComparison.Ordinal);
        }

        await using IConcordHost again = await StartAsync("data");
        Assert.Equal(1, await again.Concord.GetCounter("c").AddAsync(1));
    }

    [Fact]
    public async Task A_folder_with_something_else_is_refused_and_left_alone()
    {
        Directory.CreateDirectory(_folder.In("mine"));
        await File.WriteAllTextAsync(System.IO.Path.Combine(_folder.In("mine"), "photo.jpg"), "x");

        var refused = await Assert.ThrowsAsync<EngineStoppedException>(() => StartAsync("mine"));

        Assert.Contains("photo.jpg", refused.Message, StringComparison.Ordinal);
        Assert.Single(Directory.GetFileSystemEntries(_folder.In("mine")));
    }

    [Fact]
    public async Task Production_is_refused_unless_there_is_one_process_only()
    {
        string? before = Environment.GetEnvironmentVariable("DOTNET_ENVIRONMENT");
        Environment.SetEnvironmentVariable("DOTNET_ENVIRONMENT", "Production");
        try
        {
            var refused = await Assert.ThrowsAsync<EngineStoppedException>(() => StartAsync("data"));
            Assert.Contains("SingleInstance", refused.Message, StringComparison.Ordinal);

            await using IConcordHost host = await ConcordHost.StartAsync(
                builder => builder.AgreeBy(protocol).UseSingleNode(
                    _folder.In("data"), options => options.SingleInstance = true));
            Assert.Equal(1, await host.Concord.GetCounter("c").AddAsync(1));
        }
        finally
        {
            Environment.SetEnvironmentVariable("DOTNET_ENVIRONMENT", before);
        }
    }

    private Task<IConcordHost> StartAsync(string name) =>
        ConcordHost.StartAsync(builder => builder.AgreeBy(protocol).UseSingleNode(_folder.In(name)));
}

public sealed class SingleNodeTestsOnRaft() : SingleNodeTests("raft");

public sealed class SingleNodeTestsOnPaxos() : SingleNodeTests("paxos");
