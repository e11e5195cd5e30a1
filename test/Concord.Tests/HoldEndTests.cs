using Concord.Engines;
using Concord.Operations;
using Concord.Operations.Holds;

namespace Concord.Tests;

/// <summary>How holds end, and what that does to those in line.</summary>
public sealed class HoldEndTests
{
    private readonly HoldRoom _room = new();

    [Fact]
    public void To_give_back_twice_is_to_give_back_once()
    {
        (ulong first, _) = _room.Acquire(HoldRoom.Lock, 1);
        (ulong second, _) = _room.Acquire(HoldRoom.Lock, 2);
        (ulong third, _) = _room.Acquire(HoldRoom.Lock, 3);
        Assert.Equal(ReleaseOutcome.Released, _room.Release(HoldRoom.Lock, 1, first));
        Assert.Equal(ReleaseOutcome.NotFound, _room.Release(HoldRoom.Lock, 1, first));
        Assert.Equal([(2, second)], _room.Holders(HoldRoom.Lock));
        Assert.Equal(ReleaseOutcome.LeftLine, _room.Release(HoldRoom.Lock, 3, third));
        Assert.Equal(ReleaseOutcome.NotFound, _room.Release(HoldRoom.Lock, 3, third));
        Assert.Equal([(2, second)], _room.Holders(HoldRoom.Lock));
    }

    [Fact]
    public void L3_a_release_by_another_session_releases_nothing()
    {
        (ulong first, _) = _room.Acquire(HoldRoom.Lock, 1);
        (ulong second, _) = _room.Acquire(HoldRoom.Lock, 2);
        Assert.Equal(ReleaseOutcome.NotFound, _room.Release(HoldRoom.Lock, 2, first));
        Assert.Equal(ReleaseOutcome.NotFound, _room.Release(HoldRoom.Lock, 3, first));
        Assert.Equal(ReleaseOutcome.NotFound, _room.Release(HoldRoom.Lock, 3, second));
        Assert.Equal([(1, first)], _room.Holders(HoldRoom.Lock));
        Assert.Equal([(2, second)], _room.Line(HoldRoom.Lock));
        Assert.Equal(AnswerStatus.Faulted, _room.TryRelease(HoldRoom.Lock, 0, first).Status);
    }

    [Fact]
    public void A_request_that_was_given_up_before_it_ran_never_runs()
    {
        const ulong Late = 77;
        Assert.Equal(ReleaseOutcome.NotFound, _room.Release(HoldRoom.Lock, 1, Late));
        var late = new RequestKey(RecordKey.SlotOf(HoldRoom.Lock), new(1), Late);
        Assert.Equal(
            AnswerFound.Kept, SessionAnswers.Find(_room.Keys, late, out AnswerStatus status, out _, out _));
        Assert.Equal(AnswerStatus.Cancelled, status);
        Assert.Empty(_room.Holders(HoldRoom.Lock));
    }

    [Fact]
    public void A_request_that_ran_keeps_its_answer_when_it_is_given_up_again()
    {
        var ran = new RequestKey(RecordKey.SlotOf(HoldRoom.Lock), new(1), 78);
        _room.Keys.Change(keys => SessionAnswers.TryAdd(keys, ran, 0, AnswerStatus.Done, 5, [9], new()));
        Assert.Equal(ReleaseOutcome.NotFound, _room.Release(HoldRoom.Lock, 1, 78));
        SessionAnswers.Find(_room.Keys, ran, out AnswerStatus status, out long revision, out _);
        Assert.Equal((AnswerStatus.Done, 5L), (status, revision));
    }

    [Fact]
    public void L7_the_end_of_a_session_gives_back_what_it_holds_and_leaves_every_line()
    {
        Open(1, 2, 3);
        _room.Acquire(HoldRoom.Lock, 1);
        (ulong next, _) = _room.Acquire(HoldRoom.Lock, 2);
        _room.Acquire(HoldRoom.Election, 3);
        _room.Acquire(HoldRoom.Election, 1);
        (ulong candidate, _) = _room.Acquire(HoldRoom.Election, 2);
        _room.Acquire(HoldRoom.Group, 1);

        _room.Close(1);
        Assert.Equal([(2, next)], _room.Holders(HoldRoom.Lock));
        Assert.Equal([(2, candidate)], _room.Line(HoldRoom.Election));
        Assert.False(_room.Keys.TryGet(HoldRoom.Group, out _));
        Assert.False(_room.Keys.TryOwned(new(1), out _));
        Assert.False(SessionRecord.TryRead(_room.Keys, new(1), out _));
    }

