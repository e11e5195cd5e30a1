using System.Collections.Concurrent;
using Concord.Conformance.Engines;
using Microsoft.Extensions.DependencyInjection;

namespace Concord.Conformance.Cases;

/// <summary>What the documentation of <c>AddQueueHandler</c> promises.</summary>
public abstract class HandlerCases(Engine engine) : CaseBase(engine)
{
    [Fact]
    public async Task Poison_is_dead_lettered_and_every_message_has_an_instance_of_its_own()
    {
        var seen = new Seen();
        IConcord process = await ConnectAsync("process", builder => Handle(builder, seen, failures: 2));
        await process.GetQueue<string>("q").EnqueueBatchAsync(["a", "poison", "b"]);

        await Stage.UntilAsync(
            async () => await process.GetQueue<string>("q").DescribeAsync() is
                { Ready: 0, Delayed: 0, InFlight: 0, DeadLettered: 1 },
            "two are done and one is dead");

        Assert.Equal(["a", "b", "poison", "poison"], seen.Messages.Order());
        Assert.Equal(4, seen.Handlers.Distinct().Count());
        IDelivery<string> dead = (await process.GetQueue<string>("{q}.dead").TryReceiveAsync(TimeSpan.Zero))!;
        Assert.Equal("poison", dead.Message);
    }

    [Fact]
    public async Task A_delivery_is_extended_for_as_long_as_its_handler_runs()
    {
        var seen = new Seen();

        // It is extended after half of this, and the other half is what a disk may stand still.
        IConcord process = await ConnectAsync("process", builder => Handle(
            builder, seen, failures: 10, visibility: TimeSpan.FromSeconds(16)));
        await process.GetQueue<string>("q").EnqueueAsync("long");
        await Stage.UntilAsync(() => seen.Messages.Contains("long"), "its handler runs");

        await Stage.PassAsync(TimeSpan.FromSeconds(20));
        seen.Goes.SetResult();

        await Stage.UntilAsync(
            async () => await process.GetQueue<string>("q").DescribeAsync() is { Ready: 0, InFlight: 0 }, "it is done");
        Assert.Equal(["long"], seen.Messages);
        Assert.Equal(0, seen.Cancelled);
    }

    [Fact]
    public async Task A_host_that_stops_gives_messages_back_without_blame()
    {
        var seen = new Seen();
        IConcord first = await ConnectAsync("first", builder => Handle(builder, seen, failures: 1));
        IConcord second = await ConnectAsync("second");
        await second.GetQueue<string>("q").EnqueueAsync("long");
        await Stage.UntilAsync(() => seen.Messages.Contains("long"), "its handler runs");

        await Stage.LeaveAsync(first);

        Assert.Equal(1, seen.Cancelled);
        IDelivery<string> again =
            (await Stage.SoonAsync(second.GetQueue<string>("q").TryReceiveAsync(TimeSpan.FromMinutes(5))))!;
        Assert.Equal(("long", 2, 0), (again.Message, again.DeliveryCount, again.FailureCount));
    }

    /// <summary>One, unless it is said otherwise.</summary>
    [Theory]
    [InlineData(null, 1)]
    [InlineData(3, 3)]
    public async Task As_many_handlers_run_at_once_as_are_allowed_and_no_more(int? allowed, int atOnce)
    {
        const int Messages = 8;
        var seen = new Seen();
        IConcord process = await ConnectAsync(
            "process", builder => Handle(builder, seen, failures: 10, concurrency: allowed));
        IConcordQueue<string> queue = process.GetQueue<string>("q");
        await queue.EnqueueBatchAsync([.. Enumerable.Repeat("long", Messages)]);

        await Stage.UntilAsync(() => seen.Running >= atOnce, $"{atOnce} run at once");
        await Stage.PassAsync(TimeSpan.FromSeconds(0.5));

        QueueDescription now = await queue.DescribeAsync();
        Assert.Equal((Messages - atOnce, atOnce), (now.Ready, now.InFlight));
        Assert.Equal(atOnce, seen.Running);
        seen.Goes.SetResult();
        await Stage.UntilAsync(
            async () => await queue.DescribeAsync() is { Ready: 0, InFlight: 0, Delayed: 0 }, "all are done");
        Assert.Equal((Messages, atOnce), (seen.Messages.Count, seen.MostRunning));
    }

