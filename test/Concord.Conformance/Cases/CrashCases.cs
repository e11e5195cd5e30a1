using Concord.Conformance.Engines;
using Microsoft.Extensions.DependencyInjection;

namespace Concord.Conformance.Cases;

/// <summary>What stays when the leader is killed in the middle of its work, twice.</summary>
public abstract class CrashCases(KilledNodes engine)
{
    private const int Crashes = 2;

    /// <summary>Longer than a machine that is busy with other things may stand still.</summary>
    private static readonly TimeSpan s_long = TimeSpan.FromMinutes(5);

    [Fact]
    public async Task A_lock_stays_with_its_holder_under_its_token_and_its_line_goes_on()
    {
        await using FaultyStage stage = engine.Open();
        IConcord first = await ConnectAsync(stage, "first");
        IConcord second = await ConnectAsync(stage, "second");
        string session = first.Session.Id;
        ILockHandle hold = await stage.SoonAsync(first.GetLock("l").AcquireAsync());
        Task<ILockHandle> waits = second.GetLock("l").AcquireAsync().AsTask();
        await stage.LineAsync(first, "l", 1);
        FencingToken token = hold.FencingToken;
        for (int i = 0; i < Crashes; i++)
        {
            Task write = first.GetValue<int>("v").SetAsync(i, new() { Fence = hold.Fence }).AsTask();
            await engine.LoseLeaderAsync();

            await stage.SoonAsync(write);
            await stage.SoonAsync(first.GetValue<int>("v").SetAsync(10 + i, new() { Fence = hold.Fence }));
            Assert.True(await stage.SoonAsync(hold.VerifyAsync()));
            LockDescription described = await stage.SoonAsync(second.GetLock("l").DescribeAsync());
            Assert.Equal((token, 1), (Assert.Single(described.Holders).Token, described.Waiting));
            await engine.MendAsync();
        }

        hold.ThrowIfLost();
        Assert.Equal((session, token), (first.Session.Id, hold.FencingToken));
        Assert.False(waits.IsCompleted, "Nobody has given it back.");
        await stage.SoonAsync(hold.ReleaseAsync());
        ILockHandle next = await stage.SoonAsync(waits);
        Assert.True(next.FencingToken > token);
        await Assert.ThrowsAsync<FenceRejectedException>(
            () => stage.SoonAsync(first.GetValue<int>("v").SetAsync(-1, new() { Fence = hold.Fence })));
        Assert.Equal(10 + Crashes - 1, (await stage.SoonAsync(second.GetValue<int>("v").GetAsync())).Value);
    }

    [Fact]
    public async Task Additions_that_were_under_way_happen_once_each()
    {
        const int Callers = 8;
        await using FaultyStage stage = engine.Open();
        IConcord[] processes = [await ConnectAsync(stage, "first"), await ConnectAsync(stage, "second")];
        var answers = new List<long>();
        bool stops = false;
        Task[] calling = [.. Enumerable.Range(0, Callers).Select(caller => CallAsync(processes[caller % 2]))];
        await engine.CrashAsync(Crashes, ProgressAsync);
        Volatile.Write(ref stops, true);
        await stage.SoonAsync(Task.WhenAll(calling));
        Assert.Equal(Enumerable.Range(1, answers.Count).Select(static each => (long)each), answers.Order());
        Assert.Equal(answers.Count, await stage.SoonAsync(processes[0].GetCounter("c").GetAsync()));

        async Task CallAsync(IConcord process)
        {
            while (!Volatile.Read(ref stops))
            {
                long answer = await process.GetCounter("c").AddAsync(1);
                lock (answers)
                {
                    answers.Add(answer);
                }
            }
        }

        Task ProgressAsync(string when)
        {
            int enough = Count() + (10 * Callers);
            return stage.UntilAsync(
                () => Count() >= enough || calling.Any(static call => call.IsFaulted), $"additions {when} the crash");
        }

        int Count()
        {
            lock (answers)
            {
                return answers.Count;
            }
        }
    }

    /// <summary>Every other message is in a group. What is not in one may be passed while it is given back, for nobody
    /// heard of its delivery; within a group nothing is passed.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(8)]
    public async Task Deliveries_stay_with_who_got_them_and_no_message_is_lost_or_comes_twice(int prefetch)
    {
        await using FaultyStage stage = engine.Open();
        IConcord holder = await ConnectAsync(stage, "holder");
        IConcordQueue<int> queue = (await ConnectAsync(stage, "worker")).GetQueue<int>("q");
        int[] first = [.. Enumerable.Range(0, Crashes)];
        await stage.SoonAsync(holder.GetQueue<int>("q").EnqueueBatchAsync(first));
        var kept = new List<IDelivery<int>>();
        for (int i = 0; i < Crashes; i++)
        {
            kept.Add((await stage.SoonAsync(holder.GetQueue<int>("q").TryReceiveAsync(s_long)))!);
        }

        bool stops = false;
        int sent = Crashes;
        var seen = new List<int>();
        using var end = new CancellationTokenSource();
        Task sends = SendAsync();
        Task works = WorkAsync();
        foreach (IDelivery<int> delivery in kept)
        {
            await ProgressAsync("before");
            await engine.LoseLeaderAsync();
            await ProgressAsync("after");
            Assert.True(await stage.SoonAsync(delivery.VerifyAsync()));
            await stage.SoonAsync(delivery.CompleteAsync());
            await engine.MendAsync();
        }

        Volatile.Write(ref stops, true);
        await stage.SoonAsync(sends);
        await stage.UntilAsync(() => Count() == sent - Crashes || works.IsFaulted, "every message has come");
        await end.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => stage.SoonAsync(works));
        Assert.Equal(first, kept.Select(static each => each.Message));
        Assert.Equal(Enumerable.Range(Crashes, sent - Crashes), seen.Order());
        int[] inGroup = [.. seen.Where(IsInGroup)];
        Assert.Equal(inGroup.Order(), inGroup);
        QueueDescription left = await stage.SoonAsync(queue.DescribeAsync());
        Assert.Equal((0, 0, 0, 0), (left.Ready, left.InFlight, left.Delayed, left.DeadLettered));

        async Task SendAsync()
        {
            while (!Volatile.Read(ref stops))
            {
                Assert.True(await queue.EnqueueAsync(sent, new() { Group = IsInGroup(sent) ? "g" : null }));
                Interlocked.Increment(ref sent);
            }
        }

        async Task WorkAsync()
        {
            await foreach (IDelivery<int> delivery in queue.ReceiveAllAsync(prefetch, end.Token))
            {
                await delivery.CompleteAsync();
                lock (seen)
                {
                    seen.Add(delivery.Message);
                }
            }
        }

        Task ProgressAsync(string when)
        {
            int enough = Count() + 20;
            return stage.UntilAsync(
                () => Count() >= enough || sends.IsFaulted || works.IsFaulted, $"messages pass {when} the crash");
        }

        int Count()
        {
            lock (seen)
            {
                return seen.Count;
            }
        }
    }

    private static bool IsInGroup(int message) => message % 2 == 0;

    /// <summary>With deliveries and a session that last.</summary>
    private static Task<IConcord> ConnectAsync(Stage stage, string processName) =>
        stage.ConnectAsync(processName, static builder =>
        {
            builder.AddQueue("q", static settings => settings.VisibilityTimeout = s_long);
            builder.Services.Configure<ConcordOptions>(static options => options.SessionTimeout = s_long);
        });
}
