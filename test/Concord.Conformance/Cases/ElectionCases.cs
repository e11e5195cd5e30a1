using Concord.Conformance.Engines;

namespace Concord.Conformance.Cases;

/// <summary>What the documentation of <see cref="IConcordElection"/> promises.</summary>
public abstract class ElectionCases(Engine engine) : CaseBase(engine)
{
    [Fact]
    public async Task One_leads_the_others_stand_in_line_and_resigning_passes_it_on()
    {
        IConcord first = await ConnectAsync("first");
        IConcord second = await ConnectAsync("second");
        Assert.Null(await first.GetElection("e").GetLeaderAsync());
        ILeadership leads = await first.GetElection("e").CampaignAsync();
        Task<ILeadership> candidate = second.GetElection("e").CampaignAsync().AsTask();

        LeaderInfo? leader = await second.GetElection("e").GetLeaderAsync();

        Assert.Equal(new LeaderInfo(first.Session.Id, "first", leads.FencingToken), leader);
        Assert.False(candidate.IsCompleted);
        await leads.ReleaseAsync();
        ILeadership next = await Stage.SoonAsync(candidate);
        Assert.True(next.FencingToken > leads.FencingToken);
        Assert.Equal("second", (await first.GetElection("e").GetLeaderAsync())!.ProcessName);
        await next.ReleaseAsync();
        Assert.Null(await first.GetElection("e").GetLeaderAsync());
    }

    [Fact]
    public async Task Candidates_are_served_in_the_order_in_which_they_came()
    {
        IConcord[] processes = [await ConnectAsync("0"), await ConnectAsync("1"), await ConnectAsync("2")];
        var candidates = new List<Task<ILeadership>>();
        for (int i = 0; i < 6; i++)
        {
            candidates.Add(processes[i % 3].GetElection("{e}").CampaignAsync().AsTask());

            // It lies beside the election, and was sent behind the candidacy: with its answer, that one is in line.
            await processes[i % 3].GetCounter("{e}").AddAsync(1);
        }

        for (int i = 0; i < candidates.Count; i++)
        {
            ILeadership leads = await Stage.SoonAsync(candidates[i]);
            Assert.All(candidates.Skip(i + 1), static candidate => Assert.False(candidate.IsCompleted));
            await leads.ReleaseAsync();
        }
    }

    [Fact]
    public async Task A_candidate_who_withdraws_is_never_elected()
    {
        IConcord first = await ConnectAsync("first");
        IConcord second = await ConnectAsync("second");
        ILeadership leads = await first.GetElection("e").CampaignAsync();
        using var withdraw = new CancellationTokenSource();
        Task<ILeadership> candidate = second.GetElection("e").CampaignAsync(withdraw.Token).AsTask();

        await withdraw.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => candidate);
        await leads.ReleaseAsync();

        await using ILeadership again = await Stage.SoonAsync(first.GetElection("e").CampaignAsync());
        Assert.True(again.FencingToken > leads.FencingToken);
    }

    [Fact]
    public async Task Observers_see_terms_in_order_and_always_the_last()
    {
        IConcord[] processes = [await ConnectAsync("0"), await ConnectAsync("1"), await ConnectAsync("2")];
        IConcord observer = await ConnectAsync("observer");
        using var end = new CancellationTokenSource();
        var seen = new List<LeaderInfo?>();
        Task watching = ObserveAsync(observer, seen, end.Token);
        await Stage.UntilAsync(() => CountOf(seen) > 0, "the first state, nobody, was seen");
        FencingToken last = default;
        for (int i = 0; i < 12; i++)
        {
            ILeadership leads = await Stage.SoonAsync(processes[i % 3].GetElection("e").CampaignAsync());
            Assert.True(leads.FencingToken > last);
            last = leads.FencingToken;
            if (i < 11)
            {
                await leads.ReleaseAsync();
            }
        }

        await Stage.UntilAsync(() => LastOf(seen)?.Term == last, "the last leader was seen");
        await end.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => watching);
        Assert.Null(seen[0]);
        FencingToken[] terms = [.. seen.OfType<LeaderInfo>().Select(static leader => leader.Term)];
        Assert.Equal(terms.Order(), terms);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task The_last_that_an_observer_sees_is_nobody_when_the_leader_has_left(bool resigns)
    {
        IConcord leader = await ConnectAsync("leader");
        IConcord observer = await ConnectAsync("observer");
        ILeadership leads = await leader.GetElection("e").CampaignAsync();
        using var end = new CancellationTokenSource();
        await using IAsyncEnumerator<LeaderInfo?> watch =
            observer.GetElection("e").WatchAsync(end.Token).GetAsyncEnumerator();
        Assert.Equal(leads.FencingToken, (await Stage.NextAsync(watch))!.Term);

        await (resigns ? leads.ReleaseAsync().AsTask() : Stage.LeaveAsync(leader));

        Assert.Null(await Stage.NextAsync(watch));
        Task<bool> more = watch.MoveNextAsync().AsTask();
        await Stage.PassAsync(TimeSpan.FromSeconds(0.5));
        Assert.False(more.IsCompleted, "nothing has changed since");
        await end.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Stage.SoonAsync(more));
    }

    private static int CountOf(List<LeaderInfo?> seen)
    {
        lock (seen)
        {
            return seen.Count;
        }
    }

    private static LeaderInfo? LastOf(List<LeaderInfo?> seen)
    {
        lock (seen)
        {
            return seen[^1];
        }
    }

    private static async Task ObserveAsync(IConcord observer, List<LeaderInfo?> seen, CancellationToken end)
    {
        await foreach (LeaderInfo? leader in observer.GetElection("e").WatchAsync(end))
        {
            lock (seen)
            {
                seen.Add(leader);
            }
        }
    }
}

/// <summary>Leaders that lose touch.</summary>
public abstract class ElectionFaultCases(FaultyEngine engine) : FaultCaseBase(engine)
{
    [Fact]
    public async Task The_leadership_of_one_who_is_cut_off_passes_on_and_his_late_write_is_refused()
    {
        IConcord first = await ConnectAsync("first", ShortSession);
        IConcord second = await ConnectAsync("second");
        ILeadership old = await first.GetElection("{e}").CampaignAsync();
        await first.GetValue<string>("{e}/v").SetAsync("old", new() { Fence = old.Fence });
        Task<ILeadership> candidate = second.GetElection("{e}").CampaignAsync().AsTask();

        Stage.CutOff(first);
        ILeadership leads = await Stage.SoonAsync(candidate);

        Assert.True(old.Lost.IsCancellationRequested);
        Assert.True(leads.FencingToken > old.FencingToken);
        await second.GetValue<string>("{e}/v").SetAsync("new", new() { Fence = leads.Fence });
        Stage.Reconnect(first);
        FenceRejectedException refused = await Assert.ThrowsAsync<FenceRejectedException>(() => Stage.SoonAsync(
            first.GetValue<string>("{e}/v").SetAsync("late", new() { Fence = old.Fence })));
        Assert.Equal((old.Fence, leads.FencingToken), (refused.Presented, refused.Current));
        Assert.Equal("new", (await second.GetValue<string>("{e}/v").GetAsync()).Value);
    }
}