    private static void Handle(
        IConcordBuilder builder, Seen seen, int failures, TimeSpan? visibility = null, int? concurrency = null)
    {
        builder.Services.AddSingleton(seen);
        builder.AddQueue("q", settings =>
        {
            settings.MaxFailures = failures;
            settings.VisibilityTimeout = visibility ?? settings.VisibilityTimeout;
        });
        builder.AddQueueHandler<string, Handler>("q", options =>
        {
            options.RetryDelay = TimeSpan.FromMilliseconds(20);
            options.MaxConcurrency = concurrency ?? options.MaxConcurrency;
        });
    }

    private sealed class Seen
    {
        private readonly Lock _lock = new();
        private int _cancelled;
        private int _running;

        public ConcurrentQueue<string> Messages { get; } = new();

        public ConcurrentQueue<object> Handlers { get; } = new();

        public TaskCompletionSource Goes { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public int Cancelled => Volatile.Read(ref _cancelled);

        public int Running => Volatile.Read(ref _running);

        public int MostRunning { get; private set; }

        public void Cancel() => Interlocked.Increment(ref _cancelled);

        public void Begin()
        {
            lock (_lock)
            {
                MostRunning = Math.Max(MostRunning, Interlocked.Increment(ref _running));
            }
        }

        public void End() => Interlocked.Decrement(ref _running);
    }

    private sealed class Handler(Seen seen) : IQueueHandler<string>
    {
        public async Task HandleAsync(IDelivery<string> delivery, CancellationToken cancellationToken)
        {
            seen.Handlers.Enqueue(this);
            seen.Messages.Enqueue(delivery.Message);
            if (delivery.Message == "poison")
            {
                throw new FormatException("It is poison.");
            }

            if (delivery.Message == "long")
            {
                seen.Begin();
                try
                {
                    await seen.Goes.Task.WaitAsync(cancellationToken);
                }
                catch (OperationCanceledException)
                {
                    seen.Cancel();
                    throw;
                }
                finally
                {
                    seen.End();
                }
            }
        }
    }
}

/// <summary>What the documentation of <c>AddLeaderWorker</c> promises.</summary>
public abstract class WorkerFaultCases(FaultyEngine engine) : FaultCaseBase(engine)
{
    [Fact]
    public async Task A_worker_is_cancelled_before_another_begins_and_its_late_write_is_refused()
    {
        var terms = new Terms();
        IConcord[] processes = [await StandAsync(terms, "0"), await StandAsync(terms, "1")];
        await Stage.UntilAsync(() => terms.Begun.Count == 1, "one leads");
        (string leader, ILeadership old) = terms.Begun.First();
        IConcord first = processes[int.Parse(leader, System.Globalization.CultureInfo.InvariantCulture)];

        Stage.CutOff(first);

        await Stage.UntilAsync(() => terms.Begun.Count == 2, "another leads");
        (string next, ILeadership leads) = terms.Begun.Last();
        Assert.NotEqual(leader, next);
        Assert.False(terms.Overlapped, "the first worker had ended");
        Assert.True(leads.FencingToken > old.FencingToken);
        Assert.True(old.Lost.IsCancellationRequested);
        Stage.Reconnect(first);
        await Assert.ThrowsAsync<FenceRejectedException>(() => Stage.SoonAsync(
            first.GetCounter("{job}").AddAsync(1, new WriteOptions { Fence = old.Fence })));
        Assert.Equal(1, await first.GetCounter("{job}").AddAsync(1, new WriteOptions { Fence = leads.Fence }));
        await Stage.LeaveAsync(processes[1 - Array.IndexOf(processes, first)]);
        await Stage.UntilAsync(() => terms.Begun.Count == 3, "the first leads again");
        Assert.False(terms.Overlapped, "the second resigned when its worker had ended");
    }

    [Fact]
    public async Task A_worker_that_fails_resigns_and_stands_again_as_a_new_instance()
    {
        var terms = new Terms { FailuresLeft = 2 };
        await StandAsync(terms, "0");
        await Stage.UntilAsync(() => terms.Begun.Count == 3, "it leads for the third time");
        FencingToken[] tokens = [.. terms.Begun.Select(static term => term.Leadership.FencingToken)];
        Assert.Equal(tokens.Order(), tokens);
        Assert.Equal(3, tokens.Distinct().Count());
        Assert.Equal(3, terms.Workers.Distinct().Count());
    }

