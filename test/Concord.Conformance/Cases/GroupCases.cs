using Concord.Conformance.Engines;

namespace Concord.Conformance.Cases;

/// <summary>What the documentation of <see cref="IConcordGroup"/> promises.</summary>
public abstract class GroupCases(Engine engine) : CaseBase(engine)
{
    [Fact]
    public async Task Members_are_listed_in_the_order_of_joining()
    {
        IConcord first = await ConnectAsync("first");
        IConcord second = await ConnectAsync("second");
        Assert.Empty(await first.GetGroup("g").GetMembersAsync());
        IMembership a = await first.GetGroup("g").JoinAsync();
        IMembership b = await second.GetGroup("g").JoinAsync();
        IMembership c = await first.GetGroup("g").JoinAsync();

        Assert.Equal([a.Info, b.Info, c.Info], await second.GetGroup("g").GetMembersAsync());
        Assert.Equal(("first", first.Session.Id), (a.Info.ProcessName, a.Info.SessionId));
        Assert.Equal(a.FencingToken, a.Info.Token);
        Assert.Equal(3, new[] { a.Info.Id, b.Info.Id, c.Info.Id }.Distinct().Count());
        await a.ReleaseAsync();
        Assert.Equal([b.Info, c.Info], await second.GetGroup("g").GetMembersAsync());
        await Stage.LeaveAsync(first);
        Assert.Equal([b.Info], await second.GetGroup("g").GetMembersAsync());
    }

    [Fact]
    public async Task A_watch_shows_who_comes_and_goes()
    {
        IConcord first = await ConnectAsync("first");
        IConcord second = await ConnectAsync("second");
        using var end = new CancellationTokenSource();
        await using IAsyncEnumerator<IReadOnlyList<GroupMember>> watch =
            second.GetGroup("g").WatchAsync(end.Token).GetAsyncEnumerator();
        Assert.Empty(await Stage.NextAsync(watch));

        IMembership a = await first.GetGroup("g").JoinAsync();
        Assert.Equal([a.Info], await Stage.NextAsync(watch));
        IMembership b = await second.GetGroup("g").JoinAsync();
        Assert.Equal([a.Info, b.Info], await Stage.NextAsync(watch));
        await Stage.LeaveAsync(first);
        Assert.Equal([b.Info], await Stage.NextAsync(watch));

        await end.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Stage.SoonAsync(watch.MoveNextAsync()));
    }

    [Fact]
    public async Task A_watch_never_goes_back_and_ends_at_the_last_state()
    {
        IConcord first = await ConnectAsync("first");
        IConcord second = await ConnectAsync("second");
        await using IAsyncEnumerator<IReadOnlyList<GroupMember>> watch =
            second.GetGroup("g").WatchAsync().GetAsyncEnumerator();
        Assert.Empty(await Stage.NextAsync(watch));
        var joined = new List<GroupMember>();
        for (int i = 0; i < 20; i++)
        {
            joined.Add((await first.GetGroup("g").JoinAsync()).Info);
        }

        IReadOnlyList<GroupMember> seen = [];
        while (seen.Count < joined.Count)
        {
            IReadOnlyList<GroupMember> next = await Stage.NextAsync(watch);
            Assert.Equal(joined.Take(next.Count), next);
            Assert.True(next.Count > seen.Count, "one more has joined, and none has left");
            seen = next;
        }
    }

    [Fact]
    public async Task A_fence_of_a_membership_that_ended_is_refused()
    {
        IConcord process = await ConnectAsync();
        IMembership a = await process.GetGroup("{g}").JoinAsync();
        IMembership b = await process.GetGroup("{g}").JoinAsync();
        await a.ReleaseAsync();

        await Assert.ThrowsAsync<FenceRejectedException>(
            async () => await process.GetCounter("{g}").AddAsync(1, new WriteOptions { Fence = a.Fence }));
        Assert.Equal(1, await process.GetCounter("{g}").AddAsync(1, new WriteOptions { Fence = b.Fence }));
    }
}

/// <summary>Members that lose touch.</summary>
public abstract class GroupFaultCases(FaultyEngine engine) : FaultCaseBase(engine)
{
    [Fact]
    public async Task Who_is_cut_off_is_out_when_his_session_ends()
    {
        IConcord first = await ConnectAsync("first", ShortSession);
        IConcord second = await ConnectAsync("second");
        IMembership a = await first.GetGroup("g").JoinAsync();
        IMembership b = await second.GetGroup("g").JoinAsync();

        Stage.CutOff(first);

        await Stage.UntilAsync(
            async () => (await second.GetGroup("g").GetMembersAsync()).SequenceEqual([b.Info]), "the first is out");
        Assert.True(a.Lost.IsCancellationRequested);
    }
}
