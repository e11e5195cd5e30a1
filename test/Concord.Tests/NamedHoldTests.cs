using System.Threading.RateLimiting;
using Concord.Primitives;

namespace Concord.Tests;

/// <summary>Elections, semaphores, groups and sequences as users see them.</summary>
public sealed class NamedHoldTests
{
    private readonly ModelEngine _engine = new();
    private readonly ModelEngine _otherEngine;
    private readonly ConcordClient _one;
    private readonly ConcordClient _two;

    public NamedHoldTests()
    {
        _otherEngine = _engine.Another(0x77);
        _one = _engine.NewClient(configure: options => options.ProcessName = "one");
        _two = _otherEngine.NewClient(configure: options => options.ProcessName = "two");
    }

    [Fact]
    public async Task Observers_see_one_leader_after_the_other_in_the_order_of_terms()
    {
        var seen = new List<LeaderInfo?>();
        using var end = new CancellationTokenSource();
        Task watching = WatchAsync(_two.GetElection("e").WatchAsync(end.Token), seen);
        await Soon.Until(() => seen.Count == 1, "nobody leads");
        Assert.Null(await _two.GetElection("e").GetLeaderAsync());
        ILeadership first = await _one.GetElection("e").CampaignAsync();
        await Soon.Until(() => seen.Count == 2, "one leads");
        Task<ILeadership> candidate = _two.GetElection("e").CampaignAsync().AsTask();
        await Soon.Until(() => _otherEngine.Waiting == 1, "two stands for election");
        await first.DisposeAsync();
        ILeadership second = await candidate.InTime();
        await Soon.Until(() => seen[^1]?.ProcessName == "two", "two leads");
        Assert.Equal(second.FencingToken, (await _one.GetElection("e").GetLeaderAsync())!.Term);
        FencingToken[] terms = [.. seen.OfType<LeaderInfo>().Select(leader => leader.Term)];
        Assert.Equal([first.FencingToken, second.FencingToken], terms);
        Assert.Null(seen[0]);
        await end.CancelAsync();
        await watching.InTime();
    }

    [Fact]
    public async Task Permits_are_counted_and_a_small_request_does_not_pass_a_large_one()
    {
        IConcordSemaphore semaphore = _one.GetSemaphore("s", 3);
        Assert.Equal(3, await semaphore.GetLimitAsync());
        IPermit two = await semaphore.AcquireAsync(2);
        Assert.Equal(2, two.Count);
        Task<IPermit> large = _two.GetSemaphore("s", 3).AcquireAsync(2).AsTask();
        await Soon.Until(() => _otherEngine.Waiting == 1, "the large one waits");
        Assert.Null(await semaphore.TryAcquireAsync());
        await two.DisposeAsync();
        await using IPermit granted = await large.InTime();
        await using IPermit? small = await semaphore.TryAcquireAsync();
        Assert.NotNull(small);
    }