    [Fact]
    public async Task A_worker_that_returns_resigns_and_stands_again_after_a_tenth_of_a_second()
    {
        var terms = new Terms { Returns = true };
        await StandAsync(terms, "0");
        await Stage.UntilAsync(() => terms.Begun.Count >= 4, "it leads for the fourth time");
        Assert.All(Pauses(terms), static pause => Assert.True(pause > TimeSpan.FromMilliseconds(95), $"{pause}"));
        Assert.Equal(terms.Begun.Count, terms.Begun.Select(static term => term.Leadership.Fence).Distinct().Count());
    }

    [Fact]
    public async Task A_worker_that_fails_waits_longer_each_time()
    {
        var terms = new Terms { FailuresLeft = 3 };
        await StandAsync(terms, "0");
        await Stage.UntilAsync(() => terms.Begun.Count == 4, "it leads for the fourth time");
        TimeSpan[] pauses = Pauses(terms);
        Assert.True(pauses[0] > TimeSpan.FromMilliseconds(95) && pauses[1] > TimeSpan.FromMilliseconds(190));
        Assert.True(pauses[2] > TimeSpan.FromMilliseconds(380), $"{pauses[2]}");
    }

    [Fact]
    public async Task A_worker_that_ignores_its_token_holds_up_its_own_process_only()
    {
        var goes = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var terms = new Terms { Ignores = goes.Task };
        IConcord first = await StandAsync(terms, "0");
        await Stage.UntilAsync(() => terms.Begun.Count == 1, "it leads");
        IConcord second = await Stage.ConnectAsync("second");
        Task<ILeadership> candidate = second.GetElection("{job}").CampaignAsync().AsTask();

        Stage.CutOff(first);

        ILeadership leads = await Stage.SoonAsync(candidate);
        Stage.Reconnect(first);
        Assert.Equal(1, await Stage.SoonAsync(first.GetCounter("{job}").AddAsync(
            1, new WriteOptions { Fence = leads.Fence })));
        await leads.ReleaseAsync();
        Assert.Null(await second.GetElection("{job}").GetLeaderAsync());
        Assert.Single(terms.Begun);
        goes.SetResult();
        await Stage.UntilAsync(() => terms.Begun.Count > 1, "it stands again when its worker has returned");
    }

    private TimeSpan[] Pauses(Terms terms)
    {
        long[] begun = [.. terms.Moments];
        return [.. begun.Zip(begun.Skip(1), Stage.Time.GetElapsedTime)];
    }

    private Task<IConcord> StandAsync(Terms terms, string process) => Stage.ConnectAsync(process, builder =>
    {
        builder.Services.Configure<ConcordOptions>(static options => options.SessionTimeout = ShortSession);
        terms.Time = Stage.Time;
        builder.Services.AddSingleton(terms);
        builder.Services.AddSingleton(process);
        builder.AddLeaderWorker<Worker>("{job}");
    });

    private sealed class Terms
    {
        private int _running;
        private int _failuresLeft;

        public int FailuresLeft
        {
            init => _failuresLeft = value;
        }

        public bool Returns { get; init; }

        public Task? Ignores { get; init; }

        public TimeProvider Time { get; set; } = TimeProvider.System;

        public bool Overlapped { get; private set; }

        public ConcurrentQueue<long> Moments { get; } = new();

        public ConcurrentQueue<(string Process, ILeadership Leadership)> Begun { get; } = new();

        public ConcurrentQueue<object> Workers { get; } = new();

        public void Begin(string process, ILeadership leadership)
        {
            Overlapped |= Interlocked.Increment(ref _running) > 1;
            Moments.Enqueue(Time.GetTimestamp());
            Begun.Enqueue((process, leadership));
        }

        public void End() => Interlocked.Decrement(ref _running);

        public bool MustFail() => Interlocked.Decrement(ref _failuresLeft) >= 0;
    }

    private sealed class Worker(Terms terms, string process) : ILeaderWorker
    {
        public async Task RunAsync(ILeadership leadership, CancellationToken cancellationToken)
        {
            terms.Workers.Enqueue(this);
            terms.Begin(process, leadership);
            try
            {
                if (terms.MustFail())
                {
                    throw new FormatException("It fails.");
                }

                if (terms.Ignores is { } goes)
                {
                    await goes;
                }
                else if (!terms.Returns)
                {
                    await Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken);
                }
            }
            finally
            {
                terms.End();
            }
        }
    }
}
