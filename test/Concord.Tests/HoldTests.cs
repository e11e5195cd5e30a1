using Concord.Engines;
using Concord.Operations;
using Concord.Operations.Holds;

namespace Concord.Tests;

/// <summary>Who is granted, and in which order.</summary>
public sealed class HoldTests
{
    private readonly HoldRoom _room = new();

    [Fact]
    public void A_lock_has_one_holder_and_the_next_in_line_follows_with_a_greater_token()
    {
        (ulong first, long? token) = _room.Acquire(HoldRoom.Lock, 1);
        (ulong second, long? none) = _room.Acquire(HoldRoom.Lock, 2);
        (ulong third, _) = _room.Acquire(HoldRoom.Lock, 3);
        Assert.NotNull(token);
        Assert.Null(none);
        Assert.Equal([(2, second), (3, third)], _room.Line(HoldRoom.Lock));

        Assert.Equal(ReleaseOutcome.Released, _room.Release(HoldRoom.Lock, 1, first));
        Assert.Equal([(2, second)], _room.Holders(HoldRoom.Lock));
        Assert.Equal([(3, third)], _room.Line(HoldRoom.Lock));
        Assert.True(_room.TokenOf(HoldRoom.Lock, 2, second) > token);
    }

    [Fact]
    public void An_election_and_a_lock_of_one_name_have_nothing_to_do_with_each_other()
    {
        Assert.NotNull(_room.Acquire(HoldRoom.Lock, 1).Token);
        Assert.NotNull(_room.Acquire(HoldRoom.Election, 2).Token);
        Assert.Null(_room.Acquire(HoldRoom.Election, 3).Token);
        Assert.Equal(2, _room.Holders(HoldRoom.Lock).Count + _room.Holders(HoldRoom.Election).Count);
    }

    [Fact]
    public void A_name_that_begins_like_another_has_a_line_of_its_own()
    {
        byte[] longer = HoldRoom.Root(RecordKind.Lock, "{room}x2");
        _room.Acquire(HoldRoom.Lock, 1);
        Assert.NotNull(_room.Acquire(longer, 2).Token);
        (ulong waiting, _) = _room.Acquire(longer, 3);
        Assert.Empty(_room.Line(HoldRoom.Lock));
        Assert.Single(_room.Describe(HoldRoom.Lock).Holders);
        Assert.Equal([(3, waiting)], _room.Line(longer));
    }

    [Fact]
    public void Readers_share_and_those_who_come_behind_a_writer_wait_behind_it()
    {
        (ulong r1, _) = _room.Acquire(HoldRoom.Lock, 1, HoldMode.Shared);
        (ulong r2, long? shared) = _room.Acquire(HoldRoom.Lock, 2, HoldMode.Shared);
        Assert.NotNull(shared);
        (ulong writer, long? none) = _room.Acquire(HoldRoom.Lock, 3);
        Assert.Null(none);
        (ulong r4, long? behind) = _room.Acquire(HoldRoom.Lock, 4, HoldMode.Shared);
        Assert.Null(behind);

        _room.Release(HoldRoom.Lock, 1, r1);
        Assert.Equal([(2, r2)], _room.Holders(HoldRoom.Lock));
        _room.Release(HoldRoom.Lock, 2, r2);
        Assert.Equal([(3, writer)], _room.Holders(HoldRoom.Lock));
        _room.Release(HoldRoom.Lock, 3, writer);
        Assert.Equal([(4, r4)], _room.Holders(HoldRoom.Lock));
    }

    [Fact]
    public void Readers_in_a_row_are_granted_together_and_share_a_token()
    {
        (ulong writer, _) = _room.Acquire(HoldRoom.Lock, 1);
        (ulong r2, _) = _room.Acquire(HoldRoom.Lock, 2, HoldMode.Shared);
        (ulong r3, _) = _room.Acquire(HoldRoom.Lock, 3, HoldMode.Shared);
        (ulong w4, _) = _room.Acquire(HoldRoom.Lock, 4);
        (ulong r5, _) = _room.Acquire(HoldRoom.Lock, 5, HoldMode.Shared);

        _room.Release(HoldRoom.Lock, 1, writer);
        Assert.Equal([(2, r2), (3, r3)], _room.Holders(HoldRoom.Lock));
        Assert.Equal(_room.TokenOf(HoldRoom.Lock, 2, r2), _room.TokenOf(HoldRoom.Lock, 3, r3));
        Assert.Equal([(4, w4), (5, r5)], _room.Line(HoldRoom.Lock));
    }

    [Fact]
    public void A_writer_that_gives_up_lets_the_readers_behind_it_in()
    {
        (ulong r1, _) = _room.Acquire(HoldRoom.Lock, 1, HoldMode.Shared);
        (ulong writer, _) = _room.Acquire(HoldRoom.Lock, 2);
        (ulong r3, _) = _room.Acquire(HoldRoom.Lock, 3, HoldMode.Shared);
        Assert.Equal(ReleaseOutcome.LeftLine, _room.Release(HoldRoom.Lock, 2, writer));
        Assert.Equal([(1, r1), (3, r3)], _room.Holders(HoldRoom.Lock));
        Assert.Empty(_room.Line(HoldRoom.Lock));
    }

