using System.Collections.Concurrent;
using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Concord.Cluster.Tests.Runtime;

/// <summary>The node lives in somebody else's process, and must not depend on how that treats its ThreadPool. Runs
/// while no other test does: they have the same pool, and would wait for their answers longer than they may.</summary>
[Collection(nameof(StarvationTests))]
[CollectionDefinition(nameof(StarvationTests), DisableParallelization = true)]
public abstract class StarvationTests(string protocol) : IDisposable
{
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
            long unaware = StarvedPool.Starve();

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
