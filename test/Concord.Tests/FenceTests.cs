using Concord.Encoding;
using Concord.Engines;
using Concord.Operations;
using Concord.Operations.Holds;

namespace Concord.Tests;

/// <summary>What rests on a hold happens only while it is held, and a hold that something rests on stays.</summary>
public sealed class FenceTests
{
    private static readonly byte[] s_value = RecordKey.Named(s_slot, RecordKind.Value, "", "guarded");
    private readonly HoldRoom _room = new();

    private static Slot s_slot => RecordKey.SlotOf(HoldRoom.Lock);

    [Fact]
    public void L6_a_token_of_a_hold_that_is_gone_is_rejected_and_the_current_one_is_told()
    {
        (ulong first, long? old) = _room.Acquire(HoldRoom.Lock, 1);
        (ulong second, _) = _room.Acquire(HoldRoom.Lock, 2);
        Assert.True(IsHeld(HoldRoom.Lock, old!.Value, 0, 0, out _));
        Assert.True(IsHeld(HoldRoom.Lock, old.Value, 1, first, out _));
        Assert.False(IsHeld(HoldRoom.Lock, old.Value - 1, 1, first, out _));
        Assert.False(IsHeld(HoldRoom.Lock, old.Value + 1, 1, first, out _));
        Assert.False(IsHeld(HoldRoom.Lock, old.Value - 1, 0, 0, out _));
        Assert.False(IsHeld(HoldRoom.Lock, old.Value, 2, second, out long current));
        Assert.Equal(old, current);

        _room.Release(HoldRoom.Lock, 1, first);
        long newer = _room.TokenOf(HoldRoom.Lock, 2, second)!.Value;
        Assert.False(IsHeld(HoldRoom.Lock, old.Value, 0, 0, out current));
        Assert.Equal(newer, current);
        Assert.False(IsHeld(HoldRoom.Lock, old.Value, 1, first, out current));
        Assert.Equal(newer, current);
        Assert.True(IsHeld(HoldRoom.Lock, newer, 0, 0, out current));
        Assert.Equal(newer, current);
        Assert.False(IsHeld(HoldRoom.Lock, newer + 1, 0, 0, out _));
    }

    [Fact]
    public void L1_no_token_comes_twice_even_when_the_name_was_forgotten_meanwhile()
    {
        long last = 0;
        for (int i = 0; i < 20; i++)
        {
            (ulong sequence, long? token) = _room.Acquire(HoldRoom.Lock, 1);
            Assert.True(token > last);
            last = token.Value;
            _room.Release(HoldRoom.Lock, 1, sequence);
            Assert.False(_room.Keys.TryGet(HoldRoom.Lock, out _));
            Assert.False(IsHeld(HoldRoom.Lock, last, 0, 0, out long current));
            Assert.Equal(0, current);
        }
    }

    [Fact]
    public void The_newest_token_is_remembered_for_as_long_as_anybody_holds_or_waits()
    {
        (ulong first, _) = _room.Acquire(HoldRoom.Semaphore, 1);
        (ulong second, long? held) = _room.Acquire(HoldRoom.Semaphore, 2);
        (ulong third, long? newest) = _room.Acquire(HoldRoom.Semaphore, 3);
        _room.Release(HoldRoom.Semaphore, 3, third);
        _room.Release(HoldRoom.Semaphore, 1, first);
        Assert.False(IsHeld(HoldRoom.Semaphore, newest!.Value, 3, third, out long current));
        Assert.Equal(newest, current);
        Assert.True(IsHeld(HoldRoom.Semaphore, held!.Value, 2, second, out _));
    }

    [Fact]
    public void Where_many_share_a_token_the_handle_tells_them_apart()
    {
        (ulong writer, _) = _room.Acquire(HoldRoom.Lock, 1);
        (ulong r2, _) = _room.Acquire(HoldRoom.Lock, 2, HoldMode.Shared);
        (ulong r3, _) = _room.Acquire(HoldRoom.Lock, 3, HoldMode.Shared);
        _room.Release(HoldRoom.Lock, 1, writer);
        long token = _room.TokenOf(HoldRoom.Lock, 2, r2)!.Value;
        _room.Release(HoldRoom.Lock, 2, r2);
        Assert.False(IsHeld(HoldRoom.Lock, token, 2, r2, out long current));
        Assert.Equal(token, current);
        Assert.True(IsHeld(HoldRoom.Lock, token, 3, r3, out _));
        Assert.True(IsHeld(HoldRoom.Lock, token, 0, 0, out _));
    }