    [Fact]
    public void A_semaphore_grants_permits_in_order_and_nobody_passes_a_large_request()
    {
        (ulong two, _) = _room.Acquire(HoldRoom.Semaphore, 1, count: 2);
        (ulong three, long? large) = _room.Acquire(HoldRoom.Semaphore, 2, count: 3);
        (ulong one, long? small) = _room.Acquire(HoldRoom.Semaphore, 3, count: 1);
        Assert.Null(large);
        Assert.Null(small);

        _room.Release(HoldRoom.Semaphore, 1, two);
        Assert.Equal([(2, three)], _room.Holders(HoldRoom.Semaphore));
        Assert.Equal(3, _room.Describe(HoldRoom.Semaphore).Permits);
        _room.Release(HoldRoom.Semaphore, 2, three);
        Assert.Equal([(3, one)], _room.Holders(HoldRoom.Semaphore));
        Assert.Equal(1, _room.Describe(HoldRoom.Semaphore).Permits);
    }

    [Fact]
    public void More_permits_than_there_are_is_refused_and_the_first_who_came_said_how_many()
    {
        _room.Acquire(HoldRoom.Semaphore, 1, limit: 3);
        EngineAnswer answer = _room.TryAcquire(
            HoldRoom.Semaphore, 2, out _, count: 4, limit: 10, waits: true);
        Assert.False(Reply.IsDone(answer, OperationCode.Acquire, out var body, out RefusalCode refusal));
        Assert.Equal((RefusalCode.LimitExceeded, 3), (refusal, body.ReadInt32()));
        Assert.Empty(_room.Line(HoldRoom.Semaphore));
    }

    [Fact]
    public void More_permits_go_to_those_in_line_and_fewer_are_taken_from_nobody()
    {
        (ulong first, _) = _room.Acquire(HoldRoom.Semaphore, 1, count: 3);
        (ulong second, _) = _room.Acquire(HoldRoom.Semaphore, 2, count: 2);
        (ulong third, _) = _room.Acquire(HoldRoom.Semaphore, 3, count: 1);
        (ulong fourth, _) = _room.Acquire(HoldRoom.Semaphore, 4, count: 1);
        Assert.Equal(3, _room.Limit(HoldRoom.Semaphore, 6));
        Assert.Equal([(1, first), (2, second), (3, third)], _room.Holders(HoldRoom.Semaphore));

        Assert.Equal(6, _room.Limit(HoldRoom.Semaphore, 2));
        Assert.Equal(3, _room.Holders(HoldRoom.Semaphore).Count);
        _room.Release(HoldRoom.Semaphore, 1, first);
        Assert.Equal([(4, fourth)], _room.Line(HoldRoom.Semaphore));
        _room.Release(HoldRoom.Semaphore, 2, second);
        Assert.Equal([(3, third), (4, fourth)], _room.Holders(HoldRoom.Semaphore));
    }

    [Fact]
    public void A_limit_that_was_set_outlives_the_holds_and_one_that_was_only_asked_for_does_not()
    {
        Assert.Null(_room.Limit(HoldRoom.Semaphore, 5));
        (ulong all, long? token) = _room.Acquire(HoldRoom.Semaphore, 1, count: 5, limit: 1);
        Assert.NotNull(token);
        _room.Release(HoldRoom.Semaphore, 1, all);
        Assert.Equal((true, 5), (_room.Describe(HoldRoom.Semaphore).Exists, _room.Describe(HoldRoom.Semaphore).Limit));

        byte[] other = HoldRoom.Root(RecordKind.Semaphore, "{room}other");
        (ulong one, _) = _room.Acquire(other, 1, limit: 1);
        _room.Release(other, 1, one);
        Assert.False(_room.Describe(other).Exists);
        Assert.NotNull(_room.Acquire(other, 1, count: 2, limit: 2).Token);
    }

    [Fact]
    public void Everybody_is_in_a_group_at_once()
    {
        for (ulong session = 1; session <= 20; session++)
        {
            Assert.NotNull(_room.Acquire(HoldRoom.Group, session).Token);
        }

        Assert.Equal(20, _room.Describe(HoldRoom.Group).HoldCount);
    }

