using System.Net;
using Concord.Client.Administration;
using Concord.Client.Connections;
using Concord.Engines;
using Microsoft.Extensions.DependencyInjection;

namespace Concord.Cluster.Tests.Runtime;

/// <summary>A cluster has one protocol for its life: who comes with the other one is told so.</summary>
public sealed class ProtocolTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("raft", "Raft", "paxos", "Multi-Paxos")]
    [InlineData("paxos", "Multi-Paxos", "raft", "Raft")]
    public async Task A_folder_of_the_other_protocol_is_refused_and_left_alone(
        string own, string ownTitle, string other, string otherTitle)
    {
        await using (IConcordHost host = await StartAsync(own))
        {
            Assert.Equal(1, await host.Concord.GetCounter("c").AddAsync(1));
        }

        var refused = await Assert.ThrowsAsync<EngineStoppedException>(() => StartAsync(other));

        Assert.Contains($"was begun with {ownTitle}", refused.Message, StringComparison.Ordinal);
        Assert.Contains($"started for {otherTitle}", refused.Message, StringComparison.Ordinal);
        Assert.Contains($"start it with {ownTitle}", refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', refused.Message);
        await using IConcordHost again = await StartAsync(own);
        Assert.Equal(2, await again.Concord.GetCounter("c").AddAsync(1));
    }

    [Theory]
    [InlineData("raft", "Raft", "paxos", "Multi-Paxos")]
    [InlineData("paxos", "Multi-Paxos", "raft", "Raft")]
    public async Task A_node_that_joins_takes_what_the_cluster_has_and_may_not_say_otherwise(
        string own, string ownTitle, string other, string otherTitle)
    {
        IPEndPoint[] ends = [.. MemberTests.FreeEndPoints(2)];
        await using IConcordHost founder = await StartAsync(own, ends[0], joinThrough: null);
        Assert.Equal(1, await founder.Concord.GetCounter("c").AddAsync(1));
        var admin = new MembersAdmin(new SocketDialer(), TimeProvider.System);
        await admin.ChangeAsync(
            [ends[0].ToString()],
            new() { Action = MembersRequest.Add, Address = ends[1].ToString() },
            TimeSpan.FromSeconds(60),
            TestContext.Current.CancellationToken);

        if (other == "paxos")
        {
            // That it wants Raft a node cannot say.
            var refused = await Assert.ThrowsAsync<EngineStoppedException>(() => StartAsync(other, ends[1], ends[0]));
            Assert.Contains($"begun with {ownTitle}", refused.Message, StringComparison.Ordinal);
            Assert.Contains($"started for {otherTitle}", refused.Message, StringComparison.Ordinal);
        }

        await using (IConcordHost joined = await StartAsync("raft", ends[1], ends[0]))
        {
            Assert.Equal(2, await joined.Concord.GetCounter("c").AddAsync(1));
        }

        // From its folder it knows by itself.
        await using IConcordHost again = await StartAsync("raft", ends[1], ends[0]);
        Assert.Equal(3, await again.Concord.GetCounter("c").AddAsync(1));
    }

    private Task<IConcordHost> StartAsync(string protocol) => ConcordHost.StartAsync(
        builder => builder.AgreeBy(protocol).UseSingleNode(_folder.In("data")));

    private Task<IConcordHost> StartAsync(string protocol, IPEndPoint self, IPEndPoint? joinThrough) =>
        ConcordHost.StartAsync(builder =>
        {
            builder.Services.Configure<ConcordOptions>(
                static options => options.OperationTimeout = TimeSpan.FromSeconds(60));
            builder.AgreeBy(protocol).UseCluster(options =>
            {
                options.DataDirectory = _folder.In($"{self.Port}");
                options.ListenEndPoint = self;
                (joinThrough is null ? options.InitialMembers : options.JoinThrough).Add(
                    (joinThrough ?? self).ToString());
            });
        });
}
