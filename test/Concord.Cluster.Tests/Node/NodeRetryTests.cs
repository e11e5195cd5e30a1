using Concord.Client.Wire;
using Concord.Cluster.Node;
using Concord.Consensus;
using Concord.Encoding;
using Concord.Engines;
using Concord.Operations;
using Concord.Operations.Holds;
using Concord.Operations.Queues;

namespace Concord.Cluster.Tests.Node;

/// <summary>What a leader has to propose by itself, and could not for the moment, it proposes again: nobody else asks
/// for it.</summary>
public abstract class NodeRetryTests(string protocol)
{
    private static readonly TimeSpan s_timeToLive = TimeSpan.FromSeconds(2);

    [Fact]
    public void A_timer_that_comes_due_in_a_handover_that_fails_is_served_after_it()
    {
        using var cluster = new TestCluster(protocol, nodes: 3, shards: 1);
        AwaitLevel(cluster);
        cluster.OpenSession(0);
        byte[] queue = RecordKey.Named(cluster.SlotIn(0), RecordKind.Queue, "", "q");
        TimeSpan delay = TimeSpan.FromSeconds(2);
        OperationRequest request = EnqueueMessages.Request(queue, [new(new byte[] { 1, 120, 7 }, Delay: delay)]);
        TimeSpan due = cluster.Now + delay;
        Assert.Equal(1, EnqueueMessages.Read(Answer(cluster, 0, 1, request).AsAnswer()));

        int leader = cluster.LeaderOf(0);
        int deaf = Enumerable.Range(1, 3).First(node => node != leader);
        Shard shard = cluster.ShardAt(leader, 0);
        TimeSpan handover = shard.Node.Settings.ElectionTimeout;
        cluster.Run(due - (handover / 2) - cluster.Now);

        // A leader that hands over proposes nothing. The other one never hears that it shall stand.
        Assert.Equal(TransferResult.Accepted, shard.TransferLeadership(new((ushort)deaf)));
        cluster.Lost = (from, to, _, _) => from == deaf || to == deaf;
        cluster.Run(handover * 0.75);

        Assert.True(cluster.Now > due, "It is due.");
        Assert.Equal((0, 1), Counts(shard, queue));
        cluster.Await(() => Counts(shard, queue) == (1, 0), "the message came due");
        Assert.True(shard.IsLeader, "The same leader has seen to it.");
    }

    [Fact]
    public void A_session_whose_end_met_a_transaction_for_too_long_is_ended_after_it()
    {
        using var cluster = new TestCluster(
            protocol,
            nodes: 3,
            shards: 3,
            settings => settings with { OperationWaits = TimeSpan.FromMilliseconds(300) });
        AwaitLevel(cluster);
        cluster.OpenSession(0);
        cluster.OpenSession(1, s_timeToLive);
        cluster.OpenSession(2);
        byte[] root = RecordKey.Named(cluster.SlotIn(1), RecordKind.Lock, "", "l");
        ReadOnlyMemory<byte> ask = AcquireHold.Arguments(root, HoldMode.Exclusive, 1, 0, waits: false, "test");
        TestReply held = Answer(cluster, 1, 1, new(RecordKey.SlotOf(root), OperationCode.Acquire, ask, null));
        Assert.True(Reply.IsDone(held.AsAnswer(), OperationCode.Acquire, out ByteReader body, out _));
        Assert.True(ClaimAnswer.IsGranted(ref body, out _));

        // Prepared where the lock is, and no decision reaches that shard: neither is it told, nor can it ask.
        cluster.Lost = static (_, _, kind, message) => kind == WireKind.PeerResolve
            || (kind == WireKind.PeerExecute && message[12] == (byte)OperationCode.Settle);
        cluster.SendCommit(2, 1, [
            TestRequests.Adding(cluster.CounterIn(0), 1),
            new(ActionKind.Require, root, held.Revision, 0, 0, 0, default)]);
        cluster.Await(() => cluster.IsPreparedAt(1, 2), "it is prepared where the lock is");
        cluster.Run((s_timeToLive * 1.25) + TimeSpan.FromSeconds(3));

        Shard shard = cluster.LeaderShard(1);
        Assert.True(TryReadSession(shard, out SessionRecord session));
        Assert.False(session.IsOpen, "Its end has begun.");
        Assert.True(shard.Keyspace.TryGet(root, out _), "What the transaction requires is kept for the decision.");

        cluster.Lost = static (_, _, _, _) => false;
        cluster.Await(() => !TryReadSession(shard, out _), "the session was ended");
        Assert.True(shard.IsLeader, "The same leader has seen to it.");
        Assert.False(shard.Keyspace.TryGet(root, out _), "What it held was given back.");
    }

    private static void AwaitLevel(TestCluster cluster)
    {
        cluster.AwaitLeaders();
        cluster.Await(
            () => Enumerable.Range(0, cluster.Layout.Shards).All(
                shard => cluster.LeaderShard((uint)shard).Level == OperationTable.KnownLevel),
            "the level was raised");
    }

    private static TestReply Answer(TestCluster cluster, uint shard, ulong sequence, OperationRequest request) =>
        cluster.AwaitReply(cluster.SendCommand(
            cluster.LeaderOf(shard),
            shard,
            request.Code,
            new(request.Slot, TestRequests.Session, sequence),
            request.Arguments));

    private static bool TryReadSession(Shard shard, out SessionRecord record) =>
        SessionRecord.TryRead(new KeyspaceView(shard.Keyspace, shard.Now), TestRequests.Session, out record);

    private static (long Ready, long Delayed) Counts(Shard shard, byte[] queue)
    {
        Assert.True(shard.Keyspace.TryGet(queue, out RecordView record));
        var root = QueueRoot.Read(record.Value);
        return (root.Ready, root.Delayed);
    }
}

public sealed class NodeRetryTestsOnRaft() : NodeRetryTests("raft");

public sealed class NodeRetryTestsOnPaxos() : NodeRetryTests("paxos");