    [Fact]
    public void Who_does_not_wait_is_refused_and_leaves_nothing()
    {
        (ulong first, _) = _room.Acquire(HoldRoom.Lock, 1);
        int records = _room.Keys.Count;
        EngineAnswer answer = _room.TryAcquire(HoldRoom.Lock, 2, out _);
        Assert.False(Reply.IsDone(answer, OperationCode.Acquire, out _, out RefusalCode refusal));
        Assert.Equal(RefusalCode.Busy, refusal);
        Assert.Equal(records, _room.Keys.Count);

        // Not even past those who wait: that would be barging.
        (ulong second, _) = _room.Acquire(HoldRoom.Lock, 2, HoldMode.Shared);
        (ulong writer, _) = _room.Acquire(HoldRoom.Lock, 3);
        _room.Release(HoldRoom.Lock, 1, first);
        Assert.Equal([(2, second)], _room.Holders(HoldRoom.Lock));
        answer = _room.TryAcquire(HoldRoom.Lock, 4, out _, HoldMode.Shared);
        Assert.False(Reply.IsDone(answer, OperationCode.Acquire, out _, out refusal));
        Assert.Equal(RefusalCode.Busy, refusal);
        Assert.Equal([(3, writer)], _room.Line(HoldRoom.Lock));
    }

    [Fact]
    public void An_idle_name_costs_nothing_and_its_tokens_grow_all_the_same()
    {
        (ulong first, long? token) = _room.Acquire(HoldRoom.Lock, 1);
        (ulong waiting, _) = _room.Acquire(HoldRoom.Lock, 2);
        _room.Release(HoldRoom.Lock, 2, waiting);
        _room.Release(HoldRoom.Lock, 1, first);
        Assert.Equal(0, _room.Keys.Count);
        Assert.True(_room.Acquire(HoldRoom.Lock, 1).Token > token);
    }

    [Fact]
    public void Every_change_beside_a_root_bumps_it()
    {
        long before = 0;
        long Revision()
        {
            Assert.True(_room.Keys.TryGet(HoldRoom.Lock, out RecordView root));
            return root.ModRevision;
        }

        void Bumped()
        {
            Assert.True(Revision() > before);
            before = Revision();
        }

        (ulong r1, _) = _room.Acquire(HoldRoom.Lock, 1, HoldMode.Shared);
        Bumped();
        _room.Acquire(HoldRoom.Lock, 2, HoldMode.Shared);
        Bumped();
        (ulong w3, _) = _room.Acquire(HoldRoom.Lock, 3);
        Bumped();
        _room.Release(HoldRoom.Lock, 3, w3);
        Bumped();
        _room.Release(HoldRoom.Lock, 1, r1);
        Bumped();
        _room.Acquire(HoldRoom.Lock, 4);
        Bumped();
        _room.Force(HoldRoom.Lock);
        Bumped();
    }

    [Fact]
    public void What_cannot_be_asked_for_is_a_fault_or_another_kind()
    {
        OperationRequest[] malformed =
        [
            Ask(HoldRoom.Lock, HoldMode.Exclusive, 2, 0),
            Ask(HoldRoom.Lock, HoldMode.Exclusive, 1, 3),
            Ask(HoldRoom.Lock, (HoldMode)3, 1, 0),
            Ask(HoldRoom.Election, HoldMode.Shared, 1, 0),
            Ask(HoldRoom.Semaphore, HoldMode.Exclusive, 1, 3),
            Ask(HoldRoom.Semaphore, HoldMode.Shared, 0, 3),
            Ask(HoldRoom.Semaphore, HoldMode.Shared, 1, 0),
            Ask(HoldRoom.Group, HoldMode.Shared, 2, 0),
        ];
        Assert.All(malformed, request => Assert.Equal(AnswerStatus.Faulted, _room.Keys.Run(request).Status));

        foreach (RecordKind kind in new[] { RecordKind.Value, RecordKind.Counter, RecordKind.Queue, RecordKind.Hold })
        {
            byte[] other = HoldRoom.Root(kind);
            EngineAnswer answer = _room.TryAcquire(other, 1, out _);
            Assert.False(Reply.IsDone(answer, OperationCode.Acquire, out _, out RefusalCode refusal));
            Assert.Equal(RefusalCode.WrongKind, refusal);
        }

        Assert.Equal(
            AnswerStatus.Faulted,
            _room.Keys.Run(
                AcquireHold.Run,
                AcquireHold.Arguments(HoldRoom.Lock, HoldMode.Exclusive, 1, 0, waits: true, "x"),
                new(RecordKey.SlotOf(HoldRoom.Lock), default, 0)).Status);
        Assert.Equal(0, _room.Keys.Count);
    }

    [Fact]
    public void Of_a_process_name_that_is_too_long_whole_characters_are_kept()
    {
        string name = new('é', HoldTerms.ProcessBytesMax);
        _room.Run(
            OperationCode.Acquire,
            1,
            1,
            AcquireHold.Arguments(HoldRoom.Lock, HoldMode.Exclusive, 1, 0, waits: true, "x" + name),
            HoldRoom.Lock);
        Assert.Equal(
            "x" + name[..((HoldTerms.ProcessBytesMax - 1) / 2)],
            Assert.Single(_room.Describe(HoldRoom.Lock).Holders).Process);
    }

    private static OperationRequest Ask(byte[] root, HoldMode mode, int count, int limit) => new(
        RecordKey.SlotOf(root),
        OperationCode.Acquire,
        AcquireHold.Arguments(root, mode, count, limit, waits: true, "x"),
        null);
}