    [Fact]
    public async Task The_limit_is_everybodys_and_the_initial_one_only_counts_at_first()
    {
        await _one.GetSemaphore("s", 3).SetLimitAsync(1);
        IConcordSemaphore semaphore = _two.GetSemaphore("s", 50);
        Assert.Equal(1, await semaphore.GetLimitAsync());
        ArgumentOutOfRangeException thrown = await Assert.ThrowsAsync<ArgumentOutOfRangeException>(
            () => semaphore.AcquireAsync(2).AsTask());
        Assert.Contains("'s' has 1", thrown.Message, StringComparison.Ordinal);
        await using IPermit held = await semaphore.AcquireAsync();
        Task<IPermit> waiting = _one.GetSemaphore("s", 1).AcquireAsync().AsTask();
        await Soon.Until(() => _engine.Waiting == 1, "it waits");
        await semaphore.SetLimitAsync(2);
        await using IPermit second = await waiting.InTime();
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => semaphore.AcquireAsync(0).AsTask());
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => semaphore.SetLimitAsync(0).AsTask());
        Assert.Throws<ArgumentOutOfRangeException>(() => _one.GetSemaphore("s", 0));
    }

    [Fact]
    public async Task A_process_that_dies_gives_its_permits_back()
    {
        await _one.GetSemaphore("s", 1).AcquireAsync();
        Assert.Null(await _two.GetSemaphore("s", 1).TryAcquireAsync());
        _engine.LoseSession();
        await using IPermit? permit = await _two.GetSemaphore("s", 1).TryAcquireAsync();
        Assert.NotNull(permit);
    }

    [Fact]
    public async Task A_semaphore_is_a_rate_limiter()
    {
        using RateLimiter limiter = _one.GetSemaphore("s", 2).AsRateLimiter();
        Assert.False(limiter.AttemptAcquire().IsAcquired);
        RateLimitLease both = await limiter.AcquireAsync(2);
        Assert.True(both.IsAcquired);
        Assert.False((await limiter.AcquireAsync()).IsAcquired);
        Assert.False((await limiter.AcquireAsync(0)).IsAcquired);
        using RateLimiter patient = _two.GetSemaphore("s", 2).AsRateLimiter(Timeout.InfiniteTimeSpan);
        Task<RateLimitLease> waiting = patient.AcquireAsync().AsTask();
        await Soon.Until(() => _otherEngine.Waiting == 1, "it waits");
        both.Dispose();
        Assert.True((await waiting.InTime()).IsAcquired);
        Assert.True((await limiter.AcquireAsync(0)).IsAcquired);
    }

    [Fact]
    public async Task Members_are_seen_as_they_join_leave_and_die()
    {
        var seen = new List<IReadOnlyList<GroupMember>>();
        using var end = new CancellationTokenSource();
        Task watching = WatchAsync(_two.GetGroup("g").WatchAsync(end.Token), seen);
        IMembership first = await _one.GetGroup("g").JoinAsync();
        IMembership second = await _two.GetGroup("g").JoinAsync();
        await Soon.Until(() => seen.Count > 0 && seen[^1].Count == 2, "both are there");
        Assert.Equal([first.Info, second.Info], seen[^1]);
        Assert.Equal("one", first.Info.ProcessName);
        await second.DisposeAsync();
        await Soon.Until(() => seen[^1].Count == 1, "one has left");
        Assert.Equal([first.Info], await _two.GetGroup("g").GetMembersAsync());
        _engine.LoseSession();
        await Soon.Until(() => seen[^1].Count == 0, "the other has died");
        await Soon.Cancelled(first.Lost);
        await end.CancelAsync();
        await watching.InTime();
    }

    [Fact]
    public async Task More_members_than_a_description_lists_are_all_told()
    {
        for (int i = 0; i < 120; i++)
        {
            await _one.GetGroup("g").JoinAsync();
        }

        IReadOnlyList<GroupMember> members = await _two.GetGroup("g").GetMembersAsync();
        Assert.Equal(120, members.Count);
        Assert.Equal(members.OrderBy(member => member.Token), members);
    }

    [Fact]
    public async Task Numbers_of_a_sequence_grow_and_are_given_out_once()
    {
        IConcordSequence sequence = _one.GetSequence("n");
        Assert.Equal(1, await sequence.NextAsync());
        Assert.Equal(2, await _two.GetSequence("n").ReserveAsync(10));
        Assert.Equal(12, await sequence.NextAsync());
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => sequence.ReserveAsync(0).AsTask());
        Assert.Equal(0, await _one.GetCounter("n").GetAsync());
        _engine.Keys.Change(keys => Operations.CounterRecord.Write(
            keys, Engines.RecordKey.Named(Engines.RecordKind.Sequence, "", "n"), long.MaxValue - 1));
        await Assert.ThrowsAsync<OverflowException>(() => sequence.ReserveAsync(2).AsTask());
        Assert.Equal(long.MaxValue, await sequence.NextAsync());
    }

    [Fact]
    public async Task A_value_is_seen_as_it_changes_and_the_last_state_never_missed()
    {
        var seen = new List<Versioned<string>>();
        using var end = new CancellationTokenSource();
        IConcordValue<string> value = _one.GetValue<string>("v");
        Task watching = WatchAsync(_two.GetValue<string>("v").WatchAsync(end.Token), seen);
        await Soon.Until(() => seen.Count == 1, "it is not there");
        Revision first = await value.SetAsync("a");
        await _one.GetValue<string>("v2").SetAsync("other");
        await Soon.Until(() => seen.Count == 2, "it is there");
        Assert.Equal(new("a", first), seen[1]);
        await value.DeleteAsync();
        await Soon.Until(() => !seen[^1].Exists, "it is gone");
        Revision last = await value.SetAsync("b");
        await Soon.Until(() => seen[^1] == new Versioned<string>("b", last), "it is there again");
        Assert.Equal(4, seen.Count);
        await end.CancelAsync();
        await watching.InTime();
    }

    private static async Task WatchAsync<T>(IAsyncEnumerable<T> changes, List<T> seen)
    {
        try
        {
            await foreach (T change in changes)
            {
                seen.Add(change);
            }
        }
        catch (OperationCanceledException)
        {
            // The test is over.
        }
    }
}
