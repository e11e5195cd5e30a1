using System.Collections.Concurrent;
using System.Net;
using Concord.Client.Connections;
using Concord.Engines;
using Concord.Operations.Holds;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Concord.Cluster.Tests.Runtime;

/// <summary>The node lives in somebody else's process, and must not depend on how that treats its ThreadPool. Runs
/// while no other test does: they have the same pool, and would wait for their answers longer than they may.</summary>
[Collection(nameof(StarvationTests))]
[CollectionDefinition(nameof(StarvationTests), DisableParallelization = true)]
public abstract class StarvationTests(string protocol) : IDisposable
{
    private const int BlockedItems = 60;

    private static readonly TimeSpan s_blocked = TimeSpan.FromSeconds(1.5);
    private readonly TemporaryFolder _folder = new();

    public void Dispose()
    {
        _folder.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>Sessions end after two seconds without a sign of life; the pool does nothing for much longer.</summary>
    [Fact]
    public async Task A_starved_pool_costs_neither_an_election_nor_a_lease_nor_a_session()
    {
        IPEndPoint[] members = MemberTests.FreeEndPoints(3);
        var hosts = new List<IConcordHost>();
        using var events = new EventCollector();
        try
        {
            foreach (IPEndPoint member in members)
            {
                hosts.Add(await StartAsync(member, members, events));
            }

            for (int i = 0; i < 12; i++)
            {
                Assert.Equal(1, await hosts[i % 3].Concord.GetCounter($"c{i}").AddAsync(1));
            }

            // The leaders are there, and every client has a session with every shard: nothing may change from here on.
            await Task.WhenAll(hosts.Select(static host => host.Concord.GetCounter("c0").AddAsync(0).AsTask()));
            ILockHandle[] holds = await Task.WhenAll(
                hosts.Select(static (host, i) => host.Concord.GetLock($"l{i}").AcquireAsync().AsTask()));
            events.Clear();
            long unaware = StarvePool();

            // A continuation runs when the pool has come back to itself; what the nodes did meanwhile is in their logs.
            for (int i = 0; i < 12; i++)
            {
                Assert.Equal(2, await hosts[i % 3].Concord.GetCounter($"c{i}").AddAsync(1));
            }

            Assert.True(unaware > 0, "the pool was not starved: the test shows nothing");
            Assert.All(holds, static hold => Assert.False(hold.Lost.IsCancellationRequested, hold.Name));
            Assert.Empty(events.Names);
        }
        finally
        {
            foreach (IConcordHost host in hosts)
            {
                await host.DisposeAsync();
            }
        }
    }

    /// <summary>The network is cut and the pool does nothing: the holder knows in time nevertheless.</summary>
    [Fact]
    public async Task A_hold_is_lost_in_time_without_the_network_and_without_the_pool()
    {
        await using EngineUnderTest engine = await EngineUnderTest.StartAsync(protocol);
        (ClusterClient client, EngineUnderTest.CutDialer line) = engine.Connect(TimeSpan.FromSeconds(1));
        byte[] root = RecordKey.Named(RecordKind.Lock, "", "l");
        EngineHold? hold = await client.AcquireAsync(
            new(
                root,
                OperationCode.Acquire,
                AcquireHold.Arguments(root, HoldMode.Exclusive, 1, 0, waits: false, "test"),
                TimeSpan.Zero),
            default);
        line.IsCut = true;
        long begun = TimeProvider.System.GetTimestamp();
        TimeSpan? lostAfter = null;
        var watcher = new Thread(() =>
        {
            if (SpinWait.SpinUntil(() => hold!.Lost.IsCancellationRequested, TimeSpan.FromMinutes(1)))
            {
                lostAfter = TimeProvider.System.GetElapsedTime(begun);
            }
        });
        watcher.Start();

        long starved = StarvePool();

        watcher.Join();
        Assert.NotNull(lostAfter);
        Assert.True(
            lostAfter.Value.TotalMilliseconds < starved,
            $"lost after {lostAfter.Value.TotalMilliseconds} ms, the pool came back after {starved}");
    }

    /// <summary>Blocks the pool, and says how many milliseconds a work item had to wait behind.</summary>
    private static long StarvePool()
    {
        // A pool that was starved before has more threads for a while.
        int items = BlockedItems + (4 * ThreadPool.ThreadCount);
        using var done = new CountdownEvent(items);
        using var served = new ManualResetEventSlim();
        using var never = new ManualResetEventSlim();
        long begun = TimeProvider.System.GetTimestamp();
        for (int i = 0; i < items; i++)
        {
            ThreadPool.UnsafeQueueUserWorkItem(
                _ =>
                {
                    never.Wait(s_blocked);
                    done.Signal();
                },
                null);
        }

        ThreadPool.UnsafeQueueUserWorkItem(_ => served.Set(), null);
        Assert.True(served.Wait(TimeSpan.FromMinutes(2)), "the pool never served an item behind the blocked ones");
        TimeSpan waited = TimeProvider.System.GetElapsedTime(begun);
        Assert.True(done.Wait(TimeSpan.FromMinutes(2)), "the blocked items never ended");
        Assert.True(
            waited > TimeSpan.FromSeconds(3), $"the pool was busy for {waited.TotalSeconds:F1} s only: shows nothing");
        return (long)waited.TotalMilliseconds;
    }

    private Task<IConcordHost> StartAsync(IPEndPoint self, IPEndPoint[] members, ILoggerProvider events) =>
        ConcordHost.StartAsync(builder =>
        {
            builder.Services.AddLogging(logging => logging.AddProvider(events));
            builder.Services.Configure<ConcordOptions>(static options =>
            {
                options.OperationTimeout = TimeSpan.FromSeconds(60);
                options.SessionTimeout = TimeSpan.FromSeconds(2);
            });
            builder.AgreeBy(protocol).UseCluster(options =>
            {
                options.DataDirectory = _folder.In($"{self.Port}");
                options.ListenEndPoint = self;
                options.LeaderLease = true;
                foreach (IPEndPoint member in members)
                {
                    options.InitialMembers.Add(member.ToString());
                }
            });
        });

    /// <summary>What the nodes log: leaders that are won and lost, connections that are lost, sessions that
    /// end.</summary>
    private sealed class EventCollector : ILoggerProvider, ILogger
    {
        private readonly ConcurrentQueue<string> _names = new();

        public IEnumerable<string> Names => _names;

        public void Clear() => _names.Clear();

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Information;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception,
            Func<TState, Exception?, string> formatter) => _names.Enqueue(formatter(state, exception));

        public void Dispose()
        {
        }
    }
}

public sealed class StarvationTestsOnRaft() : StarvationTests("raft");

public sealed class StarvationTestsOnPaxos() : StarvationTests("paxos");
