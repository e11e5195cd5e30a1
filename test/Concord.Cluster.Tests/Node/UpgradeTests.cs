using Concord.Client.Wire;
using Concord.Cluster.Node;
using Concord.Engines;
using Concord.Operations;
using Concord.Operations.Holds;
using Concord.Operations.Queues;

namespace Concord.Cluster.Tests.Node;

/// <summary>A cluster of mixed builds: what not all know is not proposed, what all know is agreed on by an entry, and
/// nobody goes back behind that.</summary>
public abstract class UpgradeTests(string protocol)
{
    private const int OldLevel = OperationTable.KnownLevel - 1;

    [Fact]
    public void The_level_waits_for_the_last_node_and_then_rises_everywhere_by_an_entry()
    {
        int oldNodes = 3;
        using var cluster = new TestCluster(protocol, 3, 1, settings =>
            settings with { LevelMax = settings.Self.Value <= oldNodes ? OldLevel : OperationTable.KnownLevel });
        cluster.OpenSessions();
        byte[] key = cluster.CounterIn(0);
        ulong sequence = 0;
        for (; oldNodes > 0; oldNodes--)
        {
            int upgraded = oldNodes;
            Assert.Equal((long)sequence + 1, cluster.Add(0, key, 1, ++sequence));
            cluster.Run(TimeSpan.FromSeconds(1));
            Assert.All(Enumerable.Range(1, 3), node => Assert.Equal(OldLevel, cluster.ShardAt(node, 0).Level));
            cluster.Crash(upgraded);
            oldNodes--;
            cluster.Start(upgraded);
            oldNodes++;
            cluster.AwaitLeaders();
        }

        cluster.Await(
            () => Enumerable.Range(1, 3).All(node => cluster.ShardAt(node, 0).Level == OperationTable.KnownLevel),
            "the level rose on every node");
        Assert.Equal((long)sequence + 1, cluster.Add(0, key, 1, ++sequence));
        cluster.Run(TimeSpan.FromSeconds(1));
        Assert.Single(Enumerable.Range(1, 3).Select(node => cluster.ShardAt(node, 0).Keyspace.Digest).Distinct());
    }

    [Fact]
    public void A_node_with_the_build_before_is_refused_once_the_level_has_risen()
    {
        int level = OperationTable.KnownLevel;
        using var cluster = new TestCluster(protocol, 3, 1, settings => settings with { LevelMax = level });
        cluster.OpenSessions();
        cluster.Await(() => cluster.ShardAt(2, 0).Level == OperationTable.KnownLevel, "the level rose");
        cluster.Run(TimeSpan.FromSeconds(1));
        cluster.Crash(2);
        level = OldLevel;

        var refused = Assert.Throws<UnknownLevelException>(() =>
        {
            cluster.Start(2);
            cluster.Run(TimeSpan.FromSeconds(5));
        });

        Assert.Contains($"raised to level {OperationTable.KnownLevel}", refused.Message, StringComparison.Ordinal);
        Assert.Contains("a downgrade is not possible", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_operation_of_the_new_level_is_not_proposed_before()
    {
        int level = OldLevel;
        using var cluster = new TestCluster(protocol, 3, 1, settings =>
            settings with { LevelMax = settings.Self.Value == 3 ? level : OperationTable.KnownLevel });
        cluster.OpenSessions();
        byte[] queue = RecordKey.Named(cluster.SlotIn(0), RecordKind.Queue, "", "q");

        Assert.Equal(ReplyStatus.NotReady, Ask(2).Status);
        Assert.Empty(WhoWaits());

        cluster.Crash(3);
        level = OperationTable.KnownLevel;
        cluster.Start(3);
        cluster.AwaitLeaders();
        cluster.Await(() => cluster.LeaderShard(0).Level == level, "the level rose");
        Assert.Equal(ReplyStatus.Answered, Ask(2).Status);
        Assert.Equal([2UL], WhoWaits());

        TestReply Ask(ulong sequence) => cluster.AwaitReply(cluster.SendCommand(
            cluster.LeaderOf(0),
            0,
            OperationCode.ReceiveSeveral,
            new(cluster.SlotIn(0), TestRequests.Session, sequence),
            ReceiveSeveral.Arguments(queue, 2, "test")));

        ulong[] WhoWaits() => HoldLine.TryFirst(
            new KeyspaceView(cluster.LeaderShard(0).Keyspace, default), queue, 0, out LinePlace place)
            ? [place.Sequence]
            : [];
    }
}

public sealed class UpgradeTestsOnRaft() : UpgradeTests("raft");

public sealed class UpgradeTestsOnPaxos() : UpgradeTests("paxos");