    [Fact]
    public void A_refusal_tells_the_current_token()
    {
        var said = new OperationAnswer();
        said.Reset();
        FenceCheck.Refuse(said, 42);
        var answer = new EngineAnswer(said.Status, 0, said.Payload.ToArray());
        Assert.False(Reply.IsDone(answer, OperationCode.SetValue, out ByteReader body, out RefusalCode refusal));
        Assert.Equal((RefusalCode.FenceRejected, 42L), (refusal, FenceCheck.ReadCurrent(ref body)));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void What_a_transaction_requires_is_held_when_it_commits(bool withHandle)
    {
        (ulong first, long? token) = _room.Acquire(HoldRoom.Lock, 1);
        byte[] handle = withHandle ? FenceCheck.Handle(new(1), first) : [];
        EngineAnswer done = Decide(1, Require(token!.Value, handle), Set(7));
        Assert.Equal(TransactionDecision.Committed, TransactionAnswer.Read(done).Decision);
        Assert.Equal([7], _room.Keys.Read(s_value).Value.ToArray()[^1..]);

        _room.Release(HoldRoom.Lock, 1, first);
        _room.Acquire(HoldRoom.Lock, 2);
        TransactionAnswer refused = TransactionAnswer.Read(Decide(2, Set(8), Require(token.Value, handle)));
        Assert.Equal(
            (TransactionDecision.Aborted, RefusalCode.FenceRejected, 1),
            (refused.Decision, refused.Reason, refused.Ordinal));
        Assert.Equal([7], _room.Keys.Read(s_value).Value.ToArray()[^1..]);
        Assert.Empty(IntentTable.Read(_room.Keys, HoldRoom.Lock).ToArray());
    }

    [Fact]
    public void The_handle_of_another_does_not_do_for_a_requirement()
    {
        (_, long? token) = _room.Acquire(HoldRoom.Lock, 1);
        (ulong second, _) = _room.Acquire(HoldRoom.Lock, 2);
        TransactionAnswer answer = TransactionAnswer.Read(
            Decide(1, Require(token!.Value, FenceCheck.Handle(new(2), second))));
        Assert.Equal(RefusalCode.FenceRejected, answer.Reason);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_hold_that_an_undecided_transaction_requires_passes_to_nobody(bool commit)
    {
        _room.Open(1);
        _room.Open(2);
        (ulong first, long? token) = _room.Acquire(HoldRoom.Lock, 1);
        (ulong second, _) = _room.Acquire(HoldRoom.Lock, 2);
        RequestKey transaction = Gid(5);
        Assert.Equal(AnswerStatus.Done, Prepare(transaction, Require(token!.Value, [])).Status);

        AssertBlocked(_room.TryRelease(HoldRoom.Lock, 1, first), transaction);
        AssertBlocked(
            _room.Run(OperationCode.ForceRelease, 9, 900, ForceRelease.Arguments(HoldRoom.Lock, 0), HoldRoom.Lock),
            transaction);
        Assert.True(CloseSession.HasMore(_room.CloseOnce(1)));
        Assert.False(SessionRecord.MayRun(_room.Keys, new(1)));
        long revision = _room.Keys.Revision;
        AssertBlocked(_room.CloseOnce(1), transaction);
        _room.Wake(HoldRoom.Lock);
        Assert.Equal(revision, _room.Keys.Revision);
        Assert.Equal([(1, first)], _room.Holders(HoldRoom.Lock));
        Assert.True(_room.Verify(HoldRoom.Lock, 1, first, token.Value));

        Resolve(transaction, commit);
        _room.Close(1);
        Assert.Equal([(2, second)], _room.Holders(HoldRoom.Lock));
        Assert.Empty(IntentTable.Read(_room.Keys, HoldRoom.Lock).ToArray());
    }

    [Fact]
    public void A_session_ends_what_it_can_before_it_waits_for_a_transaction()
    {
        _room.Open(1);
        _room.Acquire(HoldRoom.Election, 1);
        (_, long? token) = _room.Acquire(HoldRoom.Semaphore, 1);
        RequestKey transaction = Gid(5);
        Prepare(
            transaction, new TransactionAction(ActionKind.Require, HoldRoom.Semaphore, token!.Value, 0, 0, 0, default));

        Assert.True(CloseSession.HasMore(_room.CloseOnce(1)));
        Assert.Empty(_room.Holders(HoldRoom.Election));
        Assert.Single(_room.Holders(HoldRoom.Semaphore));
        AssertBlocked(_room.CloseOnce(1), transaction);
        Resolve(transaction, commit: true);
        Assert.False(CloseSession.HasMore(_room.CloseOnce(1)));
        Assert.Empty(_room.Holders(HoldRoom.Semaphore));
    }

    [Fact]
    public void Two_transactions_require_one_hold_and_it_is_kept_for_both()
    {
        (ulong first, long? token) = _room.Acquire(HoldRoom.Lock, 1);
        Prepare(Gid(5), Require(token!.Value, []));
        Prepare(Gid(6), Require(token.Value, []));
        AssertBlocked(_room.TryRelease(HoldRoom.Lock, 1, first), Gid(5));
        Resolve(Gid(5), commit: true);
        AssertBlocked(_room.TryRelease(HoldRoom.Lock, 1, first), Gid(6));
        Resolve(Gid(6), commit: false);
        Assert.Equal(ReleaseOutcome.Released, _room.Release(HoldRoom.Lock, 1, first));
        Assert.False(_room.Keys.TryGet(HoldRoom.Lock, out _));
    }

    [Fact]
    public void Those_who_wait_come_and_go_while_a_transaction_requires_the_hold()
    {
        (_, long? token) = _room.Acquire(HoldRoom.Lock, 1);
        Prepare(Gid(5), Require(token!.Value, []));
        (ulong second, _) = _room.Acquire(HoldRoom.Lock, 2);
        Assert.Equal(ReleaseOutcome.LeftLine, _room.Release(HoldRoom.Lock, 2, second));
        Assert.Empty(_room.Line(HoldRoom.Lock));
    }

    [Fact]
    public void A_requirement_that_is_none_is_a_fault_and_one_that_fails_prepares_nothing()
    {
        (_, long? token) = _room.Acquire(HoldRoom.Lock, 1);
        int records = _room.Keys.Count;
        Assert.Equal(AnswerStatus.Faulted, Prepare(Gid(5), Require(token!.Value, [1, 2, 3])).Status);
        Assert.Equal(
            AnswerStatus.Faulted,
            Prepare(Gid(5), new TransactionAction(ActionKind.Require, s_value, 1, 0, 0, 0, default)).Status);
        EngineAnswer refused = Prepare(Gid(5), Require(token.Value + 1, []));
        Assert.False(Reply.IsDone(refused, OperationCode.Prepare, out ByteReader body, out RefusalCode refusal));
        Assert.Equal((RefusalCode.FenceRejected, 0), (refusal, body.ReadInt32()));
        Assert.Equal(records, _room.Keys.Count);
    }

    private static RequestKey Gid(ulong sequence) => new(s_slot, new(50), sequence);

    private static TransactionAction Require(long token, byte[] handle) =>
        new(ActionKind.Require, HoldRoom.Lock, token, 0, 0, 0, handle);

    private static TransactionAction Set(byte last)
    {
        var record = new ByteWriter();
        ValueRecord.WriteHead(record, "x");
        record.WriteByte(last);
        return new(ActionKind.Set, s_value, 0, 0, 0, 0, record.ToArray());
    }

    private static void AssertBlocked(EngineAnswer answer, RequestKey transaction)
    {
        Assert.Equal(AnswerStatus.Blocked, answer.Status);
        Assert.Equal(transaction, OperationAnswer.BlockedBy(answer.Payload.Span));
    }

    private bool IsHeld(byte[] root, long token, ulong session, ulong sequence, out long current) =>
        FenceCheck.IsHeld(_room.Keys, root, token, new(session), sequence, out current);

    private EngineAnswer Decide(ulong sequence, params TransactionAction[] actions)
    {
        var encoded = new ByteWriter();
        ActionCodec.Write(encoded, actions, [.. Enumerable.Range(0, actions.Length)]);
        var arguments = new ByteWriter();
        DecideTransaction.WriteArguments(
            arguments, new() { RefusalOrdinal = -1, Age = new(1), Actions = encoded.Written });
        return _room.Keys.Run(DecideTransaction.Run, arguments.ToArray(), Gid(sequence));
    }

    private EngineAnswer Prepare(RequestKey transaction, params TransactionAction[] actions)
    {
        var encoded = new ByteWriter();
        ActionCodec.Write(encoded, actions, [.. Enumerable.Range(0, actions.Length)]);
        var arguments = new ByteWriter();
        PrepareTransaction.WriteArguments(arguments, transaction, anchor: 1, new(1), encoded.Written);
        return _room.Keys.Run(PrepareTransaction.Run, arguments.ToArray(), transaction);
    }

    private void Resolve(RequestKey transaction, bool commit) =>
        _room.Keys.Change(keys => ResolveTransactions.Resolve(keys, transaction, commit));
}
