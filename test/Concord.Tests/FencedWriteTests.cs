using Concord.Engines;
using Concord.Primitives;

namespace Concord.Tests;

/// <summary>The zombie: a process that was written off and does not know it writes nothing, wherever what it holds
/// lies.</summary>
public sealed class FencedWriteTests
{
    private readonly ModelEngine _engine = new();
    private readonly ConcordClient _zombie;
    private readonly ConcordClient _other;

    public FencedWriteTests()
    {
        _zombie = _engine.NewClient();
        _other = _engine.Another(0x77).NewClient();
    }

    /// <summary>Beside what is held, and elsewhere.</summary>
    public static TheoryData<string> Places => ["{a}", "elsewhere"];

    [Theory]
    [MemberData(nameof(Places))]
    public async Task Every_write_of_a_holder_is_done_and_of_a_zombie_refused(string place)
    {
        Assert.Equal(place == "{a}", SlotHash.Of("", "{a}lock") == SlotHash.Of("", place + "value"));
        ILockHandle held = await _zombie.GetLock("{a}lock").AcquireAsync();
        var fenced = new WriteOptions { Fence = held.Fence };
        IConcordValue<string> value = _zombie.GetValue<string>(place + "value");
        IConcordCounter counter = _zombie.GetCounter(place + "counter");
        IConcordQueue<string> queue = _zombie.GetQueue<string>(place + "queue");

        Revision set = await value.SetAsync("x", fenced);
        Assert.Equal(set, (await value.GetAsync()).Revision);
        Assert.Null(await value.TrySetAsync("y", Revision.None, fenced));
        Revision? second = await value.TrySetAsync("y", set, fenced);
        Assert.Equal(new("y", second!.Value), await value.GetAsync());
        Assert.Equal(5, await counter.AddAsync(5, fenced));
        Assert.Equal(new(false, 5), await counter.TryAddAsync(-6, new(Min: 0), fenced));
        Assert.Equal(new(true, 1), await counter.TryAddAsync(-4, new(Min: 0), fenced));
        Assert.Equal(1, await counter.CompareExchangeAsync(9, 1, fenced));
        Assert.Equal(9, await counter.CompareExchangeAsync(3, 1, fenced));
        Assert.True(await queue.EnqueueAsync("m", new() { Write = fenced }));

        _engine.IsPaused = true;
        _engine.ExpireSession();
        await using ILockHandle next = await _other.GetLock("{a}lock").AcquireAsync().InTime();
        Assert.False(held.Lost.IsCancellationRequested);
        Func<Task>[] late =
        [
            () => value.SetAsync("late", fenced).AsTask(),
            () => value.TrySetAsync("late", second.Value, fenced).AsTask(),
            () => value.DeleteAsync(fenced).AsTask(),
            () => counter.AddAsync(1, fenced).AsTask(),
            () => counter.TryAddAsync(1, default, fenced).AsTask(),
            () => counter.CompareExchangeAsync(1, 9, fenced).AsTask(),
            () => queue.EnqueueAsync("late", new() { Write = fenced }).AsTask(),
        ];
        foreach (Func<Task> write in late)
        {
            FenceRejectedException refused = await Assert.ThrowsAsync<FenceRejectedException>(write);
            Assert.Equal(held.Fence, refused.Presented);
            Assert.Equal("CNC2002", refused.ErrorCode);
            Assert.Equal(OperationOutcome.Refused, refused.Outcome);
            Assert.Equal(next.FencingToken, refused.Current);
        }

        Assert.Equal("y", (await value.GetAsync()).Value);
        Assert.Equal(9, await counter.GetAsync());
        Assert.Equal(1, (await queue.DescribeAsync()).Ready);
        Assert.True(await value.DeleteAsync(new() { Fence = next.Fence }));
    }

    [Fact]
    public async Task Every_kind_of_hold_has_a_fence_that_holds_and_ends_with_it()
    {
        await _other.GetQueue<string>("q").EnqueueAsync("m");
        IHold[] holds =
        [
            await _zombie.GetLock("l").AcquireAsync(),
            await _zombie.GetLock("s:1").AcquireAsync(new() { Mode = LockMode.Shared }),
            await _zombie.GetElection("e").CampaignAsync(),
            await _zombie.GetSemaphore("p", 3).AcquireAsync(2),
            await _zombie.GetGroup("g").JoinAsync(),
            (await _zombie.GetQueue<string>("q").TryReceiveAsync(TimeSpan.Zero))!,
        ];
        IConcordCounter counter = _other.GetCounter("n");
        for (int i = 0; i < holds.Length; i++)
        {
            Assert.Equal(i + 1, await counter.AddAsync(1, new() { Fence = holds[i].Fence }));
        }

        foreach (IHold hold in holds)
        {
            await hold.ReleaseAsync();
            await Assert.ThrowsAsync<FenceRejectedException>(
                () => counter.AddAsync(1, new() { Fence = hold.Fence }).AsTask());
        }

        Assert.Equal(holds.Length, holds.Select(hold => hold.Fence.HoldName).Distinct().Count());
    }

