using Concord.Primitives;

namespace Concord.Tests;

/// <summary>Locks as users see them: two processes on the model, the operations are the real ones.</summary>
public sealed class LockTests
{
    private readonly ModelEngine _engine = new();
    private readonly ModelEngine _otherEngine;
    private readonly ConcordClient _one;
    private readonly ConcordClient _two;

    public LockTests()
    {
        _otherEngine = _engine.Another(0x77);
        _one = _engine.NewClient(configure: options => options.ProcessName = "one");
        _two = _otherEngine.NewClient(configure: options => options.ProcessName = "two");
    }

    [Fact]
    public async Task One_holds_and_the_next_gets_it_with_a_greater_token()
    {
        ILockHandle first = await _one.GetLock("a").AcquireAsync();
        Task<ILockHandle> waiting = _two.GetLock("a").AcquireAsync().AsTask();
        await Soon.Until(() => _otherEngine.Waiting == 1, "it stands in line");
        Assert.False(waiting.IsCompleted);
        Assert.True(await first.VerifyAsync());
        await first.ReleaseAsync();
        await first.ReleaseAsync();
        ILockHandle second = await waiting.InTime();
        Assert.True(second.FencingToken > first.FencingToken);
        Assert.False(await first.VerifyAsync());
        Assert.False(first.Lost.IsCancellationRequested);
        Assert.Throws<HoldLostException>(first.ThrowIfLost);
        second.ThrowIfLost();
        Assert.Equal("a", second.Name);
        Assert.Equal("lock:a", second.Fence.HoldName);
    }

    [Fact]
    public async Task Who_does_not_wait_gets_null_and_who_waits_too_long_a_timeout()
    {
        await using ILockHandle held = await _one.GetLock("a").AcquireAsync();
        Assert.Null(await _two.GetLock("a").TryAcquireAsync());
        Assert.Null(await _two.GetLock("a").TryAcquireAsync(new() { Timeout = TimeSpan.FromMilliseconds(1) }));
        await Assert.ThrowsAsync<TimeoutException>(
            () => _two.GetLock("a").AcquireAsync(new() { Timeout = TimeSpan.FromMilliseconds(1) }).InTime());
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(
            () => _two.GetLock("a").AcquireAsync(new() { Timeout = TimeSpan.FromSeconds(-5) }).AsTask());
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(
            () => _two.GetLock("a").AcquireAsync(new() { Mode = (LockMode)7 }).AsTask());
        Assert.Equal(0, (await _one.GetLock("a").DescribeAsync()).Waiting);
    }

