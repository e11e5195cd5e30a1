namespace Concord.Testing.Tests;

/// <summary>The faults that a test host plays, and that time moves only when it is told.</summary>
public sealed class TestHostTests
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task A_paused_holder_is_fenced_when_it_goes_on()
    {
        await using ConcordTestHost host = await ConcordTestHost.StartAsync();
        IConcord first = await host.ConnectAsync("first");
        IConcord second = await host.ConnectAsync("second");
        await using ILockHandle hold = await first.GetLock("{invoice}/42").AcquireAsync();
        host.Pause(first);
        Task<ILockHandle> next = second.GetLock("{invoice}/42").AcquireAsync().AsTask();
        await WaitForLineAsync(second, "{invoice}/42", 1);

        host.Advance(TimeSpan.FromSeconds(9));
        Assert.False(next.IsCompleted, "its session lasts ten seconds");
        host.Advance(TimeSpan.FromSeconds(6));

        await using ILockHandle taken = await next.WaitAsync(s_patience);
        Assert.True(taken.FencingToken > hold.FencingToken);
        Assert.False(hold.Lost.IsCancellationRequested, "it does not know: it is paused");
        await second.GetValue<string>("{invoice}/total").SetAsync("by the second", new() { Fence = taken.Fence });

        host.Resume(first);

        Assert.True(hold.Lost.IsCancellationRequested);
        var refused = await Assert.ThrowsAsync<FenceRejectedException>(async () =>
            await first.GetValue<string>("{invoice}/total").SetAsync("by the zombie", new() { Fence = hold.Fence }));
        Assert.Equal(taken.FencingToken, refused.Current);
        Assert.Equal("by the second", (await second.GetValue<string>("{invoice}/total").GetAsync()).Value);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_lost_reply_is_an_unknown_outcome_that_can_be_asked_for(bool applied)
    {
        await using ConcordTestHost host = await ConcordTestHost.StartAsync();
        IConcord process = await host.ConnectAsync("process");
        Assert.Equal(1, await process.GetCounter("c").AddAsync(1));
        host.LoseNextReply(process, applied);

        var unknown = await Assert.ThrowsAsync<OutcomeUnknownException>(async () =>
            await process.GetCounter("c").AddAsync(1));

        OperationOutcome outcome = await process.GetOutcomeAsync(unknown.Request);
        Assert.Equal(applied ? OperationOutcome.Done : OperationOutcome.Refused, outcome);
        Assert.Equal(applied ? 2 : 1, await process.GetCounter("c").GetAsync());
    }

    [Fact]
    public async Task Without_the_engine_calls_wait_and_end_as_unavailable()
    {
        await using ConcordTestHost host = await ConcordTestHost.StartAsync();
        IConcord process = await host.ConnectAsync("process");
        await process.GetCounter("c").AddAsync(1);
        host.SetAvailable(false);
        Task<long> waiting = process.GetCounter("c").GetAsync().AsTask();

        host.Advance(TimeSpan.FromSeconds(5));
        Assert.False(waiting.IsCompleted);
        host.Advance(TimeSpan.FromSeconds(6));

        await Assert.ThrowsAsync<EngineUnavailableException>(() => waiting.WaitAsync(s_patience));
        host.SetAvailable(true);
        Task<long> again = process.GetCounter("c").GetAsync().AsTask();
        host.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(1, await again.WaitAsync(s_patience));
    }

    /// <summary>A pause of a millisecond at least for every 120 of two minutes, wherever the clock stands.</summary>
    [Fact]
    public async Task Time_that_is_moved_far_does_not_outrun_the_code()
    {
        await using ConcordTestHost host = await ConcordTestHost.StartAsync();
        host.Patience = new(TimeSpan.FromMilliseconds(1));
        long started = TimeProvider.System.GetTimestamp();

        await Assert.ThrowsAsync<TimeoutException>(
            () => host.AdvanceUntilAsync(TimeSpan.FromMinutes(2), static () => false));

        Assert.True(TimeProvider.System.GetElapsedTime(started) > TimeSpan.FromMilliseconds(500), "it had no pauses");
    }

    [Fact]
    public async Task A_living_session_lasts_for_hours()
    {
        await using ConcordTestHost host = await ConcordTestHost.StartAsync();
        IConcord process = await host.ConnectAsync("process");
        await using ILockHandle hold = await process.GetLock("l").AcquireAsync();

        host.Advance(TimeSpan.FromHours(1));

        Assert.False(hold.Lost.IsCancellationRequested);
        Assert.True(await hold.VerifyAsync());
        Assert.Equal(SessionState.Healthy, process.Session.State);
    }

    [Fact]
    public async Task A_delayed_message_comes_when_its_time_has_come()
    {
        await using ConcordTestHost host = await ConcordTestHost.StartAsync();
        IConcord process = await host.ConnectAsync("process");
        IConcordQueue<string> queue = process.GetQueue<string>("jobs");
        await queue.EnqueueAsync("later", new() { Delay = TimeSpan.FromMinutes(10) });
        Assert.Null(await queue.TryReceiveAsync(TimeSpan.Zero));

        host.Advance(TimeSpan.FromMinutes(11));

        IDelivery<string>? delivery = await queue.TryReceiveAsync(TimeSpan.Zero);
        Assert.Equal("later", delivery!.Message);
        await delivery.CompleteAsync();
    }

    [Fact]
    public async Task What_a_delivery_was_extended_to_counts_however_short_it_is()
    {
        await using ConcordTestHost host = await ConcordTestHost.StartAsync();
        IConcord process = await host.ConnectAsync("process");
        for (int i = 0; i < 3; i++)
        {
            IDelivery<int> delivery = await ReceiveAsync(process);
            await delivery.ExtendAsync(TimeSpan.FromMilliseconds(100));

            host.Advance(TimeSpan.FromMilliseconds(80));
            Assert.False(delivery.Lost.IsCancellationRequested, "it has nine tenths of its time");
            host.Advance(TimeSpan.FromMilliseconds(15));
            Assert.True(delivery.Lost.IsCancellationRequested, "nine tenths of its time are over");
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_delivery_of_which_nobody_knows_whether_it_was_completed_is_lost_like_any_other(bool paused)
    {
        await using ConcordTestHost host = await ConcordTestHost.StartAsync();
        IConcord process = await host.ConnectAsync("process");
        IDelivery<int> delivery = await ReceiveAsync(process);
        host.LoseNextReply(process, applied: false);
        await Assert.ThrowsAsync<OutcomeUnknownException>(async () => await delivery.CompleteAsync());
        Assert.False(delivery.Lost.IsCancellationRequested);

        // Its session ends after ten seconds without a sign of life, its own time after 27.
        if (paused)
        {
            host.Pause(process);
        }

        host.Advance(TimeSpan.FromSeconds(26));
        Assert.False(delivery.Lost.IsCancellationRequested);
        if (paused)
        {
            host.Resume(process);
        }
        else
        {
            host.Advance(TimeSpan.FromSeconds(2));
        }

        Assert.True(delivery.Lost.IsCancellationRequested);
    }

    [Fact]
    public async Task What_never_comes_to_be_ends_in_a_timeout()
    {
        await using ConcordTestHost host = await ConcordTestHost.StartAsync();
        var minute = TimeSpan.FromMinutes(1);
        host.Patience = new(TimeSpan.FromMilliseconds(20));
        long started = host.TimeProvider.GetTimestamp();

        await EndsAsync(() => host.WaitUntilAsync(static () => false));
        Assert.Equal(TimeSpan.Zero, host.TimeProvider.GetElapsedTime(started));
        await EndsAsync(() => host.AdvanceUntilAsync(minute, static () => false));
        Assert.Equal(minute, host.TimeProvider.GetElapsedTime(started));

        static async Task EndsAsync(Func<Task> waits)
        {
            var thrown = await Assert.ThrowsAsync<TimeoutException>(() => waits().WaitAsync(s_patience));
            Assert.Contains("It did not come to be", thrown.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_condition_that_does_not_end_is_a_timeout_too()
    {
        await using ConcordTestHost host = await ConcordTestHost.StartAsync();
        host.Patience = new(TimeSpan.FromMilliseconds(20));
        var never = new TaskCompletionSource<bool>();

        foreach (Func<Task> waits in new Func<Task>[]
        {
            () => host.WaitUntilAsync(() => never.Task),
            () => host.AdvanceUntilAsync(TimeSpan.FromMinutes(1), () => never.Task),
        })
        {
            var thrown = await Assert.ThrowsAsync<TimeoutException>(() => waits().WaitAsync(s_patience));
            Assert.Contains("condition", thrown.Message, StringComparison.Ordinal);
        }
    }

    private static async Task<IDelivery<int>> ReceiveAsync(IConcord process)
    {
        IConcordQueue<int> queue = process.GetQueue<int>("jobs");
        await queue.EnqueueAsync(1);
        return (await queue.TryReceiveAsync(TimeSpan.Zero))!;
    }

    private static async Task WaitForLineAsync(IConcord concord, string name, int waiting)
    {
        using var deadline = new CancellationTokenSource(s_patience);
        while ((await concord.GetLock(name).DescribeAsync(deadline.Token)).Waiting != waiting)
        {
            await Task.Yield();
        }
    }
}
