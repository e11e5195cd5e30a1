using System.Collections.Concurrent;
using Concord.Engines;
using Concord.Hosting;
using Concord.Primitives;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Concord.Tests;

/// <summary>Leader workers and queue handlers, in hosts that share one engine.</summary>
public sealed class WorkerTests
{
    private readonly ModelEngine _engine = new();
    private readonly ModelEngine _otherEngine;
    private readonly Journal _journal = new();

    public WorkerTests() => _otherEngine = _engine.Another(0x77);

    [Fact]
    public async Task One_host_leads_and_resigns_first_when_it_stops()
    {
        using IHost one = Build(_engine, "one", builder => builder.AddLeaderWorker<Worker>("e"));
        await one.StartAsync();
        await Soon.Until(() => _journal.Has("one begins 1"), "one leads");
        using IHost two = Build(_otherEngine, "two", builder => builder.AddLeaderWorker<Worker>("e"));
        await two.StartAsync();
        await Soon.Until(() => _otherEngine.Waiting == 1, "two stands for election");
        await one.StopAsync();
        await Soon.Until(() => _journal.Has("two begins 1"), "two leads");
        await two.StopAsync();
        Assert.Equal(
            ["one begins 1", "one ends 1", "one stops", "two begins 1", "two ends 1", "two stops"],
            _journal.Lines.Order(new ByHost()));
        Assert.True(_journal.IndexOf("one ends 1") < _journal.IndexOf("one stops"));
        Assert.True(_journal.IndexOf("one ends 1") < _journal.IndexOf("two begins 1"));
    }

    [Fact]
    public async Task Each_term_has_an_instance_of_its_own_and_a_lost_one_is_cancelled()
    {
        using IHost host = Build(_engine, "one", builder => builder.AddLeaderWorker<Worker>("e"));
        await host.StartAsync();
        await Soon.Until(() => _journal.Has("one begins 1"), "it leads");
        _engine.LoseSession();
        await Soon.Until(() => _journal.Has("one begins 2"), "it leads again");
        Assert.True(_journal.IndexOf("one ends 1") < _journal.IndexOf("one begins 2"));
        await host.StopAsync();
    }

    [Fact]
    public async Task A_worker_that_fails_is_begun_again_and_the_leadership_was_free_meanwhile()
    {
        _journal.Failures = 2;
        using IHost host = Build(_engine, "one", builder => builder.AddLeaderWorker<Worker>("e"));
        await host.StartAsync();
        await Soon.Until(() => _journal.Has("one begins 3"), "the third time it works");
        await host.StopAsync();
        await using ILeadership free = await _otherEngine.NewClient().GetElection("e").CampaignAsync().InTime();
    }

