using Concord.Conformance.Engines;
using Microsoft.Extensions.DependencyInjection;

namespace Concord.Conformance.Cases;

/// <summary>What the documentation of <see cref="IConcordSession"/> promises.</summary>
public abstract class SessionCases(Engine engine) : CaseBase(engine)
{
    [Fact]
    public async Task A_session_that_gives_signs_of_life_lasts()
    {
        IConcord process = await ConnectAsync(
            "process",
            builder => builder.Services.Configure<ConcordOptions>(
                static options => options.SessionTimeout = TimeSpan.FromSeconds(6)));
        await using ILockHandle hold = await process.GetLock("l").AcquireAsync();
        string session = process.Session.Id;

        await Stage.PassAsync(TimeSpan.FromSeconds(8));

        Assert.Equal(session, process.Session.Id);
        Assert.Equal(SessionState.Healthy, process.Session.State);
        Assert.False(process.Session.Lost.IsCancellationRequested);
        Assert.True(await hold.VerifyAsync());
    }

    [Fact]
    public async Task Who_waits_when_his_process_leaves_is_told()
    {
        IConcord first = await ConnectAsync();
        IConcord second = await ConnectAsync();
        await using ILockHandle hold = await first.GetLock("l").AcquireAsync();
        await using ILeadership leads = await first.GetElection("e").CampaignAsync();
        Task[] waiting =
        [
            second.GetLock("l").AcquireAsync().AsTask(),
            second.GetLock("l").TryAcquireAsync(new LockAcquireOptions { Timeout = TimeSpan.FromHours(1) }).AsTask(),
            second.GetElection("e").CampaignAsync().AsTask(),
            second.GetQueue<int>("q").TryReceiveAsync(Timeout.InfiniteTimeSpan).AsTask(),
            NextAsync(prefetch: 1),
            NextAsync(prefetch: 8),
        ];
        await Stage.UntilAsync(
            async () => (await first.GetLock("l").DescribeAsync()).Waiting == 2, "both stand in line");

        await Stage.LeaveAsync(second);

        foreach (Task waits in waiting)
        {
            await Assert.ThrowsAsync<ObjectDisposedException>(() => Stage.SoonAsync(waits));
        }

        await Assert.ThrowsAsync<ObjectDisposedException>(
            () => Stage.SoonAsync(second.GetCounter("c").AddAsync(1)));
        await Stage.UntilAsync(
            async () => (await first.GetLock("l").DescribeAsync()).Waiting == 0, "the line is empty");

        async Task NextAsync(int prefetch)
        {
            await foreach (IDelivery<int> _ in second.GetQueue<int>("q").ReceiveAllAsync(prefetch))
            {
                break;
            }
        }
    }

    [Fact]
    public async Task Every_process_has_a_session_of_its_own()
    {
        IConcord first = await ConnectAsync();
        IConcord second = await ConnectAsync();
        await first.GetCounter("c").AddAsync(1);
        await second.GetCounter("c").AddAsync(1);

        Assert.NotEqual("", first.Session.Id);
        Assert.NotEqual(first.Session.Id, second.Session.Id);
    }

    [Fact]
    public async Task An_engine_says_what_it_promises()
    {
        IConcord process = await ConnectAsync();
        Assert.NotEqual("", process.Capabilities.EngineName);
        Assert.True(process.Capabilities.Supports(Guarantees.None));
        Assert.True(process.Capabilities.Supports(Guarantees.MonotonicFencing));
    }
}

/// <summary>Sessions of processes that lose touch.</summary>
public abstract class SessionFaultCases(FaultyEngine engine) : FaultCaseBase(engine)
{
    [Fact]
    public async Task A_session_is_over_by_the_clock_of_its_process_and_there_is_a_new_one()
    {
        IConcord process = await ConnectAsync("process", TimeSpan.FromSeconds(9));
        await process.GetCounter("c").AddAsync(1);
        IConcordSession session = process.Session;
        Assert.Equal(SessionState.Healthy, session.State);

        Stage.CutOff(process);

        await Stage.UntilAsync(() => session.State == SessionState.Jeopardy, "two thirds are over");
        Assert.False(session.Lost.IsCancellationRequested);
        await Stage.CancelledAsync(session.Lost);
        Assert.Equal(SessionState.Lost, session.State);
        Stage.Reconnect(process);
        Assert.Equal(2, await Stage.SoonAsync(process.GetCounter("c").AddAsync(1)));
        Assert.NotEqual(session.Id, process.Session.Id);
        Assert.True(session.Lost.IsCancellationRequested);
        Assert.False(process.Session.Lost.IsCancellationRequested);
    }

    [Fact]
    public async Task A_short_silence_costs_nothing_of_what_is_held()
    {
        IConcord process = await ConnectAsync("process", TimeSpan.FromSeconds(20));
        ILockHandle hold = await process.GetLock("l").AcquireAsync();
        string session = process.Session.Id;

        Stage.CutOff(process);
        await Stage.PassAsync(TimeSpan.FromSeconds(1));
        Stage.Reconnect(process);

        Assert.Equal(1, await Stage.SoonAsync(process.GetCounter("c").AddAsync(1)));
        Assert.Equal(session, process.Session.Id);
        hold.ThrowIfLost();
        Assert.True(await Stage.SoonAsync(hold.VerifyAsync()));
    }
}
