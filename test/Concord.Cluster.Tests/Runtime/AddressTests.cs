using System.Net;
using Concord.Engines;
using Microsoft.Extensions.DependencyInjection;

namespace Concord.Cluster.Tests.Runtime;

/// <summary>Who answers at an address is who was meant: one node listens there, and a client knows its own
/// cluster.</summary>
public sealed class AddressTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_second_node_on_an_address_does_not_start()
    {
        IPEndPoint end = MemberTests.FreeEndPoints(1)[0];
        await using IConcordHost first = await StartAsync(end, "first", shards: 3);

        var refused = await Assert.ThrowsAsync<EngineStoppedException>(() => StartAsync(end, "second", shards: 3));

        Assert.Contains($"Cannot listen on {end}", refused.Message, StringComparison.Ordinal);
        Assert.Equal(1, await first.Concord.GetCounter("c").AddAsync(1));
    }

    [Fact]
    public async Task A_node_that_closed_its_connections_takes_its_address_again_at_once()
    {
        IPEndPoint end = MemberTests.FreeEndPoints(1)[0];
        await using IConcordHost client = await ConcordHost.StartAsync(builder => builder.UseServer(end.ToString()));
        for (int i = 1; i <= 3; i++)
        {
            await using IConcordHost node = await StartAsync(end, "node", shards: 3);
            Assert.Equal(i, await client.Concord.GetCounter("c").AddAsync(1));
        }
    }

    [Fact]
    public async Task A_client_that_finds_another_cluster_at_its_address_is_told_and_changes_nothing_there()
    {
        IPEndPoint end = MemberTests.FreeEndPoints(1)[0];
        await using IConcordHost client = await ConcordHost.StartAsync(builder =>
        {
            builder.Services.Configure<ConcordOptions>(
                static options => options.OperationTimeout = TimeSpan.FromSeconds(2));
            builder.UseServer(end.ToString());
        });
        await using (IConcordHost own = await StartAsync(end, "own", shards: 3))
        {
            Assert.Equal(1, await client.Concord.GetCounter("c").AddAsync(1));
        }

        await using (IConcordHost other = await StartAsync(end, "other", shards: 1))
        {
            var refused = await Assert.ThrowsAsync<EngineUnavailableException>(
                async () => await client.Concord.GetCounter("c").AddAsync(1));
            Assert.Contains("the node belongs to cluster", refused.Message, StringComparison.Ordinal);
            Assert.Equal(0, await other.Concord.GetCounter("c").GetAsync());
        }
    }

    /// <summary>Found out when it is dialed, the folder would say already that it is a member.</summary>
    [Theory]
    [InlineData("foo")]
    [InlineData("127.0.0.1")]
    [InlineData("127.0.0.1:99999")]
    [InlineData("127.0.0.1:0")]
    [InlineData("::1:7101")]
    [InlineData(" 127.0.0.1:7101")]
    [InlineData("a:1;b:2")]
    [InlineData("127.0.0.1:+71")]
    public async Task What_is_no_address_is_refused_before_anything_is_written(string member)
    {
        IPEndPoint end = MemberTests.FreeEndPoints(1)[0];
        foreach (bool joins in new[] { false, true })
        {
            var refused = await Assert.ThrowsAsync<EngineStoppedException>(() => ConcordHost.StartAsync(
                builder => builder.UseCluster(options =>
                {
                    options.DataDirectory = _folder.In("data");
                    options.ListenEndPoint = end;
                    (joins ? options.JoinThrough : options.InitialMembers).Add(member);
                    if (!joins)
                    {
                        options.InitialMembers.Add(end.ToString());
                    }
                })));
            Assert.Contains($"'{member}' is no address", refused.Message, StringComparison.Ordinal);
            Assert.Equal("CNC1004", refused.ErrorCode);
        }

        Assert.False(Directory.Exists(_folder.In("data")), "Nothing was written.");
        await Assert.ThrowsAsync<EngineStoppedException>(() => ConcordHost.StartAsync(builder =>
            builder.UseCluster(options =>
            {
                options.DataDirectory = _folder.In("data");
                options.ListenEndPoint = end;
                options.AdvertisedAddress = member;
                options.InitialMembers.Add(member);
            })));
    }

    [Fact]
    public async Task A_folder_that_cannot_be_made_is_one_sentence()
    {
        File.WriteAllText(_folder.In("file"), "");

        var refused = await Assert.ThrowsAsync<EngineStoppedException>(() => ConcordHost.StartAsync(
            builder => builder.UseSingleNode(Path.Combine(_folder.In("file"), "data"))));

        Assert.Contains("cannot be made", refused.Message, StringComparison.Ordinal);
        Assert.Equal("CNC1004", refused.ErrorCode);
    }

    private Task<IConcordHost> StartAsync(IPEndPoint end, string folder, int shards) => ConcordHost.StartAsync(
        builder => builder.UseCluster(options =>
        {
            options.DataDirectory = _folder.In(folder);
            options.ListenEndPoint = end;
            options.InitialMembers.Add(end.ToString());
            options.Shards = shards;
        }));
}