    [Fact]
    public void L2_time_alone_ends_no_hold()
    {
        Open(1, 2);
        (ulong first, long? token) = _room.Acquire(HoldRoom.Lock, 1);
        _room.Acquire(HoldRoom.Lock, 2);
        _room.Keys.Now = new(_room.Keys.Now.Milliseconds + 1_000_000_000);
        Assert.Equal(0, _room.WakeAll(HoldRoom.Lock));
        _room.Wake(HoldRoom.Lock);
        Assert.Null(_room.Acquire(HoldRoom.Lock, 3).Token);
        Assert.Equal([(1, first)], _room.Holders(HoldRoom.Lock));
        Assert.True(_room.Verify(HoldRoom.Lock, 1, first, token!.Value));
    }

    [Fact]
    public void M1_permits_of_a_session_that_ends_are_there_again()
    {
        Open(1, 2);
        _room.Acquire(HoldRoom.Semaphore, 1, count: 2);
        _room.Acquire(HoldRoom.Semaphore, 1);
        (ulong waiting, _) = _room.Acquire(HoldRoom.Semaphore, 2, count: 3);
        _room.Close(1);
        Assert.Equal([(2, waiting)], _room.Holders(HoldRoom.Semaphore));
        Assert.Equal(3, _room.Describe(HoldRoom.Semaphore).Permits);
    }

    [Fact]
    public void A_session_that_is_ending_is_granted_nothing_more()
    {
        Open(1, 2);
        _room.Acquire(HoldRoom.Lock, 1);
        _room.Acquire(HoldRoom.Lock, 1, HoldMode.Shared);
        (ulong next, _) = _room.Acquire(HoldRoom.Lock, 2);
        for (int i = 0; i < 3; i++)
        {
            _room.Acquire(HoldRoom.Lock, 1);
        }

        Assert.True(SessionRecord.MayRun(_room.Keys, new(2)));
        _room.Close(1);
        Assert.Equal([(2, next)], _room.Holders(HoldRoom.Lock));
        Assert.Empty(_room.Line(HoldRoom.Lock));
    }

    [Fact]
    public void The_waiter_of_a_session_that_is_ending_is_passed_over_before_its_turn_to_end()
    {
        Open(1, 2, 3);
        (ulong first, _) = _room.Acquire(HoldRoom.Lock, 1);
        _room.Acquire(HoldRoom.Lock, 2);
        (ulong third, _) = _room.Acquire(HoldRoom.Lock, 3);
        _room.Keys.Change(keys => new SessionRecord(false, TimeSpan.FromSeconds(1), default).Put(keys, new(2)));
        _room.Release(HoldRoom.Lock, 1, first);
        Assert.Equal([(3, third)], _room.Holders(HoldRoom.Lock));
        Assert.Empty(_room.Line(HoldRoom.Lock));
    }

    [Fact]
    public void Who_is_left_in_line_behind_many_of_a_session_that_is_ending_is_not_forgotten()
    {
        Open(1, 2, 3);
        (ulong first, _) = _room.Acquire(HoldRoom.Lock, 1);
        for (int i = 0; i < HoldEnds.GrantsPerRunMax; i++)
        {
            _room.Acquire(HoldRoom.Lock, 2);
        }

        (ulong last, _) = _room.Acquire(HoldRoom.Lock, 3);
        _room.Keys.Change(keys => new SessionRecord(false, TimeSpan.FromSeconds(1), default).Put(keys, new(2)));
        _room.Release(HoldRoom.Lock, 1, first);
        Assert.Empty(_room.Holders(HoldRoom.Lock));
        Assert.Equal([(3, last)], _room.Line(HoldRoom.Lock));

        Assert.Equal(1, _room.WakeAll(HoldRoom.Lock));
        Assert.Equal([(3, last)], _room.Holders(HoldRoom.Lock));
        Assert.Empty(_room.Line(HoldRoom.Lock));
    }

    [Fact]
    public void A_session_with_much_to_give_back_ends_in_bounded_steps()
    {
        Open(1, 2);
        var roots = new List<byte[]>();
        for (int i = 0; i < 150; i++)
        {
            roots.Add(HoldRoom.Root(RecordKind.Lock, "{room}many-" + i));
            _room.Acquire(roots[i], 1);
            _room.Acquire(roots[i], 2);
        }

        int runs = 1;
        while (CloseSession.HasMore(_room.CloseOnce(1)))
        {
            Assert.InRange(_room.Keys.SeenByLastRun, 1, 1_000);
            runs++;
        }

        Assert.Equal(3, runs);
        Assert.All(roots, root => Assert.Equal(2UL, Assert.Single(_room.Holders(root)).Session));
    }

