using Concord.Client.Wire;
using Concord.Encoding;
using Concord.Engines;
using Concord.Operations;
using Concord.Operations.Holds;

namespace Concord.Cluster.Tests.Node;

/// <summary>What rests on a hold, over several shards and nodes.</summary>
public abstract class NodeFenceTests : IDisposable
{
    private readonly TestCluster _cluster;
    private readonly byte[] _lock;
    private readonly byte[] _here;
    private readonly byte[] _third;

    protected NodeFenceTests(string protocol)
    {
        _cluster = new(protocol, nodes: 3, shards: 3);
        _cluster.OpenSessions();
        _cluster.Await(
            () => Enumerable.Range(0, 3).All(
                shard => _cluster.LeaderShard((uint)shard).Level == OperationTable.KnownLevel),
            "the level was raised");
        _lock = RecordKey.Named(_cluster.SlotIn(1), RecordKind.Lock, "", "l");
        _here = _cluster.CounterIn(0);
        _third = _cluster.CounterIn(2);
    }

    public void Dispose()
    {
        _cluster.Dispose();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public void A_transaction_commits_while_what_it_requires_elsewhere_is_held_and_aborts_afterwards()
    {
        long token = Acquire(1);
        TransactionAnswer committed = Commit(2, TestRequests.Adding(_here, 1), Require(token));
        Assert.Equal(TransactionDecision.Committed, committed.Decision);

        Assert.Equal(ReleaseOutcome.Released, ReleaseHold.Read(_cluster.AwaitReply(Release(1, 3)).AsAnswer()));
        Assert.True(Acquire(4) > token);
        TransactionAnswer aborted = Commit(
            5, TestRequests.Adding(_here, 1), TestRequests.Adding(_third, 1), Require(token));
        Assert.Equal(
            (TransactionDecision.Aborted, RefusalCode.FenceRejected, 2),
            (aborted.Decision, aborted.Reason, aborted.Ordinal));
        Assert.Equal(1, _cluster.ReadCounter(0, _here));
        Assert.Equal(0, _cluster.ReadCounter(2, _third));
    }

    [Fact]
    public void Of_a_bound_and_a_fence_that_refuse_on_two_shards_the_first_is_the_reason()
    {
        long token = Acquire(1);
        TransactionAnswer bound = Commit(
            2, TestRequests.Adding(_here, 1), TestRequests.Adding(_third, -1, min: 0), Require(token + 1));
        Assert.Equal((RefusalCode.BoundViolated, 1), (bound.Reason, bound.Ordinal));
        TransactionAnswer fence = Commit(
            3, TestRequests.Adding(_here, 1), Require(token + 1), TestRequests.Adding(_third, -1, min: 0));
        Assert.Equal((RefusalCode.FenceRejected, 1), (fence.Reason, fence.Ordinal));
    }

    [Fact]
    public void A_hold_that_an_undecided_transaction_requires_is_given_back_after_the_decision()
    {
        long token = Acquire(1);
        _cluster.Lost = static (_, _, kind, message) =>
            kind == WireKind.PeerExecute && message[12] == (byte)OperationCode.Prepare && message[8] == 2;
        _cluster.SendCommit(
            2, 1, [TestRequests.Adding(_here, 1), Require(token), TestRequests.Adding(_third, 1)]);
        _cluster.Await(() => _cluster.IsPreparedAt(1, 2), "it is prepared where the lock is");

        ulong release = Release(1, 3);
        _cluster.Run(TimeSpan.FromMilliseconds(100));
        Assert.Null(_cluster.ReplyTo(release));
        Assert.True(_cluster.IsPreparedAt(1, 2));

        Assert.Equal(ReleaseOutcome.Released, ReleaseHold.Read(_cluster.AwaitReply(release).AsAnswer()));
        Assert.False(_cluster.IsPreparedAt(1, 2));
    }

    [Fact]
    public void A_write_with_a_fence_happens_only_while_the_hold_is_held()
    {
        byte[] root = RecordKey.Named(_cluster.SlotIn(1), RecordKind.Lock, "", "l");
        byte[] counter = _cluster.CounterIn(1);
        long token = Acquire(1);
        Assert.Equal(AnswerStatus.Done, Add(counter, 2, new(root, token)).Answer);
        Assert.Equal(AnswerStatus.Done, Add(counter, 3, new(root, token, TestRequests.Session, 1)).Answer);
        TestReply refused = Add(counter, 4, new(root, token + 1));
        Assert.False(Reply.IsDone(refused.AsAnswer(), OperationCode.AddCounter, out ByteReader body, out var why));
        Assert.Equal((RefusalCode.FenceRejected, token), (why, FenceCheck.ReadCurrent(ref body)));
        Assert.Equal(2, _cluster.ReadCounter(1, counter));
    }

    [Fact]
    public void A_fence_that_is_none_costs_its_sender_an_error_and_nobody_else_anything()
    {
        byte[] counter = _cluster.CounterIn(1);
        byte[] elsewhere = RecordKey.Named(_cluster.SlotIn(0), RecordKind.Lock, "", "l");
        byte[] tooLong = new byte[IntentTable.TargetKeyBytesMax + 1];
        _lock.CopyTo(tooLong, 0);
        byte[][] roots = [[], [1], elsewhere, tooLong, new byte[60_000]];
        for (int i = 0; i < roots.Length; i++)
        {
            Assert.NotEqual(AnswerStatus.Done, Add(counter, 10 + (ulong)i, new(roots[i], 1)).Answer);
        }

        Assert.Equal(1, _cluster.Add(1, counter, 1, 20));
        Assert.Equal(3, _cluster.Alive.Count());
    }

    private static ReadOnlyMemory<byte> Ask(byte[] root) =>
        AcquireHold.Arguments(root, HoldMode.Exclusive, 1, 0, waits: false, "test");

    private long Acquire(ulong sequence)
    {
        TestReply reply = _cluster.AwaitReply(_cluster.SendCommand(
            _cluster.LeaderOf(1),
            1,
            OperationCode.Acquire,
            new(RecordKey.SlotOf(_lock), TestRequests.Session, sequence),
            Ask(_lock)));
        Assert.True(Reply.IsDone(reply.AsAnswer(), OperationCode.Acquire, out ByteReader body, out _));
        Assert.True(ClaimAnswer.IsGranted(ref body, out _));
        return reply.Revision;
    }

    private ulong Release(ulong acquired, ulong sequence) => _cluster.SendCommand(
        _cluster.LeaderOf(1),
        1,
        OperationCode.Release,
        new(RecordKey.SlotOf(_lock), TestRequests.Session, sequence),
        ReleaseHold.Arguments(_lock, acquired));

    private TransactionAnswer Commit(ulong sequence, params TransactionAction[] actions) =>
        TestRequests.Decided(_cluster.AwaitReply(_cluster.SendCommit(sequence, (long)sequence, actions)));

    private TransactionAction Require(long token) => new(ActionKind.Require, _lock, token, 0, 0, 0, default);

    private TestReply Add(byte[] counter, ulong sequence, EngineFence fence)
    {
        OperationRequest request = AddCounter.Request(counter, new(1, long.MinValue, long.MaxValue));
        return _cluster.AwaitReply(_cluster.Send(_cluster.LeaderOf(1), WireKind.Execute, writer =>
        {
            writer.WriteUInt32(1);
            Command.WriteHead(
                writer, request.Code, new(request.Slot, TestRequests.Session, sequence), fence: fence);
            writer.WriteRaw(request.Arguments.Span);
        }));
    }
}

public sealed class NodeFenceTestsOnRaft() : NodeFenceTests("raft");

public sealed class NodeFenceTestsOnPaxos() : NodeFenceTests("paxos");
