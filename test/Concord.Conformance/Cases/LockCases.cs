using Concord.Conformance.Engines;

namespace Concord.Conformance.Cases;

/// <summary>What the documentation of <see cref="IConcordLock"/> and <see cref="IHold"/> promises.</summary>
public abstract class LockCases(Engine engine) : CaseBase(engine)
{
    private static readonly LockAcquireOptions s_shared = new() { Mode = LockMode.Shared };

    [Fact]
    public async Task A_process_that_leaves_has_lost_what_it_held_when_another_has_it()
    {
        IConcord first = await ConnectAsync();
        IConcord second = await ConnectAsync();
        ILockHandle hold = await first.GetLock("l").AcquireAsync();
        Task<bool> next = NextAsync();
        await Stage.LineAsync(second, "l", 1);

        Task leaving = Stage.LeaveAsync(first);

        Assert.True(await Stage.SoonAsync(next), "it knows by then");
        await Stage.SoonAsync(leaving);

        async Task<bool> NextAsync()
        {
            await using ILockHandle taken = await second.GetLock("l").AcquireAsync();
            return hold.Lost.IsCancellationRequested;
        }
    }

    [Fact]
    public async Task Who_waits_longer_is_served_first_and_tokens_grow()
    {
        IConcord[] processes = [await ConnectAsync(), await ConnectAsync(), await ConnectAsync()];
        ILockHandle hold = await processes[0].GetLock("l").AcquireAsync();
        var waiting = new List<Task<ILockHandle>>();
        for (int i = 0; i < 5; i++)
        {
            waiting.Add(processes[(i + 1) % 3].GetLock("l").AcquireAsync().AsTask());
            await Stage.LineAsync(processes[0], "l", i + 1);
        }

        for (int i = 0; i < waiting.Count; i++)
        {
            Assert.All(waiting.Skip(i), static task => Assert.False(task.IsCompleted));
            await hold.ReleaseAsync();
            ILockHandle next = await Stage.SoonAsync(waiting[i]);
            Assert.True(next.FencingToken > hold.FencingToken);
            hold = next;
        }
    }

    [Fact]
    public async Task Readers_share_and_a_writer_that_waits_is_not_passed()
    {
        IConcord first = await ConnectAsync();
        IConcord second = await ConnectAsync();
        ILockHandle reader = await first.GetLock("l").AcquireAsync(s_shared);
        ILockHandle other = await Stage.SoonAsync(second.GetLock("l").AcquireAsync(s_shared));
        Assert.Equal(LockMode.Shared, other.Mode);
        Task<ILockHandle> writer = first.GetLock("l").AcquireAsync().AsTask();
        await Stage.LineAsync(second, "l", 1);

        Assert.Null(await second.GetLock("l").TryAcquireAsync(s_shared));
        Task<ILockHandle> late = second.GetLock("l").AcquireAsync(s_shared).AsTask();
        await Stage.LineAsync(second, "l", 2);
        await reader.ReleaseAsync();
        Assert.False(writer.IsCompleted);
        await other.ReleaseAsync();

        ILockHandle written = await Stage.SoonAsync(writer);
        Assert.False(late.IsCompleted);
        Assert.Equal(LockMode.Exclusive, written.Mode);
        await written.ReleaseAsync();
        await (await Stage.SoonAsync(late)).ReleaseAsync();
    }

    [Fact]
    public async Task Trying_says_busy_and_a_timeout_leaves_the_line()
    {
        IConcord first = await ConnectAsync();
        IConcord second = await ConnectAsync();
        ILockHandle hold = await first.GetLock("l").AcquireAsync();
        var soon = new LockAcquireOptions { Timeout = TimeSpan.FromMilliseconds(50) };

        Assert.Null(await second.GetLock("l").TryAcquireAsync());
        Assert.Null(await Stage.SoonAsync(second.GetLock("l").TryAcquireAsync(soon)));
        await Assert.ThrowsAsync<TimeoutException>(() => Stage.SoonAsync(second.GetLock("l").AcquireAsync(soon)));
        bool ran = false;
        await Assert.ThrowsAsync<TimeoutException>(() => Stage.SoonAsync(second.GetLock("l").RunAsync(
            (_, _) =>
            {
                ran = true;
                return Task.CompletedTask;
            },
            soon)));

        Assert.False(ran);
        await Stage.LineAsync(first, "l", 0);
        await hold.ReleaseAsync();
        Assert.NotNull(await second.GetLock("l").TryAcquireAsync());
    }

