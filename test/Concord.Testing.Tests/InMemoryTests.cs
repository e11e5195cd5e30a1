using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Concord.Testing.Tests;

/// <summary>A user's host as a process of a test host: what <c>AddConcord</c> and its workers do, under the test's
/// control.</summary>
public sealed class InMemoryTests
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task The_test_gets_at_the_control_from_the_services_and_the_clock_is_that_of_the_process()
    {
        using IHost app = Build(builder => builder.UseInMemory());
        await app.StartAsync();
        var host = app.Services.GetRequiredService<ConcordTestHost>();
        IConcord concord = app.Services.GetRequiredService<IConcord>();
        TimeProvider time = app.Services.GetRequiredService<TimeProvider>();
        IConcordQueue<string> queue = concord.GetQueue<string>("jobs");
        await queue.EnqueueAsync("later", new() { Delay = TimeSpan.FromMinutes(10) });
        Assert.Null(await queue.TryReceiveAsync(TimeSpan.Zero));
        DateTimeOffset started = time.GetUtcNow();

        host.Advance(TimeSpan.FromMinutes(11));

        Assert.Equal(started + TimeSpan.FromMinutes(11), time.GetUtcNow());
        Assert.Equal("later", (await queue.TryReceiveAsync(TimeSpan.Zero))!.Message);
        host.Pause(concord);
        host.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(started + TimeSpan.FromMinutes(11), time.GetUtcNow());
        host.Resume(concord);
        Assert.Equal(started + TimeSpan.FromMinutes(12), time.GetUtcNow());
        await app.StopAsync().WaitAsync(s_patience);
    }

    [Fact]
    public async Task A_clock_of_the_applications_own_stays_and_Concord_goes_by_that_of_the_test()
    {
        var own = new StoppedTime();
        using IHost app = Build(builder =>
        {
            builder.Services.AddSingleton<TimeProvider>(own);
            builder.UseInMemory();
        });
        await app.StartAsync();
        Assert.Same(own, app.Services.GetRequiredService<TimeProvider>());
        var host = app.Services.GetRequiredService<ConcordTestHost>();
        IConcord concord = app.Services.GetRequiredService<IConcord>();
        IConcordQueue<string> queue = concord.GetQueue<string>("jobs");
        await queue.EnqueueAsync("later", new() { Delay = TimeSpan.FromMinutes(10) });
        var begun = new TaskCompletionSource();
        Task<TransactionResult> transaction = concord.TryRunTransactionAsync(async (_, token) =>
        {
            begun.SetResult();
            await Task.Delay(Timeout.Infinite, token);
        });
        await begun.Task.WaitAsync(s_patience);

        host.Advance(TimeSpan.FromMinutes(11));

        await host.WaitUntilAsync(() => transaction.IsCompleted);
        Assert.Equal(TransactionAbortReason.TimedOut, (await transaction).AbortReason);
        Assert.Equal("later", (await queue.TryReceiveAsync(TimeSpan.Zero))!.Message);
        Assert.Equal(SessionState.Healthy, concord.Session.State);
        await app.StopAsync().WaitAsync(s_patience);
    }

    [Fact]
    public async Task An_application_sees_what_the_engine_does_not_claim()
    {
        const Guarantees Claimed = Guarantees.FifoWaiting | Guarantees.AtomicTransactions;
        await using ConcordTestHost host = await ConcordTestHost.StartAsync(Claimed);
        using IHost leads = Build(builder => builder.UseInMemory(host).AddLeaderWorker<Leader>("e"));
        using IHost requires = Build(builder => builder
            .UseInMemory(host)
            .RequireGuarantees(Guarantees.FifoWaiting | Guarantees.DurableQueues));
        using IHost modest = Build(builder => builder.UseInMemory(host).RequireGuarantees(Guarantees.FifoWaiting));

        var noTokens = await Assert.ThrowsAsync<GuaranteeNotSupportedException>(() => leads.StartAsync());
        var noQueues = await Assert.ThrowsAsync<GuaranteeNotSupportedException>(() => requires.StartAsync());
        await modest.StartAsync();

        Assert.Equal(
            (Guarantees.MonotonicFencing, Guarantees.DurableQueues), (noTokens.Missing, noQueues.Missing));
        IConcord concord = modest.Services.GetRequiredService<IConcord>();
        IConcord other = await host.ConnectAsync("other");
        Assert.Equal(
            (Claimed, Claimed), (concord.Capabilities.Guarantees, other.Capabilities.Guarantees));
        ILockHandle first = await concord.GetLock("l").AcquireAsync();
        await first.ReleaseAsync();
        Assert.True((await other.GetLock("l").AcquireAsync()).FencingToken > first.FencingToken, "it keeps them all");
        await modest.StopAsync().WaitAsync(s_patience);
    }

    [Fact]
    public async Task Two_hosts_are_two_processes_and_a_paused_leader_is_fenced()
    {
        await using ConcordTestHost host = await ConcordTestHost.StartAsync();
        using IHost first = Build(builder => builder.UseInMemory(host).AddLeaderWorker<Leader>("{e}"));
        using IHost second = Build(builder => builder.UseInMemory(host).AddLeaderWorker<Leader>("{e}"));
        var (one, two) = (first.Services.GetRequiredService<Terms>(), second.Services.GetRequiredService<Terms>());
        await first.StartAsync();
        await host.WaitUntilAsync(() => one.Begun == 1);
        await second.StartAsync();
        IConcord paused = first.Services.GetRequiredService<IConcord>();

        host.Pause(paused);
        await host.AdvanceUntilAsync(TimeSpan.FromMinutes(1), () => two.Begun == 1);

        Assert.Equal(0, one.Ended);
        host.Resume(paused);
        var refused = await Assert.ThrowsAsync<FenceRejectedException>(async () =>
            await paused.GetCounter("{e}").AddAsync(1, new WriteOptions { Fence = one.Last!.Fence }));
        Assert.Equal(two.Last!.FencingToken, refused.Current);
        await host.WaitUntilAsync(() => one.Ended == 1);
        await second.StopAsync().WaitAsync(s_patience);
        await host.AdvanceUntilAsync(TimeSpan.FromMinutes(1), () => one.Begun == 2);
        await first.StopAsync().WaitAsync(s_patience);
        Assert.Equal((2, 1), (one.Ended, two.Ended));
    }

    [Fact]
    public async Task A_message_is_tried_again_as_the_time_is_moved_and_ends_with_the_dead()
    {
        using IHost app = Build(builder => builder
            .UseInMemory()
            .AddQueue("jobs", queue => queue.MaxFailures = 3)
            .AddQueueHandler<string, Fails>("jobs", options => options.RetryDelay = TimeSpan.FromMinutes(1)));
        await app.StartAsync();
        var host = app.Services.GetRequiredService<ConcordTestHost>();
        Terms tries = app.Services.GetRequiredService<Terms>();
        IConcordQueue<string> queue = app.Services.GetRequiredService<IConcord>().GetQueue<string>("jobs");
        await queue.EnqueueAsync("poison");
        await host.WaitUntilAsync(async () => await queue.DescribeAsync() is { Delayed: 1 });
        Assert.Equal(1, tries.Begun);

        await host.AdvanceUntilAsync(
            TimeSpan.FromMinutes(5), async () => await queue.DescribeAsync() is { DeadLettered: 1 });

        Assert.Equal(3, tries.Begun);
        await app.StopAsync().WaitAsync(s_patience);
    }

    /// <summary>With one failure allowed, to blame it for the engine would make a dead letter of what was
    /// done.</summary>
    [Fact]
    public async Task A_message_that_was_handled_is_not_to_blame_for_an_engine_that_does_not_answer()
    {
        using IHost app = Build(builder => builder
            .UseInMemory()
            .AddQueue("jobs", queue => queue.MaxFailures = 1)
            .AddQueueHandler<string, LosesTheAnswer>("jobs", options => options.MaxConcurrency = 1));
        await app.StartAsync();
        var host = app.Services.GetRequiredService<ConcordTestHost>();
        Terms tries = app.Services.GetRequiredService<Terms>();
        IConcordQueue<string> queue = app.Services.GetRequiredService<IConcord>().GetQueue<string>("jobs");
        await queue.EnqueueAsync("good");

        await host.AdvanceUntilAsync(
            TimeSpan.FromSeconds(25), async () => await queue.DescribeAsync() is { Ready: 0, InFlight: 0 });

        Assert.Equal(1, tries.Begun);
        Assert.Equal(0, (await queue.DescribeAsync()).DeadLettered);
        await app.StopAsync().WaitAsync(s_patience);
    }

    /// <summary>As it says in the log, and not sooner. A term of more than a minute was a success.</summary>
    [Fact]
    public async Task A_worker_that_fails_stands_again_after_30_seconds_at_most_and_soon_after_a_long_term()
    {
        int[] waits = [200, 400, 800, 1_600, 3_200, 6_400, 12_800, 25_600, 30_000, 30_000, 100];
        var notes = new Notes();
        var begun = new ConcurrentQueue<DateTimeOffset>();
        using IHost app = Build(builder =>
        {
            builder.Services.AddSingleton<ILoggerProvider>(notes);
            builder.Services.AddSingleton(begun);
            builder.UseInMemory().AddLeaderWorker<FailsToLead>("e");
        });
        await app.StartAsync();
        var host = app.Services.GetRequiredService<ConcordTestHost>();

        for (int i = 0; i <= waits.Length; i++)
        {
            await host.AdvanceUntilAsync(TimeSpan.FromMinutes(1), () => begun.Count > i);
            if (i + 1 == FailsToLead.LongTerm)
            {
                host.Advance(TimeSpan.FromSeconds(30));
                await host.AdvanceUntilAsync(TimeSpan.FromMinutes(1), () => notes.Waits.Count > i);
            }

            // The time stands still, or a term that takes a moment of the machine's would be a long one.
            await host.WaitUntilAsync(() => notes.Waits.Count > i);
            host.Advance(TimeSpan.FromMilliseconds(notes.Waits.ElementAt(i)));
        }

        Assert.Equal(waits, notes.Waits.Take(waits.Length).Select(static wait => (int)wait));
        DateTimeOffset[] moments = [.. begun];
        for (int i = 0; i < waits.Length; i++)
        {
            TimeSpan between = moments[i + 1] - moments[i];
            Assert.True(between >= TimeSpan.FromMilliseconds(waits[i]), $"{between} after failure {i + 1}");
        }

        await app.StopAsync().WaitAsync(s_patience);
    }

    [Fact]
    public async Task The_settings_of_a_queue_are_those_of_all_processes()
    {
        await using ConcordTestHost host = await ConcordTestHost.StartAsync();
        using IHost first = Build(builder => builder.UseInMemory(host).AddQueue("jobs", queue => queue.MaxLength = 5));
        using IHost second = Build(builder => builder.UseInMemory(host).AddQueue("jobs"));
        await first.StartAsync();

        var thrown = await Assert.ThrowsAsync<InvalidOperationException>(() => second.StartAsync());

        Assert.Contains("length 5", thrown.Message, StringComparison.Ordinal);
        await first.StopAsync().WaitAsync(s_patience);
    }

    [Fact]
    public async Task An_engine_that_was_chosen_before_gives_way_and_one_chosen_after_does_not()
    {
        using IHost app = Build(builder => builder.UseServer("10.0.0.1:1").UseInMemory());
        await app.StartAsync();
        Assert.Equal("in memory", app.Services.GetRequiredService<IConcord>().Capabilities.EngineName);
        using IHost both = Build(builder => builder.UseInMemory().UseServer("10.0.0.1:1"));
        await Assert.ThrowsAsync<InvalidOperationException>(() => both.StartAsync());
    }

    [Fact]
    public async Task Keyed_ones_have_a_test_host_each()
    {
        using IHost app = Build(builder =>
        {
            builder.UseInMemory();
            builder.Services.AddKeyedConcord("audit").UseServer("10.0.0.1:1").UseInMemory();
        });
        await app.StartAsync();
        var host = app.Services.GetRequiredService<ConcordTestHost>();
        var auditHost = app.Services.GetRequiredKeyedService<ConcordTestHost>("audit");
        IConcord audit = app.Services.GetRequiredKeyedService<IConcord>("audit");
        await audit.GetCounter("c").AddAsync(1);

        auditHost.LoseNextReply(audit, applied: true);

        await app.Services.GetRequiredService<IConcord>().GetCounter("c").AddAsync(5);
        await Assert.ThrowsAsync<OutcomeUnknownException>(async () => await audit.GetCounter("c").AddAsync(1));
        Assert.Equal(2, await audit.GetCounter("c").GetAsync());
        Assert.Throws<ArgumentException>(() => host.Pause(audit));
    }

    [Fact]
    public async Task Without_the_engine_a_host_starts_and_declares_its_queues_when_somebody_answers()
    {
        await using ConcordTestHost host = await ConcordTestHost.StartAsync();
        host.SetAvailable(false);
        using IHost app = Build(builder => builder.UseInMemory(host).AddQueue("jobs", queue => queue.MaxLength = 1));
        Task starting = app.StartAsync();
        await host.AdvanceUntilAsync(TimeSpan.FromSeconds(30), () => starting.IsCompleted);
        await starting;

        host.SetAvailable(true);

        IConcordQueue<int> queue = app.Services.GetRequiredService<IConcord>().GetQueue<int>("jobs");
        await host.AdvanceUntilAsync(TimeSpan.FromMinutes(1), () =>
            app.Services.GetRequiredService<IConcord>().Session.State == SessionState.Healthy);
        await queue.EnqueueAsync(1);
        host.Advance(TimeSpan.FromMinutes(1));
        await Assert.ThrowsAsync<QueueFullException>(async () => await queue.EnqueueAsync(2));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_process_can_be_stopped_while_it_is_paused_or_nobody_answers(bool isPaused)
    {
        await using ConcordTestHost host = await ConcordTestHost.StartAsync();
        using IHost app = Build(builder => builder.UseInMemory(host).AddLeaderWorker<Leader>("e"));
        Terms terms = app.Services.GetRequiredService<Terms>();
        await app.StartAsync();
        await host.WaitUntilAsync(() => terms.Begun == 1);
        if (isPaused)
        {
            host.Pause(app.Services.GetRequiredService<IConcord>());
        }
        else
        {
            host.SetAvailable(false);
        }

        Task stopping = app.StopAsync();
        if (!isPaused)
        {
            await host.AdvanceUntilAsync(TimeSpan.FromMinutes(1), () => stopping.IsCompleted);
        }

        await stopping.WaitAsync(s_patience);
        Assert.Equal(1, terms.Ended);
    }

    [Fact]
    public async Task Without_a_host_it_starts_with_the_first_call()
    {
        var services = new ServiceCollection();
        services.AddConcord(options => options.Namespace = "n").UseInMemory();
        await using ServiceProvider provider = services.BuildServiceProvider();
        IConcord concord = provider.GetRequiredService<IConcord>();
        Assert.Throws<ArgumentException>(() => provider.GetRequiredService<ConcordTestHost>().Pause(concord));

        Assert.Equal(1, await concord.GetCounter("c").AddAsync(1));

        provider.GetRequiredService<ConcordTestHost>().Pause(concord);
    }

    private static IHost Build(Action<IConcordBuilder> configure)
    {
        HostApplicationBuilder builder = Host.CreateApplicationBuilder();
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton<Terms>();
        configure(builder.Services.AddConcord());
        return builder.Build();
    }

    /// <summary>How often a worker or a handler began and ended.</summary>
    private sealed class Terms
    {
        private int _begun;
        private int _ended;

        public int Begun => Volatile.Read(ref _begun);

        public int Ended => Volatile.Read(ref _ended);

        public ILeadership? Last { get; private set; }

        public void Begin(ILeadership? leadership)
        {
            Last = leadership;
            Interlocked.Increment(ref _begun);
        }

        public void End() => Interlocked.Increment(ref _ended);
    }

    private sealed class Leader(Terms terms) : ILeaderWorker
    {
        public async Task RunAsync(ILeadership leadership, CancellationToken cancellationToken)
        {
            terms.Begin(leadership);
            try
            {
                await Task.Delay(Timeout.Infinite, cancellationToken);
            }
            finally
            {
                terms.End();
            }
        }
    }

    private sealed class LosesTheAnswer(Terms terms, ConcordTestHost host, IConcord concord) : IQueueHandler<string>
    {
        public Task HandleAsync(IDelivery<string> delivery, CancellationToken cancellationToken)
        {
            terms.Begin(leadership: null);
            host.LoseNextReply(concord, applied: false);
            return Task.CompletedTask;
        }
    }

    private sealed class Fails(Terms terms) : IQueueHandler<string>
    {
        public Task HandleAsync(IDelivery<string> delivery, CancellationToken cancellationToken)
        {
            terms.Begin(leadership: null);
            throw new FormatException();
        }
    }
    /// <summary>At once, but in one term.</summary>
    private sealed class FailsToLead(ConcurrentQueue<DateTimeOffset> begun, TimeProvider time) : ILeaderWorker
    {
        public const int LongTerm = 11;

        public async Task RunAsync(ILeadership leadership, CancellationToken cancellationToken)
        {
            begun.Enqueue(time.GetUtcNow());
            if (begun.Count == LongTerm)
            {
                await Task.Delay(TimeSpan.FromSeconds(61), time, cancellationToken);
            }

            throw new FormatException();
        }
    }

    /// <summary>How long a worker waits before it stands again, as it is logged.</summary>
    private sealed class Notes : ILoggerProvider, ILogger
    {
        public ConcurrentQueue<double> Waits { get; } = new();

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel,
            EventId eventId,
            TState state,
            Exception? exception,
            Func<TState, Exception?, string> formatter)
        {
            if (eventId.Name == "TermFailed" && state is IEnumerable<KeyValuePair<string, object?>> values)
            {
                Waits.Enqueue((double)values.First(static value => value.Key == "DelayMs").Value!);
            }
        }

        public void Dispose()
        {
        }
    }

    private sealed class StoppedTime : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => DateTimeOffset.UnixEpoch;

        public override long GetTimestamp() => 0;

        public override ITimer CreateTimer(
            TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) => new NoTimer();
    }

    private sealed class NoTimer : ITimer
    {
        public bool Change(TimeSpan dueTime, TimeSpan period) => true;

        public void Dispose()
        {
        }

        public ValueTask DisposeAsync() => default;
    }
}
