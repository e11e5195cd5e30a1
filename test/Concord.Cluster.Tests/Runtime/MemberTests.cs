using System.Net;
using System.Net.Sockets;
using Concord.Cli.Processes;
using Concord.Engines;
using Microsoft.Extensions.DependencyInjection;

namespace Concord.Cluster.Tests.Runtime;

public abstract class MemberTests(string protocol) : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose()
    {
        _folder.Dispose();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task Three_members_agree_and_go_on_when_one_is_gone()
    {
        IPEndPoint[] members = FreeEndPoints(3);
        var hosts = new List<IConcordHost>();
        try
        {
            foreach (IPEndPoint member in members)
            {
                hosts.Add(await StartAsync(member, members));
            }

            Assert.Equal(1, await hosts[0].Concord.GetCounter("c").AddAsync(1));
            Assert.Equal(2, await hosts[1].Concord.GetCounter("c").AddAsync(1));
            await hosts[2].Concord.GetValue<string>("v").SetAsync("text");
            Assert.Equal("text", (await hosts[0].Concord.GetValue<string>("v").GetAsync()).Value);
            await TransferAsync(hosts[0].Concord);

            await hosts[2].DisposeAsync();
            Assert.Null(await hosts[2].Stopped);
            hosts.RemoveAt(2);

            Assert.Equal(3, await hosts[0].Concord.GetCounter("c").AddAsync(1));
            await TransferAsync(hosts[1].Concord);
            for (int i = 0; i < 6; i++)
            {
                Assert.Equal(i % 2 == 0 ? -20 : 20, await hosts[i % 2].Concord.GetCounter($"account {i}").GetAsync());
            }
        }
        finally
        {
            foreach (IConcordHost host in hosts)
            {
                await host.DisposeAsync();
            }
        }
    }

    /// <summary>What all builds know is known of the third, too.</summary>
    [Fact]
    public async Task Two_of_three_serve_everything_before_the_third_was_ever_seen()
    {
        IPEndPoint[] members = FreeEndPoints(3);
        Task<IConcordHost> first = StartAsync(members[0], members);
        await using IConcordHost second = await StartAsync(members[1], members);
        await using IConcordHost host = await first;
        IConcord concord = host.Concord;

        Assert.Equal(1, await concord.GetCounter("c").AddAsync(1));
        await using ILockHandle hold = await concord.GetLock("l").AcquireAsync();
        await concord.GetQueue<int>("q").EnqueueAsync(7);
        await foreach (IDelivery<int> delivery in concord.GetQueue<int>("q").ReceiveAllAsync(prefetch: 8))
        {
            Assert.Equal(7, delivery.Message);
            await delivery.CompleteAsync();
            break;
        }
    }

    [Fact]
    public async Task A_port_in_use_is_one_sentence()
    {
        IPEndPoint member = FreeEndPoints(1)[0];
        using var taken = new TcpListener(member);
        taken.Start();

        var refused = await Assert.ThrowsAsync<EngineStoppedException>(() => StartAsync(member, [member]));

        Assert.Contains(member.ToString(), refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', refused.Message);
    }

    [Fact]
    public async Task An_address_that_others_reach_is_refused_unless_the_network_is_trusted()
    {
        var member = new IPEndPoint(IPAddress.Any, FreeEndPoints(1)[0].Port);

        var refused = await Assert.ThrowsAsync<EngineStoppedException>(() => StartAsync(member, [member]));

        Assert.Contains("AllowInsecureTransport", refused.Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(_folder.In($"{member.Port}")), "Nothing was written.");
    }

    /// <summary>Moves money between counters that are spread over the shards.</summary>
    private static async Task TransferAsync(IConcord concord)
    {
        for (int i = 0; i < 6; i += 2)
        {
            string from = $"account {i}";
            string to = $"account {i + 1}";
            await concord.RunTransactionAsync((transaction, _) =>
            {
                transaction.Add(concord.GetCounter(from), -10);
                transaction.Add(concord.GetCounter(to), 10);
                return Task.CompletedTask;
            });
        }
    }

    private Task<IConcordHost> StartAsync(IPEndPoint self, IPEndPoint[] members) => ConcordHost.StartAsync(builder =>
    {
        builder.Services.Configure<ConcordOptions>(options => options.OperationTimeout = TimeSpan.FromSeconds(60));
        builder.AgreeBy(protocol).UseCluster(options =>
        {
            options.DataDirectory = _folder.In($"{self.Port}");
            options.ListenEndPoint = self;
            foreach (IPEndPoint member in members)
            {
                options.InitialMembers.Add(member.ToString());
            }
        });
    });

    internal static IPEndPoint[] FreeEndPoints(int count) => [.. LoopbackPorts.Pick(count).Select(IPEndPoint.Parse)];
}

public sealed class MemberTestsOnRaft() : MemberTests("raft");

public sealed class MemberTestsOnPaxos() : MemberTests("paxos");