    [Fact]
    public async Task A_cancelled_wait_leaves_no_ghost()
    {
        IConcord first = await ConnectAsync();
        IConcord second = await ConnectAsync();
        ILockHandle hold = await first.GetLock("l").AcquireAsync();
        using var cancel = new CancellationTokenSource();
        Task<ILockHandle> waiting = second.GetLock("l").AcquireAsync(cancel.Token).AsTask();
        await Stage.LineAsync(first, "l", 1);

        await cancel.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        await Stage.LineAsync(first, "l", 0);
        await hold.ReleaseAsync();
        Assert.NotNull(await second.GetLock("l").TryAcquireAsync());
    }

    [Fact]
    public async Task Cancelling_while_it_is_granted_never_leaves_a_hold_that_nobody_has()
    {
        IConcord first = await ConnectAsync();
        IConcord second = await ConnectAsync();
        for (int i = 0; i < 30; i++)
        {
            ILockHandle hold = await Stage.SoonAsync(first.GetLock("l").AcquireAsync());
            using var cancel = new CancellationTokenSource();
            Task<ILockHandle> waiting = second.GetLock("l").AcquireAsync(cancel.Token).AsTask();
            Task released = hold.ReleaseAsync().AsTask();
            await cancel.CancelAsync();
            await released;
            try
            {
                await (await Stage.SoonAsync(waiting)).ReleaseAsync();
            }
            catch (OperationCanceledException)
            {
                // And then what it may have got is given back: the next round waits for it.
            }
        }

        await Stage.UntilAsync(
            async () => await first.GetLock("l").DescribeAsync() is { Holders.Count: 0, Waiting: 0 },
            "nobody has it and nobody waits");
    }

    [Fact]
    public async Task Giving_back_twice_does_nothing_and_loses_nothing()
    {
        IConcord first = await ConnectAsync();
        ILockHandle hold = await first.GetLock("l").AcquireAsync();
        hold.ThrowIfLost();
        Assert.True(await hold.VerifyAsync());

        await hold.ReleaseAsync();
        await hold.ReleaseAsync();
        await hold.DisposeAsync();

        Assert.False(hold.Lost.IsCancellationRequested);
        Assert.Throws<HoldLostException>(hold.ThrowIfLost);
        Assert.False(await hold.VerifyAsync());
        Assert.NotNull(await first.GetLock("l").TryAcquireAsync());
    }

    [Fact]
    public async Task A_lock_is_not_reentrant()
    {
        IConcord first = await ConnectAsync();
        await using ILockHandle hold = await first.GetLock("l").AcquireAsync();

        Assert.Null(await first.GetLock("l").TryAcquireAsync());
        Assert.NotNull(await first.GetLock("another").TryAcquireAsync());
    }

    [Fact]
    public async Task Who_shares_a_lock_cannot_have_it_alone_before_he_gives_it_back()
    {
        IConcord first = await ConnectAsync();
        ILockHandle shared = await first.GetLock("l").AcquireAsync(s_shared);

        Assert.Null(await first.GetLock("l").TryAcquireAsync());
        await shared.ReleaseAsync();
        Assert.NotNull(await first.GetLock("l").TryAcquireAsync());
    }

    [Fact]
    public async Task Tokens_grow_when_the_name_comes_back_and_across_sessions()
    {
        var last = new FencingToken(0);
        for (int i = 0; i < 3; i++)
        {
            IConcord process = await ConnectAsync();
            for (int j = 0; j < 3; j++)
            {
                await using ILockHandle hold = await process.GetLock("l").AcquireAsync();
                Assert.True(hold.FencingToken > last);
                Assert.Equal((hold.FencingToken, "l"), (hold.Fence.Token, hold.Name));
                last = hold.FencingToken;
            }

            await Stage.LeaveAsync(process);
        }
    }