    [Fact]
    public async Task An_engine_without_fencing_has_no_leader_workers()
    {
        var weak = new ModelEngine { Capabilities = new("weak", Guarantees.FifoWaiting) };
        using IHost host = Build(weak, "one", builder => builder.AddLeaderWorker<Worker>("e"));
        GuaranteeNotSupportedException thrown =
            await Assert.ThrowsAsync<GuaranteeNotSupportedException>(() => host.StartAsync());
        Assert.Equal(Guarantees.MonotonicFencing, thrown.Missing);
        Assert.Contains("'e'", thrown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Messages_are_handled_each_in_a_scope_completed_and_failed_ones_dead_lettered()
    {
        using IHost host = Build(_engine, "one", builder => builder
            .AddQueue("q", settings => settings.MaxFailures = 3)
            .AddQueueHandler<string, Handler>("q", options =>
            {
                options.MaxConcurrency = 4;
                options.RetryDelay = TimeSpan.Zero;
                options.MaxRetryDelay = TimeSpan.Zero;
            }));
        await host.StartAsync();
        IConcordQueue<string> queue = _otherEngine.NewClient().GetQueue<string>("q");
        await queue.EnqueueBatchAsync(["a", "poison", "b", "self"]);
        IConcordQueue<string> dead = _otherEngine.NewClient().GetQueue<string>("{q}.dead");
        IDelivery<string> letter = (await dead.TryReceiveAsync(TimeSpan.FromSeconds(30)))!;
        Assert.Equal("poison", letter.Message);
        await Soon.Until(() => _journal.Has("one did self") && _journal.Has("one did b"), "all are handled");
        await Soon.Until(
            () => queue.DescribeAsync().AsTask().GetAwaiter().GetResult() is { InFlight: 0, Ready: 0 }, "all are gone");
        Assert.Equal(3, _journal.Lines.Count(line => line == "one failed poison"));
        Assert.Equal(6, _journal.Instances);
        await host.StopAsync();
    }

    [Fact]
    public async Task A_second_AddConcord_adds_to_the_first()
    {
        using IHost host = Build(_engine, "one", builder =>
        {
            builder.AddQueueHandler<string, Handler>("q").AddLeaderWorker<Worker>("e");
            builder.Services.AddConcord(options => options.Namespace = "both")
                .AddQueue("other", settings => settings.MaxFailures = 7)
                .AddQueueHandler<string, Handler>("other")
                .AddLeaderWorker<Worker>("f");
        });
        await host.StartAsync();
        IConcord concord = Assert.Single(host.Services.GetServices<IConcord>());
        await concord.GetQueue<string>("q").EnqueueAsync("of the first");
        await concord.GetQueue<string>("other").EnqueueAsync("of the second");
        await Soon.Until(
            () => _journal.Has("one did of the first") && _journal.Has("one did of the second"), "both are handled");
        await Soon.Until(() => _journal.Has("one begins 2"), "it leads in both elections");
        ConcordClient inNamespace = _otherEngine.NewClient(configure: options => options.Namespace = "both");
        Assert.NotNull(await inNamespace.GetElection("e").GetLeaderAsync());
        Assert.NotNull(await inNamespace.GetElection("f").GetLeaderAsync());
        await host.StopAsync();
        Assert.True(_journal.Has("one ends 1") && _journal.Has("one ends 2"));
    }

    [Fact]
    public async Task A_handler_that_the_host_stops_gives_its_message_back_without_blame()
    {
        using IHost host = Build(
            _engine, "one", builder => builder.AddQueueHandler<string, Handler>("q"));
        await host.StartAsync();
        IConcordQueue<string> queue = _otherEngine.NewClient().GetQueue<string>("q");
        await queue.EnqueueAsync("slow");
        await Soon.Until(() => _journal.Has("one waits"), "it is handled");
        await host.StopAsync();
        IDelivery<string> again = (await queue.TryReceiveAsync(TimeSpan.Zero))!;
        Assert.Equal(("slow", 2, 0), (again.Message, again.DeliveryCount, again.FailureCount));
    }

    [Fact]
    public async Task A_slow_handler_keeps_its_message_for_as_long_as_it_runs()
    {
        var time = new ManualTime();
        using IHost host = Build(
            _engine, "one", builder => builder.AddQueueHandler<string, Handler>("q"), time);
        await host.StartAsync();
        IConcordQueue<string> queue = _otherEngine.NewClient(time).GetQueue<string>("q");
        await queue.EnqueueAsync("slow");
        await Soon.Until(() => _journal.Has("one waits"), "it is handled");
        for (int i = 0; i < 6; i++)
        {
            int operations = _engine.Operations;
            time.Advance(TimeSpan.FromSeconds(15));
            await Soon.Until(() => _engine.Operations > operations, "it is extended");
            _engine.World.Advance(TimeSpan.FromSeconds(15));
        }

        Assert.Null(await queue.TryReceiveAsync(TimeSpan.Zero));
        Assert.False(_journal.Has("one gives up"));
        await host.StopAsync();
    }

    [Fact]
    public void Options_of_handlers_are_bounded()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => Build(
            _engine, "one", b => b.AddQueueHandler<string, Handler>("q", o => o.MaxConcurrency = 0)));
        Assert.Throws<ArgumentOutOfRangeException>(() => Build(
            _engine, "one", b => b.AddQueueHandler<string, Handler>("q", o => o.MaxRetryDelay = TimeSpan.Zero)));
        Assert.Equal(
            [1, 2, 4, 8, 300, 300],
            new[] { 1, 2, 3, 4, 10, 1_000_000 }.Select(
                failures => QueueHandlerLoop.RetryAfter(new(), failures).TotalSeconds));
    }

