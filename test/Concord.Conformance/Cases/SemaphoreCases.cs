using System.Threading.RateLimiting;
using Concord.Conformance.Engines;

namespace Concord.Conformance.Cases;

/// <summary>What the documentation of <see cref="IConcordSemaphore"/> promises.</summary>
public abstract class SemaphoreCases(Engine engine) : CaseBase(engine)
{
    [Fact]
    public async Task No_more_permits_are_held_than_there_are()
    {
        IConcord[] processes = [await ConnectAsync(), await ConnectAsync()];
        int held = 0;
        int most = 0;
        await Stage.SoonAsync(Task.WhenAll(Enumerable.Range(0, 24).Select(async i =>
        {
            await using IPermit permit = await processes[i % 2].GetSemaphore("s", 3).AcquireAsync();
            int now = Interlocked.Increment(ref held);
            InterlockedMax(ref most, now);
            await Task.Yield();
            Interlocked.Decrement(ref held);
        })));
        Assert.InRange(most, 1, 3);
    }

    [Fact]
    public async Task A_small_request_does_not_pass_a_large_one()
    {
        IConcord process = await ConnectAsync();
        IConcordSemaphore semaphore = process.GetSemaphore("s", 3);
        IPermit one = await semaphore.AcquireAsync();
        Task<IPermit> large = semaphore.AcquireAsync(3).AsTask();
        await Stage.UntilAsync(
            async () => await semaphore.TryAcquireAsync() is not { } passed || await GiveBackAsync(passed),
            "the large one waits");

        Assert.Null(await semaphore.TryAcquireAsync());
        Task<IPermit> small = semaphore.AcquireAsync().AsTask();
        await one.ReleaseAsync();

        IPermit three = await Stage.SoonAsync(large);
        Assert.Equal(3, three.Count);
        Assert.False(small.IsCompleted);
        await three.ReleaseAsync();
        Assert.Equal(1, (await Stage.SoonAsync(small)).Count);
    }

    [Fact]
    public async Task Trying_waits_as_long_as_it_says_and_what_cannot_be_is_refused()
    {
        IConcord process = await ConnectAsync();
        IConcordSemaphore semaphore = process.GetSemaphore("s", 2);
        IPermit both = await semaphore.AcquireAsync(2);

        Assert.Null(await semaphore.TryAcquireAsync());
        Assert.Null(await Stage.SoonAsync(semaphore.TryAcquireAsync(1, TimeSpan.FromMilliseconds(50))));
        Task<IPermit?> waits = semaphore.TryAcquireAsync(1, TimeSpan.FromSeconds(60)).AsTask();
        await both.ReleaseAsync();
        Assert.NotNull(await Stage.SoonAsync(waits));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(async () => await semaphore.AcquireAsync(3));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(async () => await semaphore.TryAcquireAsync(3));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(async () => await semaphore.AcquireAsync(0));
        Assert.Throws<ArgumentOutOfRangeException>(() => process.GetSemaphore("s", 0));
    }

    [Fact]
    public async Task The_limit_is_the_first_ones_until_it_is_set_for_all()
    {
        IConcord first = await ConnectAsync();
        IConcord second = await ConnectAsync();
        IConcordSemaphore two = first.GetSemaphore("s", 2);
        IConcordSemaphore nine = second.GetSemaphore("s", 9);
        Assert.Equal(9, await nine.GetLimitAsync());
        IPermit permits = await two.AcquireAsync(2);
        Assert.Equal(2, await nine.GetLimitAsync());
        Assert.Null(await nine.TryAcquireAsync());

        await nine.SetLimitAsync(3);
        IPermit third = (await two.TryAcquireAsync())!;
        Assert.NotNull(third);
        await nine.SetLimitAsync(1);

        Assert.True(await permits.VerifyAsync());
        Assert.Equal(1, await two.GetLimitAsync());
        await third.ReleaseAsync();
        Assert.Null(await two.TryAcquireAsync());
        await permits.ReleaseAsync();
        Assert.NotNull(await two.TryAcquireAsync());
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(async () => await two.SetLimitAsync(0));
    }

    [Fact]
    public async Task An_initial_limit_counts_while_the_semaphore_is_used_and_one_that_was_set_for_good()
    {
        IConcord process = await ConnectAsync();
        await (await process.GetSemaphore("s", 2).AcquireAsync()).ReleaseAsync();
        await (await process.GetSemaphore("s", 9).AcquireAsync(9)).ReleaseAsync();
        await process.GetSemaphore("s", 9).SetLimitAsync(3);

        await (await process.GetSemaphore("s", 9).AcquireAsync()).ReleaseAsync();

        Assert.Equal(3, await process.GetSemaphore("s", 9).GetLimitAsync());
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(
            async () => await process.GetSemaphore("s", 9).AcquireAsync(4));
    }

