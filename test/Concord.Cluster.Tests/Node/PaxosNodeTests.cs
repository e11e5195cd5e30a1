using Concord.Client.Administration;
using Concord.Client.Wire;
using Concord.Cluster.Node;
using Concord.Consensus;
using Concord.Engines;

namespace Concord.Cluster.Tests.Node;

/// <summary>What a node must see to that would not happen with Raft.</summary>
public sealed class PaxosNodeTests : IDisposable
{
    private readonly List<TestCluster> _clusters = [];
    private ulong _sequence;

    public void Dispose() => _clusters.ForEach(static cluster => cluster.Dispose());

    /// <summary>A new membership bars the way until it is chosen; that is no overload.</summary>
    [Fact]
    public void What_is_asked_for_while_members_change_waits_and_is_done()
    {
        TestCluster cluster = New(3, 1);
        cluster.AwaitChangeable();
        int leader = BarTheWay(cluster);

        ulong first = cluster.SendAdd(0, cluster.CounterIn(0), 1, ++_sequence);
        ulong second = cluster.SendAdd(0, cluster.CounterIn(0), 10, ++_sequence);
        cluster.Run(TimeSpan.FromMilliseconds(60));
        Assert.Null(cluster.ReplyTo(first));
        Assert.Null(cluster.ReplyTo(second));

        cluster.Lost = static (_, _, _, _) => false;
        Assert.Equal(AnswerStatus.Done, cluster.AwaitReply(first).Answer);
        Assert.Equal(AnswerStatus.Done, cluster.AwaitReply(second).Answer);
        Assert.Equal(leader, cluster.LeaderOf(0));
        Assert.Equal(11, cluster.ReadCounter(0, cluster.CounterIn(0)));
    }

    [Fact]
    public void What_waits_while_members_change_is_told_when_the_leader_leads_no_more()
    {
        TestCluster cluster = New(3, 1);
        cluster.AwaitChangeable();
        int leader = BarTheWay(cluster);
        ulong waiting = cluster.SendAdd(0, cluster.CounterIn(0), 1, ++_sequence);
        int[] others = [.. Enumerable.Range(1, 3).Where(node => node != leader)];
        Array.ForEach(others, cluster.Crash);

        TestReply told = cluster.AwaitReply(waiting);

        Assert.Equal(ReplyStatus.NotLeader, told.Status);
        cluster.Lost = static (_, _, _, _) => false;
        Array.ForEach(others, node => cluster.Start(node));
        cluster.Await(() => cluster.LeaderOf(0) != 0, "somebody leads");
        Assert.Equal(1, cluster.Add(0, cluster.CounterIn(0), 1, _sequence));
    }

    /// <summary>Anybody who knows what was chosen has a snapshot that will do, be the leader out of reach.</summary>
    [Fact]
    public void A_snapshot_is_fetched_from_whoever_has_one()
    {
        TestCluster cluster = TestRequests.ClusterWithOneBehind("paxos", out int behind);
        _clusters.Add(cluster);
        int leader = cluster.LeaderOf(0);
        var sources = new HashSet<int>();
        cluster.Lost = (from, to, kind, _) =>
        {
            if (kind == WireKind.SnapshotPiece)
            {
                sources.Add(from);
            }

            return (from, to) == (leader, behind)
                && kind is WireKind.Consensus or WireKind.Liveness or WireKind.SnapshotPiece;
        };
        cluster.Start(behind);

        int third = 6 - leader - behind;
        cluster.Await(() => cluster[behind].Installed.Count > 0, "a snapshot was installed");
        Assert.Equal([third], sources);
        Shard source = cluster.ShardAt(third, 0);
        cluster.Await(() => cluster.ShardAt(behind, 0).Applied >= source.Applied, "it has learned the rest");
        Assert.Equal(source.Keyspace.Digest, cluster.ShardAt(behind, 0).Keyspace.ComputeDigest());
    }

    /// <summary>Two that offer theirs in turn would keep it from ever having one.</summary>
    [Fact]
    public void A_snapshot_that_is_being_fetched_is_not_begun_anew_from_somebody_else()
    {
        TestCluster cluster = TestRequests.ClusterWithOneBehind("paxos", out int behind);
        _clusters.Add(cluster);
        var sources = new List<int>();
        int third = 6 - cluster.LeaderOf(0) - behind;
        cluster.Lost = (from, _, kind, _) =>
        {
            if (kind == WireKind.SnapshotPiece && sources.Count < 8)
            {
                sources.Add(from);
                int other = sources.Count % 2 == 0 ? third : 6 - third - behind;
                cluster[behind].Core.FetchSnapshot(cluster.ShardAt(behind, 0), new((ushort)other));
            }

            return false;
        };
        cluster.Start(behind);

        cluster.Await(() => cluster[behind].Installed.Count > 0, "a snapshot was installed");
        Assert.True(sources.Count > 3, "it came in several pieces");
        Assert.Single(sources.Distinct());
    }

    [Fact]
    public void The_status_tells_the_ballot_and_whose_it_is()
    {
        TestCluster cluster = New(3, 1);
        cluster.AwaitLeaders();
        Stamp stamp = cluster.LeaderShard(0).Core.Status.Stamp;
        ulong request = cluster.Send(cluster.LeaderOf(0), WireKind.StatusRequest, static writer => writer.WriteByte(0));

        NodeStatus status = System.Text.Json.JsonSerializer.Deserialize(
            cluster.AwaitReply(request).Payload, AdministrationJson.Default.NodeStatus)!;

        Assert.Equal(((long)stamp.Term, cluster.LeaderOf(0)), (status.Shards[0].Term, status.Shards[0].TermOwner));
    }

    private TestCluster New(int nodes, int shards)
    {
        var cluster = new TestCluster("paxos", nodes, shards);
        _clusters.Add(cluster);
        return cluster;
    }

    /// <summary>Has the leader propose a membership that is not chosen, for its messages do not arrive.</summary>
    private static int BarTheWay(TestCluster cluster)
    {
        int leader = cluster.LeaderOf(0);
        cluster.Lost = static (_, _, kind, _) => kind == WireKind.Consensus;
        Shard shard = cluster.ShardAt(leader, 0);
        MembershipChange change = shard.Core.ChangeMembership(
            new(shard.Core.Membership.Voters, [new NodeId(9)]));
        Assert.Equal(MembershipChange.Accepted, change);
        Assert.False(shard.Core.IsMembershipFinal);
        return leader;
    }
}