    [Fact]
    public void Many_readers_behind_a_writer_are_granted_in_bounded_runs_in_order_and_nobody_passes_them()
    {
        const int Readers = HoldEnds.GrantsPerRunMax * 3;
        (ulong writer, _) = _room.Acquire(HoldRoom.Lock, 1);
        var readers = new List<(ulong Session, ulong Sequence)>();
        for (int i = 0; i < Readers; i++)
        {
            readers.Add((2, _room.Acquire(HoldRoom.Lock, 2, HoldMode.Shared).Sequence));
        }

        _room.Release(HoldRoom.Lock, 1, writer);
        Assert.InRange(_room.Keys.SeenByLastRun, 1, 1_000);
        Assert.Equal(readers[..HoldEnds.GrantsPerRunMax], _room.Holders(HoldRoom.Lock));
        Assert.Null(_room.Acquire(HoldRoom.Lock, 3, HoldMode.Shared).Token);

        Assert.Equal(3, _room.WakeAll(HoldRoom.Lock));
        Assert.InRange(_room.Keys.SeenByLastRun, 1, 1_000);
        Assert.Equal(Readers + 1, _room.Holders(HoldRoom.Lock).Count);
        Assert.Empty(_room.Line(HoldRoom.Lock));
        Assert.Null(RootTimer.Read(_room.Keys, HoldRoom.Lock));
    }

    [Fact]
    public void L5_to_wake_twice_grants_once()
    {
        (ulong first, _) = _room.Acquire(HoldRoom.Lock, 1);
        (ulong second, _) = _room.Acquire(HoldRoom.Lock, 2);
        _room.Acquire(HoldRoom.Lock, 3);
        _room.Wake(HoldRoom.Lock);
        Assert.Equal([(1, first)], _room.Holders(HoldRoom.Lock));
        _room.Release(HoldRoom.Lock, 1, first);
        long? token = _room.TokenOf(HoldRoom.Lock, 2, second);
        _room.Wake(HoldRoom.Lock);
        _room.Wake(HoldRoom.Lock);
        Assert.Equal([(2, second)], _room.Holders(HoldRoom.Lock));
        Assert.Equal(token, _room.TokenOf(HoldRoom.Lock, 2, second));
    }

    [Fact]
    public void A_timer_of_a_root_that_is_gone_is_cleared()
    {
        _room.Keys.Change(keys => RootTimer.Set(keys, HoldRoom.Lock, keys.Now));
        Assert.Equal(1, _room.WakeAll(HoldRoom.Lock));
        Assert.Equal(0, _room.Keys.Count);

        (ulong only, _) = _room.Acquire(HoldRoom.Lock, 1);
        _room.Keys.Change(keys => RootTimer.Set(keys, HoldRoom.Lock, keys.Now));
        _room.Release(HoldRoom.Lock, 1, only);
        Assert.Equal(0, _room.Keys.Count);
    }

    [Fact]
    public void L4_a_hold_that_was_taken_away_does_not_come_back()
    {
        (ulong first, long? token) = _room.Acquire(HoldRoom.Lock, 1);
        (ulong second, _) = _room.Acquire(HoldRoom.Lock, 2);
        (IReadOnlyList<HoldDescription> taken, bool more) = _room.Force(HoldRoom.Lock);
        HoldDescription was = Assert.Single(taken);
        Assert.False(more);
        Assert.Equal(
            new(new(1), first, "process-1", HoldMode.Exclusive, 1, token!.Value, _room.Keys.Now), was);

        Assert.False(_room.Verify(HoldRoom.Lock, 1, first, token.Value));
        Assert.Equal(ReleaseOutcome.NotFound, _room.Release(HoldRoom.Lock, 1, first));
        Assert.Equal([(2, second)], _room.Holders(HoldRoom.Lock));
    }

    [Fact]
    public void Only_the_hold_with_the_token_is_taken_away()
    {
        (ulong first, _) = _room.Acquire(HoldRoom.Semaphore, 1);
        (ulong second, long? token) = _room.Acquire(HoldRoom.Semaphore, 2);
        Assert.Empty(_room.Force(HoldRoom.Semaphore, token!.Value + 100).Taken);
        Assert.Equal(second, Assert.Single(_room.Force(HoldRoom.Semaphore, token.Value).Taken).Sequence);
        Assert.Equal([(1, first)], _room.Holders(HoldRoom.Semaphore));
        Assert.Equal(1, _room.Describe(HoldRoom.Semaphore).Permits);
    }

