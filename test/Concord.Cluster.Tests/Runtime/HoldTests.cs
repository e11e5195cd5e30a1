using Concord.Client.Connections;
using Concord.Engines;
using Concord.Operations.Holds;

namespace Concord.Cluster.Tests.Runtime;

/// <summary>Holds over real sockets: granted in line, given back, lost in time.</summary>
public abstract class HoldTests(string protocol)
{
    private static readonly byte[] s_lock = RecordKey.Named(RecordKind.Lock, "", "invoice/42");
    private static readonly TimeSpan s_deadline = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task Who_waits_longer_is_served_first_and_tokens_grow()
    {
        await using EngineUnderTest engine = await EngineUnderTest.StartAsync(protocol);
        ClusterClient[] clients = [.. Enumerable.Range(0, 4).Select(_ => engine.Connect().Client)];
        EngineHold hold = await AcquireAsync(clients[0]);
        var waiting = new List<Task<EngineHold>>();
        for (int i = 1; i < clients.Length; i++)
        {
            waiting.Add(AcquireAsync(clients[i]));
            await WaitForLineAsync(clients[0], i);
        }

        long token = hold.Token;
        for (int i = 1; i < clients.Length; i++)
        {
            Assert.All(waiting.Skip(i - 1), static task => Assert.False(task.IsCompleted));
            await ReleaseAsync(clients[i - 1], hold);
            hold = await waiting[i - 1].WaitAsync(s_deadline);
            Assert.True(hold.Token > token, $"{hold.Token} comes after {token}");
            token = hold.Token;
        }
    }

    [Fact]
    public async Task A_cancelled_wait_leaves_no_ghost_in_the_line()
    {
        await using EngineUnderTest engine = await EngineUnderTest.StartAsync(protocol);
        ClusterClient first = engine.Connect().Client;
        ClusterClient second = engine.Connect().Client;
        EngineHold hold = await AcquireAsync(first);
        using var cancelled = new CancellationTokenSource();
        Task<EngineHold?> waiting = second.AcquireAsync(Request(null), cancelled.Token).AsTask();
        await WaitForLineAsync(first, 1);

        await cancelled.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        await WaitForLineAsync(first, 0);
        await ReleaseAsync(first, hold);
        Assert.NotNull(await first.AcquireAsync(Request(TimeSpan.Zero), default));
    }

    [Fact]
    public async Task Who_does_not_wait_is_told_that_it_is_busy_and_who_waits_a_moment_too()
    {
        await using EngineUnderTest engine = await EngineUnderTest.StartAsync(protocol);
        ClusterClient first = engine.Connect().Client;
        ClusterClient second = engine.Connect().Client;
        EngineHold hold = await AcquireAsync(first);

        Assert.Null(await second.AcquireAsync(Request(TimeSpan.Zero), default));
        Assert.Null(await second.AcquireAsync(Request(TimeSpan.FromMilliseconds(60)), default));

        await WaitForLineAsync(first, 0);
        await ReleaseAsync(first, hold);
        Assert.NotNull(await second.AcquireAsync(Request(TimeSpan.Zero), default));
    }

    [Fact]
    public async Task A_hold_is_lost_here_before_it_is_granted_elsewhere()
    {
        await using EngineUnderTest engine = await EngineUnderTest.StartAsync(protocol);
        (ClusterClient first, EngineUnderTest.CutDialer line) = engine.Connect(TimeSpan.FromSeconds(1));
        ClusterClient second = engine.Connect().Client;
        EngineHold hold = await AcquireAsync(first);
        Task<EngineHold> waiting = AcquireAsync(second);
        await WaitForLineAsync(second, 1);
        string session = first.Session.Id;
        Assert.False(hold.IsLost);

        line.IsCut = true;

        EngineHold taken = await waiting.WaitAsync(s_deadline);
        Assert.True(hold.Lost.IsCancellationRequested, "the first knew, without any network, before the second had it");
        Assert.True(hold.IsLost);
        Assert.True(taken.Token > hold.Token);
        Assert.NotEqual(session, first.Session.Id);
    }