    [Fact]
    public async Task Describing_says_who_and_how_many()
    {
        IConcord first = await ConnectAsync("first");
        IConcord second = await ConnectAsync("second");
        LockDescription idle = await first.GetLock("l").DescribeAsync();
        Assert.Equal(("l", 0, 0), (idle.Name, idle.Holders.Count, idle.Waiting));
        ILockHandle hold = await first.GetLock("l").AcquireAsync(s_shared);
        ILockHandle shared = await second.GetLock("l").AcquireAsync(s_shared);
        _ = second.GetLock("l").AcquireAsync().AsTask();
        await Stage.LineAsync(first, "l", 1);

        LockDescription now = await second.GetLock("l").DescribeAsync();

        LockHolder holder = Assert.Single(now.Holders, holder => holder.ProcessName == "first");
        Assert.Equal(first.Session.Id, holder.SessionId);
        Assert.Equal((LockMode.Shared, hold.FencingToken), (holder.Mode, holder.Token));
        Assert.Equal(shared.FencingToken, Assert.Single(now.Holders, one => one.ProcessName == "second").Token);
        Assert.True((Stage.Time.GetUtcNow() - holder.Since).Duration() < TimeSpan.FromMinutes(10));
    }

    [Fact]
    public async Task Who_leaves_in_order_gives_back_at_once()
    {
        IConcord first = await ConnectAsync();
        IConcord second = await ConnectAsync();
        ILockHandle hold = await first.GetLock("l").AcquireAsync();
        Task<ILockHandle> waiting = second.GetLock("l").AcquireAsync().AsTask();
        await Stage.LineAsync(second, "l", 1);
        long started = Stage.Time.GetTimestamp();

        await Stage.LeaveAsync(first);

        Assert.True((await Stage.SoonAsync(waiting)).FencingToken > hold.FencingToken);
        Assert.True(Stage.Time.GetElapsedTime(started) < TimeSpan.FromSeconds(8), "its session lasts longer");
    }

    [Fact]
    public async Task Running_under_a_lock_excludes_everybody_else()
    {
        IConcord[] processes = [await ConnectAsync(), await ConnectAsync()];
        int inside = 0;
        int total = 0;
        await Stage.SoonAsync(Task.WhenAll(Enumerable.Range(0, 20).Select(i => processes[i % 2].GetLock("l").RunAsync(
            async (hold, cancellationToken) =>
            {
                Assert.Equal(1, Interlocked.Increment(ref inside));
                await Task.Yield();
                cancellationToken.ThrowIfCancellationRequested();
                total++;
                Interlocked.Decrement(ref inside);
            }))));
        Assert.Equal(20, total);
    }

    [Fact]
    public async Task What_the_body_throws_comes_out_and_the_lock_is_given_back()
    {
        IConcord first = await ConnectAsync();
        using var cancel = new CancellationTokenSource();

        await Assert.ThrowsAsync<FormatException>(
            () => first.GetLock("l").RunAsync((_, _) => throw new FormatException()));
        Task cancelled = first.GetLock("l").RunAsync(
            async (_, token) =>
            {
                await cancel.CancelAsync();
                token.ThrowIfCancellationRequested();
            },
            default,
            cancel.Token);

        OperationCanceledException thrown = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cancelled);
        Assert.Equal(cancel.Token, thrown.CancellationToken);
        Assert.NotNull(await first.GetLock("l").TryAcquireAsync());
    }

    [Fact]
    public async Task Names_that_no_lock_can_have_are_refused_before_anything_is_sent()
    {
        IConcord first = await ConnectAsync();
        Assert.ThrowsAny<ArgumentException>(() => first.GetLock(""));
        Assert.ThrowsAny<ArgumentException>(() => first.GetLock("a\0b"));
        Assert.ThrowsAny<ArgumentException>(() => first.GetLock(new string('x', 513)));
        await using ILockHandle longest = await first.GetLock(new string('x', 512)).AcquireAsync();
        await Assert.ThrowsAnyAsync<ArgumentException>(
            async () => await first.GetLock("l").AcquireAsync(new LockAcquireOptions { Mode = (LockMode)7 }));
        using var cancelled = new CancellationTokenSource();
        await cancelled.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            async () => await first.GetLock("l").AcquireAsync(cancelled.Token));
    }
}