    [Fact]
    public void Many_holds_are_taken_away_in_bounded_runs_and_what_was_granted_then_stays()
    {
        for (int i = 0; i < ForceRelease.TakenPerRunMax + 5; i++)
        {
            _room.Acquire(HoldRoom.Lock, 1, HoldMode.Shared);
        }

        (ulong writer, _) = _room.Acquire(HoldRoom.Lock, 2);
        (IReadOnlyList<HoldDescription> taken, bool more) = _room.Force(HoldRoom.Lock);
        Assert.Equal((ForceRelease.TakenPerRunMax, true), (taken.Count, more));
        Assert.InRange(_room.Keys.SeenByLastRun, 1, 1_000);
        (taken, more) = _room.Force(HoldRoom.Lock);
        Assert.Equal((5, false), (taken.Count, more));
        Assert.Equal([(2, writer)], _room.Holders(HoldRoom.Lock));
    }

    [Fact]
    public void It_is_told_who_holds_and_who_waits()
    {
        (ulong first, long? token) = _room.Acquire(HoldRoom.Semaphore, 1, count: 2);
        LogTime granted = _room.Keys.Now;
        _room.Keys.Now = new(5_000);
        (ulong second, _) = _room.Acquire(HoldRoom.Semaphore, 2, count: 3);
        _room.Keys.Now = new(9_000);
        HoldsDescription described = _room.Describe(HoldRoom.Semaphore);
        Assert.Equal(
            (true, 3, 2L, 1, 1),
            (described.Exists, described.Limit, described.Permits, described.HoldCount, described.WaitingCount));
        Assert.Equal(
            new(new(1), first, "process-1", HoldMode.Shared, 2, token!.Value, granted),
            Assert.Single(described.Holders));
        Assert.Equal(
            new(new(2), second, "process-2", HoldMode.Shared, 3, 0, new(5_000)), Assert.Single(described.Waiting));
        Assert.Empty(_room.Describe(HoldRoom.Lock).Holders);
    }

    [Fact]
    public void A_description_lists_the_first_and_counts_all()
    {
        for (int i = 0; i < DescribeHolds.ListedMax + 3; i++)
        {
            _room.Acquire(HoldRoom.Lock, 1, HoldMode.Shared);
        }

        for (int i = 0; i < DescribeHolds.ListedMax + 7; i++)
        {
            _room.Acquire(HoldRoom.Lock, 2);
        }

        HoldsDescription described = _room.Describe(HoldRoom.Lock);
        Assert.Equal((DescribeHolds.ListedMax, DescribeHolds.ListedMax), (
            described.Holders.Count, described.Waiting.Count));
        Assert.Equal((DescribeHolds.ListedMax + 3, DescribeHolds.ListedMax + 7), (
            described.HoldCount, described.WaitingCount));
        Assert.Equal(
            _room.Line(HoldRoom.Lock)[..DescribeHolds.ListedMax],
            described.Waiting.Select(waiting => (waiting.Session.Value, waiting.Sequence)));
    }

    [Fact]
    public void A_line_has_an_end()
    {
        _room.Acquire(HoldRoom.Lock, 1);
        _room.Keys.Change(keys =>
        {
            HoldRoot state = HoldRoot.Read(keys, HoldRoom.Lock);
            for (int i = 0; i < AcquireHold.LineMax; i++)
            {
                state.Joined();
            }

            state.Save(keys, HoldRoom.Lock);
        });
        EngineAnswer answer = _room.TryAcquire(HoldRoom.Lock, 2, out _, waits: true);
        Assert.False(Reply.IsDone(answer, OperationCode.Acquire, out var body, out RefusalCode refusal));
        Assert.Equal((RefusalCode.LineFull, AcquireHold.LineMax), (refusal, body.ReadInt32()));
    }

    [Fact]
    public void The_longest_name_has_room_for_all_of_it()
    {
        string name = new('n', RecordKey.NameBytesMax);
        byte[] root = RecordKey.Named(RecordKind.Lock, new('s', RecordKey.NamespaceBytesMax), name);
        Assert.Equal(IntentTable.TargetKeyBytesMax, root.Length);
        Open(1, 2, 3);
        _room.Acquire(root, 1);
        (ulong second, _) = _room.Acquire(root, 2);
        (ulong third, _) = _room.Acquire(root, 3);
        _room.Close(1);
        Assert.Equal([(2, second)], _room.Holders(root));
        _room.Close(2);
        Assert.Equal([(3, third)], _room.Holders(root));
        _room.Release(root, 3, third);
        Assert.False(_room.Keys.TryGet(root, out _));
    }

    private void Open(params ulong[] sessions) => Array.ForEach(sessions, _room.Open);
}
