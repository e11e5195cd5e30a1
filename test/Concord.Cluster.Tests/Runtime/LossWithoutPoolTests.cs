using Concord.Client.Connections;
using Concord.Engines;
using Concord.Operations.Holds;
using Concord.Primitives;
using Microsoft.Extensions.Logging.Abstractions;

namespace Concord.Cluster.Tests.Runtime;

/// <summary>Who holds something learns in time that it is lost, whatever becomes of the network and of the
/// pool.</summary>
[Collection(nameof(StarvationTests))]
public sealed class LossWithoutPoolTests
{
    /// <summary>The network is cut and the pool does nothing: the holder knows in time nevertheless.</summary>
    [Fact]
    public async Task A_hold_is_lost_in_time_without_the_network_and_without_the_pool()
    {
        await using EngineUnderTest engine = await EngineUnderTest.StartAsync("raft");
        (ClusterClient client, EngineUnderTest.CutDialer line) = engine.Connect(TimeSpan.FromSeconds(2));
        byte[] root = RecordKey.Named(RecordKind.Lock, "", "l");
        EngineHold? hold = await client.AcquireAsync(
            new(
                root,
                OperationCode.Acquire,
                AcquireHold.Arguments(root, HoldMode.Exclusive, 1, 0, waits: false, "test"),
                TimeSpan.Zero),
            default);
        line.IsCut = true;

        AssertLostWithoutPool(hold!.Lost);
    }

    /// <summary>The same for a delivery: with its session, and when its own time is over.</summary>
    [Theory]
    [InlineData(2, 60)]
    [InlineData(60, 2)]
    public async Task A_delivery_is_lost_in_time_without_the_network_and_without_the_pool(int session, int visibility)
    {
        await using EngineUnderTest engine = await EngineUnderTest.StartAsync("raft");
        (ClusterClient client, EngineUnderTest.CutDialer line) = engine.Connect(TimeSpan.FromSeconds(session));
        var concord = new ConcordClient(client, new ConcordOptions(), TimeProvider.System, NullLogger.Instance);
        await QueueSettingsStore.DeclareAsync(
            concord, "q", new() { VisibilityTimeout = TimeSpan.FromSeconds(visibility) }, default);
        await concord.GetQueue<int>("q").EnqueueAsync(1);
        IDelivery<int>? delivery = await concord.GetQueue<int>("q").TryReceiveAsync(TimeSpan.Zero);
        line.IsCut = true;

        AssertLostWithoutPool(delivery!.Lost);
    }

    /// <summary>The same for the token of what runs while something is held.</summary>
    [Fact]
    public async Task What_runs_under_a_hold_is_cancelled_in_time_without_the_network_and_without_the_pool()
    {
        await using EngineUnderTest engine = await EngineUnderTest.StartAsync("raft");
        (ClusterClient client, EngineUnderTest.CutDialer line) = engine.Connect(TimeSpan.FromSeconds(2));
        var concord = new ConcordClient(client, new ConcordOptions(), TimeProvider.System, NullLogger.Instance);
        var begun = new TaskCompletionSource<CancellationToken>();
        Task running = concord.GetLock("l").RunAsync((_, token) =>
        {
            begun.SetResult(token);
            return Task.Delay(Timeout.InfiniteTimeSpan, token);
        });
        CancellationToken cancelled = await begun.Task.WaitAsync(TimeSpan.FromMinutes(1));
        line.IsCut = true;

        AssertLostWithoutPool(cancelled);

        await Assert.ThrowsAsync<HoldLostException>(() => running.WaitAsync(TimeSpan.FromMinutes(1)));
    }

    /// <summary>The engine hands on at once what a session held that is closed: its holder must not be the last to
    /// know.</summary>
    [Fact]
    public async Task Who_leaves_has_lost_what_he_holds_before_the_engine_hears_of_it()
    {
        await using EngineUnderTest engine = await EngineUnderTest.StartAsync("raft");
        (ClusterClient client, EngineUnderTest.CutDialer line) = engine.Connect();
        var concord = new ConcordClient(client, new ConcordOptions(), TimeProvider.System, NullLogger.Instance);
        ILockHandle hold = await concord.GetLock("l").AcquireAsync();
        line.IsCut = true;

        ValueTask leaving = client.DisposeAsync();

        Assert.True(hold.Lost.IsCancellationRequested);
        Assert.Throws<HoldLostException>(hold.ThrowIfLost);
        await leaving;
    }

    private static void AssertLostWithoutPool(CancellationToken lost)
    {
        long begun = TimeProvider.System.GetTimestamp();
        TimeSpan? lostAfter = null;
        var watcher = new Thread(() =>
        {
            if (SpinWait.SpinUntil(() => lost.IsCancellationRequested, TimeSpan.FromMinutes(1)))
            {
                lostAfter = TimeProvider.System.GetElapsedTime(begun);
            }
        });
        watcher.Start();

        long starved = StarvedPool.Starve();

        watcher.Join();
        Assert.NotNull(lostAfter);
        Assert.True(
            lostAfter.Value.TotalMilliseconds < starved,
            $"lost after {lostAfter.Value.TotalMilliseconds} ms, the pool came back after {starved}");
    }
}