/// <summary>Locks of processes that lose touch.</summary>
public abstract class LockFaultCases(FaultyEngine engine) : FaultCaseBase(engine)
{
    [Fact]
    public async Task Who_is_cut_off_knows_it_before_another_has_the_lock()
    {
        IConcord first = await ConnectAsync("first", ShortSession);
        IConcord second = await ConnectAsync("second");
        ILockHandle hold = await first.GetLock("l").AcquireAsync();
        Task<ILockHandle> waiting = second.GetLock("l").AcquireAsync().AsTask();
        await Stage.LineAsync(second, "l", 1);
        hold.ThrowIfLost();
        string session = first.Session.Id;

        Stage.CutOff(first);

        ILockHandle taken = await Stage.SoonAsync(waiting);
        Assert.True(hold.Lost.IsCancellationRequested, "the first knew without any network");
        Assert.Throws<HoldLostException>(hold.ThrowIfLost);
        Assert.True(taken.FencingToken > hold.FencingToken);
        Assert.NotEqual(session, first.Session.Id);

        Stage.Reconnect(first);
        Assert.False(await Stage.SoonAsync(hold.VerifyAsync()));
        await Assert.ThrowsAsync<HoldLostException>(() => Stage.SoonAsync(hold.ReleaseAsync()));
        Assert.True(await Stage.SoonAsync(taken.VerifyAsync()));
    }

    [Fact]
    public async Task A_body_that_loses_its_lock_ends_as_lost_and_not_as_cancelled()
    {
        IConcord first = await ConnectAsync("first", ShortSession);
        var running = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var cancel = new CancellationTokenSource();
        Task body = first.GetLock("l").RunAsync(
            async (_, token) =>
            {
                running.SetResult();
                await Task.Delay(Timeout.InfiniteTimeSpan, token);
            },
            default,
            cancel.Token);
        await Stage.SoonAsync(running.Task);

        Stage.CutOff(first);

        await Assert.ThrowsAsync<HoldLostException>(() => Stage.SoonAsync(body));
    }

    [Fact]
    public async Task What_an_operator_takes_away_is_lost_at_once_and_passes_on()
    {
        IConcord first = await ConnectAsync("first");
        IConcord second = await ConnectAsync("second");
        ILockHandle hold = await first.GetLock("l").AcquireAsync();
        Task<ILockHandle> waiting = second.GetLock("l").AcquireAsync().AsTask();
        await Stage.LineAsync(second, "l", 1);

        await Stage.ForceReleaseLockAsync(second, "l");

        await Stage.CancelledAsync(hold.Lost);
        ILockHandle taken = await Stage.SoonAsync(waiting);
        Assert.True(taken.FencingToken > hold.FencingToken);
        await Assert.ThrowsAsync<HoldLostException>(() => Stage.SoonAsync(hold.ReleaseAsync()));
        Assert.Equal(SessionState.Healthy, first.Session.State);
    }

    [Fact]
    public async Task Disposing_takes_five_seconds_at_most_throws_nothing_and_goes_on_in_the_background()
    {
        IConcord first = await ConnectAsync("first", TimeSpan.FromMinutes(5), call: TimeSpan.FromMinutes(5));
        IConcord second = await ConnectAsync("second");
        ILockHandle hold = await first.GetLock("l").AcquireAsync();
        Task<ILockHandle> waiting = second.GetLock("l").AcquireAsync().AsTask();
        await Stage.LineAsync(second, "l", 1);
        Stage.CutOff(first);
        long began = Stage.Time.GetTimestamp();

        await Stage.SoonAsync(hold.DisposeAsync());

        Assert.True(Stage.Time.GetElapsedTime(began) < TimeSpan.FromSeconds(60), "neither a call nor a session long");
        Assert.False(waiting.IsCompleted);
        Stage.Reconnect(first);
        Assert.True((await Stage.SoonAsync(waiting)).FencingToken > hold.FencingToken);
    }

    [Fact]
    public async Task Who_dies_in_line_is_not_waited_for()
    {
        IConcord first = await ConnectAsync();
        IConcord second = await ConnectAsync("second", ShortSession);
        IConcord third = await ConnectAsync();
        ILockHandle hold = await first.GetLock("l").AcquireAsync();
        Task<ILockHandle> dies = second.GetLock("l").AcquireAsync().AsTask();
        await Stage.LineAsync(first, "l", 1);
        Task<ILockHandle> next = third.GetLock("l").AcquireAsync().AsTask();
        await Stage.LineAsync(first, "l", 2);

        Stage.CutOff(second);

        await Assert.ThrowsAsync<SessionExpiredException>(() => Stage.SoonAsync(dies));
        await Stage.LineAsync(first, "l", 1);
        await hold.ReleaseAsync();
        await Stage.SoonAsync(next);
    }
}