    [Fact]
    public async Task A_fence_of_one_shared_holder_is_not_that_of_another()
    {
        var shared = new LockAcquireOptions { Mode = LockMode.Shared };
        ILockHandle first = await _zombie.GetLock("l").AcquireAsync(shared);
        await using ILockHandle second = await _other.GetLock("l").AcquireAsync(shared);
        await first.DisposeAsync();
        await Assert.ThrowsAsync<FenceRejectedException>(
            () => _other.GetCounter("n").AddAsync(1, new() { Fence = first.Fence }).AsTask());
        Assert.Equal(1, await _other.GetCounter("n").AddAsync(1, new() { Fence = second.Fence }));
    }

    [Theory]
    [InlineData("lock", 1)]
    [InlineData("latch:a", 1)]
    [InlineData("permit:a", 1)]
    [InlineData("permit:12-x:a", 1)]
    [InlineData("permit:0-1:a", 1)]
    [InlineData("lock:a", 0)]
    [InlineData(null, 1)]
    public async Task A_fence_that_nobody_made_is_an_argument_error(string? name, long token)
    {
        var options = new WriteOptions { Fence = new(name!, new(token)) };
        await Assert.ThrowsAsync<ArgumentException>(() => _other.GetCounter("n").AddAsync(1, options).AsTask());
    }

    [Fact]
    public async Task What_cannot_be_told_across_slots_is_an_argument_error_that_says_what_to_do()
    {
        await using ILockHandle held = await _zombie.GetLock("{a}lock").AcquireAsync();
        ArgumentException key = await Assert.ThrowsAsync<ArgumentException>(() => _zombie.GetCounter("n").AddAsync(
            1, new() { Fence = held.Fence, IdempotencyKey = "k" }).AsTask());
        ArgumentException id = await Assert.ThrowsAsync<ArgumentException>(() => _zombie.GetQueue<string>("q")
            .EnqueueAsync("m", new() { MessageId = "1", Write = new() { Fence = held.Fence } }).AsTask());
        Assert.Contains("{tag}", key.Message, StringComparison.Ordinal);
        Assert.Contains("{tag}", id.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_unknown_outcome_across_slots_can_be_asked_for()
    {
        await using ILockHandle held = await _zombie.GetLock("{a}lock").AcquireAsync();
        _engine.LosesAnswers = true;
        OutcomeUnknownException unknown = await Assert.ThrowsAsync<OutcomeUnknownException>(
            () => _zombie.GetCounter("n").AddAsync(1, new() { Fence = held.Fence }).AsTask());
        _engine.LosesAnswers = false;
        Assert.Equal(OperationOutcome.Done, await _zombie.GetOutcomeAsync(unknown.Request));
        Assert.Equal(1, await _zombie.GetCounter("n").GetAsync());
    }

    [Fact]
    public async Task A_transaction_that_requires_what_is_not_held_aborts_and_says_what()
    {
        ILockHandle held = await _zombie.GetLock("{a}lock").AcquireAsync();
        await _zombie.RunTransactionAsync((transaction, _) =>
        {
            transaction.Require(held.Fence);
            transaction.Require(held.Fence);
            transaction.Add(_zombie.GetCounter("n"), 1);
            return Task.CompletedTask;
        });
        Assert.Equal(2, _engine.Commits[^1].Actions.Count);
        await held.ReleaseAsync();
        TransactionResult result = await _zombie.TryRunTransactionAsync((transaction, _) =>
        {
            transaction.Require(held.Fence);
            transaction.Add(_zombie.GetCounter("n"), 1);
            return Task.CompletedTask;
        });
        Assert.Equal(TransactionAbortReason.FenceRejected, result.AbortReason);
        Assert.Equal("{a}lock", result.RefusedBy);
        Assert.Equal(1, await _zombie.GetCounter("n").GetAsync());
    }
}