    [Fact]
    public async Task A_process_that_leaves_gives_its_permits_back()
    {
        IConcord first = await ConnectAsync();
        IConcord second = await ConnectAsync();
        await first.GetSemaphore("s", 2).AcquireAsync(2);
        Task<IPermit> waits = second.GetSemaphore("s", 2).AcquireAsync(2).AsTask();

        await Stage.LeaveAsync(first);

        await Stage.SoonAsync(waits);
    }

    [Fact]
    public async Task A_rate_limiter_gives_what_the_semaphore_has()
    {
        IConcord process = await ConnectAsync();
        await using RateLimiter limiter = process.GetSemaphore("s", 1).AsRateLimiter();
        RateLimitLease first = await limiter.AcquireAsync();
        Assert.True(first.IsAcquired);
        using (RateLimitLease second = await limiter.AcquireAsync())
        {
            Assert.False(second.IsAcquired);
        }

        using (RateLimitLease asked = limiter.AttemptAcquire())
        {
            Assert.False(asked.IsAcquired, "who may not wait cannot ask the engine");
        }

        await using RateLimiter patient = process.GetSemaphore("s", 1).AsRateLimiter(Timeout.InfiniteTimeSpan);
        Task<RateLimitLease> waits = patient.AcquireAsync().AsTask();
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(async () => await limiter.AcquireAsync(2));
        first.Dispose();
        (await Stage.SoonAsync(waits)).Dispose();

        await Stage.UntilAsync(
            async () =>
            {
                using RateLimitLease again = await limiter.AcquireAsync();
                return again.IsAcquired;
            },
            "it was given back in the background");
    }

    [Fact]
    public async Task A_rate_limiter_is_idle_while_nobody_here_uses_it_and_over_when_it_is_disposed_of()
    {
        IConcord process = await ConnectAsync();
        await using IPermit taken = await process.GetSemaphore("s", 2).AcquireAsync();
        RateLimiter limiter = process.GetSemaphore("s", 2).AsRateLimiter(Timeout.InfiniteTimeSpan);
        Assert.NotNull(limiter.IdleDuration);
        using RateLimitLease lease = await Stage.SoonAsync(limiter.AcquireAsync());
        Assert.Null(limiter.IdleDuration);
        lease.Dispose();
        Assert.NotNull(limiter.IdleDuration);

        using RateLimitLease kept = await Stage.SoonAsync(limiter.AcquireAsync());
        Task<RateLimitLease> waits = limiter.AcquireAsync().AsTask();
        await limiter.DisposeAsync();

        using RateLimitLease refused = await Stage.SoonAsync(waits);
        Assert.Equal((true, false), (kept.IsAcquired, refused.IsAcquired));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => Stage.SoonAsync(limiter.AcquireAsync()));
    }

    private static async Task<bool> GiveBackAsync(IPermit permit)
    {
        await permit.ReleaseAsync();
        return false;
    }

    private static void InterlockedMax(ref int most, int now)
    {
        int before;
        while (now > (before = Volatile.Read(ref most))
            && Interlocked.CompareExchange(ref most, now, before) != before)
        {
        }
    }
}

/// <summary>Permits of processes that lose touch.</summary>
public abstract class SemaphoreFaultCases(FaultyEngine engine) : FaultCaseBase(engine)
{
    [Fact]
    public async Task Permits_of_one_who_is_cut_off_come_back_and_his_fence_is_refused()
    {
        IConcord first = await ConnectAsync("first", ShortSession);
        IConcord second = await ConnectAsync("second");
        IPermit old = await first.GetSemaphore("{s}", 2).AcquireAsync();
        IPermit living = await second.GetSemaphore("{s}", 2).AcquireAsync();
        Task<IPermit> waits = second.GetSemaphore("{s}", 2).AcquireAsync().AsTask();

        Stage.CutOff(first);
        IPermit next = await Stage.SoonAsync(waits);

        Assert.True(old.Lost.IsCancellationRequested);
        Stage.Reconnect(first);
        await Assert.ThrowsAsync<FenceRejectedException>(() => Stage.SoonAsync(
            first.GetCounter("{s}").AddAsync(1, new WriteOptions { Fence = old.Fence })));
        Assert.Equal(1, await second.GetCounter("{s}").AddAsync(1, new WriteOptions { Fence = living.Fence }));
        Assert.Equal(2, await second.GetCounter("{s}").AddAsync(1, new WriteOptions { Fence = next.Fence }));
    }
}