    private IHost Build(
        ModelEngine engine, string name, Action<IConcordBuilder> configure, TimeProvider? time = null)
    {
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(
            new() { EnvironmentName = "Production", ContentRootPath = AppContext.BaseDirectory });
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton(_journal);
        builder.Services.AddSingleton(new HostName(name));
        builder.Services.AddHostedService<Last>();
        if (time is not null)
        {
            builder.Services.AddSingleton(time);
        }

        IConcordBuilder concord = builder.Services.AddConcord();
        concord.AddEngine(new("UseModel", (_, _) => Task.FromResult(
            new EngineStart(engine, new TaskCompletionSource<string?>().Task))));
        configure(concord);
        return builder.Build();
    }

    private sealed record HostName(string Name);

    private sealed class Journal
    {
        private readonly ConcurrentQueue<string> _lines = [];
        private readonly Dictionary<string, int> _terms = [];

        public string[] Lines => [.. _lines];

        public int Failures { get; set; }

        public int Instances { get; set; }

        public void Say(string line) => _lines.Enqueue(line);

        public bool Has(string line) => _lines.Contains(line);

        public int IndexOf(string line) => Array.IndexOf(Lines, line);

        public int NextTerm(string name)
        {
            lock (_terms)
            {
                return _terms[name] = _terms.GetValueOrDefault(name) + 1;
            }
        }
    }

    private sealed class ByHost : IComparer<string>
    {
        public int Compare(string? x, string? y) => string.CompareOrdinal(x![..3], y![..3]);
    }

    /// <summary>Any other service of the host: it stops after the workers have.</summary>
    private sealed class Last(Journal journal, HostName host) : IHostedService
    {
        public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken)
        {
            journal.Say($"{host.Name} stops");
            return Task.CompletedTask;
        }
    }

    private sealed class Worker(Journal journal, HostName host) : ILeaderWorker
    {
        private int _runs;

        public async Task RunAsync(ILeadership leadership, CancellationToken cancellationToken)
        {
            Assert.Equal(1, ++_runs);
            int term = journal.NextTerm(host.Name);
            journal.Say($"{host.Name} begins {term}");
            if (journal.Failures-- > 0)
            {
                throw new FormatException();
            }

            await Soon.Cancelled(cancellationToken);
            journal.Say($"{host.Name} ends {term}");
            cancellationToken.ThrowIfCancellationRequested();
        }
    }

    private sealed class Handler : IQueueHandler<string>
    {
        private readonly Journal _journal;
        private readonly HostName _host;

        public Handler(Journal journal, HostName host)
        {
            (_journal, _host) = (journal, host);
            lock (journal)
            {
                journal.Instances++;
            }
        }

        public async Task HandleAsync(IDelivery<string> delivery, CancellationToken cancellationToken)
        {
            switch (delivery.Message)
            {
                case "poison":
                    _journal.Say($"{_host.Name} failed poison");
                    throw new FormatException("poison");
                case "slow":
                    _journal.Say($"{_host.Name} waits");
                    await Soon.Cancelled(cancellationToken);
                    _journal.Say($"{_host.Name} gives up");
                    cancellationToken.ThrowIfCancellationRequested();
                    break;
                case "self":
                    await delivery.CompleteAsync(cancellationToken);
                    break;
            }

            _journal.Say($"{_host.Name} did {delivery.Message}");
        }
    }
}