    [Fact]
    public async Task Who_gives_up_leaves_no_ghost_in_the_line()
    {
        ILockHandle held = await _one.GetLock("a").AcquireAsync();
        using var giveUp = new CancellationTokenSource();
        Task<ILockHandle> waiting = _two.GetLock("a").AcquireAsync(giveUp.Token).AsTask();
        await Soon.Until(() => _otherEngine.Waiting == 1, "it stands in line");
        Assert.Equal(1, (await _one.GetLock("a").DescribeAsync()).Waiting);
        await giveUp.CancelAsync();
        OperationCanceledException thrown = await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => waiting.InTime());
        Assert.Equal(giveUp.Token, thrown.CancellationToken);
        await held.DisposeAsync();
        await using ILockHandle? next = await _two.GetLock("a").TryAcquireAsync();
        Assert.NotNull(next);
    }

    [Fact]
    public async Task Shared_holders_hold_together_and_do_not_pass_a_writer_that_waits()
    {
        var shared = new LockAcquireOptions { Mode = LockMode.Shared };
        ILockHandle first = await _one.GetLock("a").AcquireAsync(shared);
        ILockHandle second = await _two.GetLock("a").AcquireAsync(shared);
        Assert.Equal(LockMode.Shared, second.Mode);
        Task<ILockHandle> writer = _one.GetLock("a").AcquireAsync().AsTask();
        await Soon.Until(() => _engine.Waiting == 1, "the writer waits");
        Assert.Null(await _two.GetLock("a").TryAcquireAsync(shared));
        LockDescription described = await _two.GetLock("a").DescribeAsync();
        Assert.Equal(["one", "two"], described.Holders.Select(holder => holder.ProcessName).Order());
        Assert.All(described.Holders, holder => Assert.Equal(LockMode.Shared, holder.Mode));
        Assert.Equal(1, described.Waiting);
        await first.DisposeAsync();
        await second.DisposeAsync();
        Assert.Equal(LockMode.Exclusive, (await writer.InTime()).Mode);
    }

    [Fact]
    public async Task The_loss_that_ended_a_body_is_told_as_a_loss()
    {
        Task running = _one.GetLock("a").RunAsync(async (handle, token) =>
        {
            _engine.LoseSession();
            await Soon.Cancelled(handle.Lost);
            Assert.Throws<HoldLostException>(handle.ThrowIfLost);
            await Task.Delay(Timeout.Infinite, token);
        });
        HoldLostException thrown = await Assert.ThrowsAsync<HoldLostException>(() => running.InTime());
        Assert.Equal("CNC2001", thrown.ErrorCode);
        Assert.IsAssignableFrom<OperationCanceledException>(thrown.InnerException);
        await using ILockHandle? next = await _two.GetLock("a").TryAcquireAsync();
        Assert.NotNull(next);
    }

    [Fact]
    public async Task The_callers_cancellation_is_his_and_the_bodys_exception_its_own()
    {
        using var caller = new CancellationTokenSource();
        OperationCanceledException cancelled = await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => _one.GetLock("a").RunAsync(
                async (_, token) =>
                {
                    await caller.CancelAsync();
                    await Task.Delay(Timeout.Infinite, token);
                },
                cancellationToken: caller.Token).InTime());
        Assert.Equal(caller.Token, cancelled.CancellationToken);
        await Assert.ThrowsAsync<FormatException>(
            () => _one.GetLock("a").RunAsync((_, _) => throw new FormatException()));
        Assert.Empty((await _one.GetLock("a").DescribeAsync()).Holders);
    }

    [Fact]
    public async Task A_hold_that_was_taken_away_is_lost_and_giving_it_back_says_so()
    {
        ILockHandle held = await _one.GetLock("a").AcquireAsync();
        _engine.ExpireSession();
        await Soon.Cancelled(held.Lost);
        Assert.False(await held.VerifyAsync());
        await Assert.ThrowsAsync<HoldLostException>(() => held.ReleaseAsync().AsTask());
        await held.DisposeAsync();
    }

    [Fact]
    public async Task Disposing_never_throws_and_the_engine_may_be_gone()
    {
        ILockHandle held = await _one.GetLock("a").AcquireAsync();
        _engine.BeforeCall = _ => throw new EngineUnavailableException("Nobody is there.");
        await held.DisposeAsync();
        await held.DisposeAsync();
    }

    [Fact]
    public async Task Disposing_takes_no_longer_than_its_bound()
    {
        var time = new ManualTime { SkipsUpTo = TimeSpan.FromSeconds(5) };
        ILockHandle held = await _engine.NewClient(time).GetLock("a").AcquireAsync();
        _engine.BeforeCall = token => Task.Delay(Timeout.Infinite, token);
        await held.DisposeAsync().InTime();
        Assert.Equal([TimeSpan.FromSeconds(5)], time.Skipped);
    }

    [Fact]
    public async Task Who_waits_while_his_session_ends_is_told_to_ask_again()
    {
        await using ILockHandle held = await _one.GetLock("a").AcquireAsync();
        Task<ILockHandle> waiting = _two.GetLock("a").AcquireAsync().AsTask();
        await Soon.Until(() => _otherEngine.Waiting == 1, "it stands in line");
        _otherEngine.LoseSession();
        await Assert.ThrowsAsync<SessionExpiredException>(() => waiting.InTime());
        Assert.Equal(0, (await _one.GetLock("a").DescribeAsync()).Waiting);
    }
}