    [Fact]
    public async Task Sessions_are_renewed_for_as_long_as_there_are_signs_of_life()
    {
        await using EngineUnderTest engine = await EngineUnderTest.StartAsync(protocol);
        ClusterClient client = engine.Connect(TimeSpan.FromSeconds(1)).Client;
        EngineHold hold = await AcquireAsync(client);
        TimeSpan started = TimeSpan.FromMilliseconds(Environment.TickCount64);

        await EventuallyAsync(
            () => TimeSpan.FromMilliseconds(Environment.TickCount64) - started > TimeSpan.FromSeconds(3)
                || hold.Lost.IsCancellationRequested,
            "three session times have passed");

        Assert.False(hold.IsLost);
        Assert.Equal(SessionState.Healthy, client.Session.State);
    }

    [Fact]
    public async Task What_is_taken_away_by_force_is_lost_at_once()
    {
        await using EngineUnderTest engine = await EngineUnderTest.StartAsync(protocol);
        ClusterClient first = engine.Connect().Client;
        ClusterClient second = engine.Connect().Client;
        EngineHold hold = await AcquireAsync(first);

        await second.ExecuteAsync(
            new(RecordKey.SlotOf(s_lock), OperationCode.ForceRelease, ForceRelease.Arguments(s_lock, 0), null),
            default);

        await EventuallyAsync(() => hold.Lost.IsCancellationRequested, "the holder was told");
        Assert.Equal(SessionState.Healthy, first.Session.State);
    }

    [Fact]
    public async Task Who_leaves_in_order_gives_back_at_once()
    {
        await using EngineUnderTest engine = await EngineUnderTest.StartAsync(protocol);
        ClusterClient first = engine.Connect(TimeSpan.FromHours(1)).Client;
        ClusterClient second = engine.Connect().Client;
        await AcquireAsync(first);
        Task<EngineHold> waiting = AcquireAsync(second);
        await WaitForLineAsync(second, 1);

        await first.DisposeAsync();

        await waiting.WaitAsync(s_deadline);
    }

    private static async Task<EngineHold> AcquireAsync(ClusterClient client) =>
        (await client.AcquireAsync(Request(null), default))!;

    private static async Task ReleaseAsync(ClusterClient client, EngineHold hold) => await client.EndAsync(
        hold,
        new(hold.Handle.Slot, OperationCode.Release, ReleaseHold.Arguments(s_lock, hold.Handle.Sequence), null),
        default);

    private static HoldRequest Request(TimeSpan? timeout) => new(
        s_lock,
        OperationCode.Acquire,
        AcquireHold.Arguments(s_lock, HoldMode.Exclusive, 1, 0, waits: timeout != TimeSpan.Zero, "test"),
        timeout);

    private static async Task WaitForLineAsync(ClusterClient client, int length)
    {
        using var deadline = new CancellationTokenSource(s_deadline);
        while (await LineAsync(client, deadline.Token) != length)
        {
            await Task.Yield();
        }
    }

    private static async Task<int> LineAsync(ClusterClient client, CancellationToken cancellationToken)
    {
        EngineAnswer answer = await client.QueryAsync(
            new(RecordKey.SlotOf(s_lock), OperationCode.DescribeHolds, DescribeHolds.Arguments(s_lock), null),
            cancellationToken);
        return DescribeHolds.Read(answer).WaitingCount;
    }

    private static async Task EventuallyAsync(Func<bool> condition, string what)
    {
        using var deadline = new CancellationTokenSource(s_deadline);
        while (!condition())
        {
            Assert.False(deadline.IsCancellationRequested, $"Not within {s_deadline}: {what}.");
            await Task.Delay(10);
        }
    }
}

public sealed class HoldTestsOnRaft() : HoldTests("raft");

public sealed class HoldTestsOnPaxos() : HoldTests("paxos");
