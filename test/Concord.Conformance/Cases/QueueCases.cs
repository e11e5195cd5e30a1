using Concord.Conformance.Engines;
using Microsoft.Extensions.DependencyInjection;

namespace Concord.Conformance.Cases;

/// <summary>What the documentation of <see cref="IConcordQueue{T}"/> promises.</summary>
public abstract class QueueCases(Engine engine) : CaseBase(engine)
{
    [Fact]
    public async Task Messages_come_in_order_to_one_consumer_at_a_time()
    {
        IConcord first = await ConnectAsync();
        IConcord second = await ConnectAsync();
        for (int i = 0; i < 4; i++)
        {
            Assert.True(await first.GetQueue<int>("q").EnqueueAsync(i));
        }

        IDelivery<int> zero = (await second.GetQueue<int>("q").TryReceiveAsync(TimeSpan.Zero))!;
        IDelivery<int> one = (await first.GetQueue<int>("q").TryReceiveAsync(TimeSpan.Zero))!;

        Assert.Equal((0, 1, 1), (zero.Message, one.Message, zero.DeliveryCount));
        Assert.NotEqual(zero.MessageId, one.MessageId);
        Assert.True(await zero.VerifyAsync());
        await zero.CompleteAsync();
        QueueDescription now = await second.GetQueue<int>("q").DescribeAsync();
        Assert.Equal((2, 1, 0, 0), (now.Ready, now.InFlight, now.Delayed, now.DeadLettered));
        Assert.True(now.Bytes > 0);
        Assert.NotNull(now.OldestAge);
        await one.ReleaseAsync();
        IDelivery<int> again = (await second.GetQueue<int>("q").TryReceiveAsync(TimeSpan.Zero))!;
        Assert.Equal((1, 2, 0), (again.Message, again.DeliveryCount, again.FailureCount));
        Assert.True(again.FencingToken > one.FencingToken);
        await again.CompleteAsync();
        for (int i = 2; i < 4; i++)
        {
            IDelivery<int> next = (await first.GetQueue<int>("q").TryReceiveAsync(TimeSpan.Zero))!;
            Assert.Equal(i, next.Message);
            await next.CompleteAsync();
        }

        Assert.Null(await first.GetQueue<int>("q").TryReceiveAsync(TimeSpan.Zero));
        QueueDescription empty = await first.GetQueue<int>("q").DescribeAsync();
        Assert.Equal((0, 0, 0, null), (empty.Ready, empty.InFlight, empty.Bytes, empty.OldestAge));
    }

    [Fact]
    public async Task How_long_the_oldest_has_waited_grows_though_nothing_else_happens()
    {
        IConcord process = await ConnectAsync();
        IConcordQueue<int> queue = process.GetQueue<int>("q");
        await queue.EnqueueAsync(1, new() { Delay = TimeSpan.FromSeconds(1) });
        await Stage.PassAsync(TimeSpan.FromSeconds(1));
        await Stage.UntilAsync(async () => await queue.DescribeAsync() is { Ready: 1 }, "it is ready");
        TimeSpan first = (await queue.DescribeAsync()).OldestAge!.Value;

        await Stage.PassAsync(TimeSpan.FromSeconds(1));

        TimeSpan then = (await queue.DescribeAsync()).OldestAge!.Value;
        Assert.InRange(then - first, TimeSpan.FromSeconds(0.9), TimeSpan.FromMinutes(1));
    }

    [Fact]
    public async Task Who_waits_gets_the_next_and_who_gives_up_loses_none()
    {
        IConcord first = await ConnectAsync();
        IConcord second = await ConnectAsync();
        using var giveUp = new CancellationTokenSource();
        Task<IDelivery<int>?> gives =
            first.GetQueue<int>("q").TryReceiveAsync(Timeout.InfiniteTimeSpan, giveUp.Token).AsTask();
        Task<IDelivery<int>?> waits = second.GetQueue<int>("q").TryReceiveAsync(TimeSpan.FromMinutes(5)).AsTask();
        Assert.Null(await Stage.SoonAsync(first.GetQueue<int>("q").TryReceiveAsync(TimeSpan.FromMilliseconds(20))));
        await giveUp.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => gives);

        await first.GetQueue<int>("q").EnqueueAsync(7);

        Assert.Equal(7, (await Stage.SoonAsync(waits))!.Message);
    }

    [Fact]
    public async Task A_group_is_delivered_in_order_and_one_at_a_time()
    {
        IConcord process = await ConnectAsync();
        IConcordQueue<string> queue = process.GetQueue<string>("q");
        foreach (string message in new[] { "a1", "a2", "b1", "a3", "b2" })
        {
            await queue.EnqueueAsync(message, new() { Group = message[..1] });
        }

        IDelivery<string> a = (await queue.TryReceiveAsync(TimeSpan.Zero))!;
        IDelivery<string> b = (await queue.TryReceiveAsync(TimeSpan.Zero))!;
        Assert.Equal(("a1", "b1"), (a.Message, b.Message));
        Assert.Null(await queue.TryReceiveAsync(TimeSpan.Zero));
        Assert.Equal(3, (await queue.DescribeAsync()).Ready);
        await a.FailAsync();
        a = (await queue.TryReceiveAsync(TimeSpan.Zero))!;
        Assert.Equal(("a1", 1), (a.Message, a.FailureCount));
        await a.CompleteAsync();
        a = (await queue.TryReceiveAsync(TimeSpan.Zero))!;
        Assert.Equal("a2", a.Message);
        await b.CompleteAsync();
        Assert.Equal("b2", (await queue.TryReceiveAsync(TimeSpan.Zero))!.Message);
    }

    [Fact]
    public async Task A_group_waits_for_its_first_message_though_that_is_delayed_or_has_failed()
    {
        IConcord process = await ConnectAsync();
        IConcordQueue<string> queue = process.GetQueue<string>("q");
        await queue.EnqueueAsync("a1", new() { Group = "a", Delay = TimeSpan.FromSeconds(1) });
        await queue.EnqueueAsync("a2", new() { Group = "a" });
        await queue.EnqueueAsync("b1", new() { Group = "b" });

        Assert.Equal("b1", (await queue.TryReceiveAsync(TimeSpan.Zero))!.Message);
        IDelivery<string> first = (await Stage.SoonAsync(queue.TryReceiveAsync(TimeSpan.FromMinutes(5))))!;
        Assert.Equal("a1", first.Message);
        await first.FailAsync(TimeSpan.FromSeconds(1));
        first = (await Stage.SoonAsync(queue.TryReceiveAsync(TimeSpan.FromMinutes(5))))!;
        Assert.Equal(("a1", 1), (first.Message, first.FailureCount));
        await first.DeadLetterAsync("never");
        Assert.Equal("a2", (await queue.TryReceiveAsync(TimeSpan.Zero))!.Message);
    }

    [Fact]
    public async Task Settings_are_declared_once_and_other_ones_do_not_start()
    {
        IConcord process = await ConnectAsync("first", WithVisibility(TimeSpan.FromSeconds(20)));
        await ConnectAsync("second", WithVisibility(TimeSpan.FromSeconds(20)));
        await Assert.ThrowsAsync<InvalidOperationException>(
            () => ConnectAsync("third", WithVisibility(TimeSpan.FromSeconds(21))));
        await process.GetQueue<int>("q").EnqueueAsync(1);
        Assert.Equal(1, (await process.GetQueue<int>("q").DescribeAsync()).Ready);
    }

    [Fact]
    public async Task Dead_letters_go_where_they_are_told_to_beside_the_queue()
    {
        IConcord process = await ConnectAsync("process", static builder => builder.AddQueue(
            "{shop}.mail", static settings => settings.DeadLetterQueue = "{shop}.graves"));
        await process.GetQueue<string>("{shop}.mail").EnqueueAsync("a");
        await (await process.GetQueue<string>("{shop}.mail").TryReceiveAsync(TimeSpan.Zero))!.DeadLetterAsync("never");
        Assert.Equal(
            "a", (await process.GetQueue<string>("{shop}.graves").TryReceiveAsync(TimeSpan.Zero))!.Message);
        Assert.Equal(
            "{shop}.post.dead", (await process.GetQueue<string>("{shop}.post").DescribeAsync()).DeadLetterQueue);

        // One name in 1,024 lies beside it by chance, though it has another tag.
        var refused = new List<InvalidOperationException>();
        foreach (string elsewhere in new[] { "one elsewhere", "another", "a third" })
        {
            if (await Record.ExceptionAsync(() => ConnectAsync("wrong", builder => builder.AddQueue(
                elsewhere, static settings => settings.DeadLetterQueue = "{shop}.graves")))
                is InvalidOperationException exception)
            {
                refused.Add(exception);
            }
        }

        Assert.InRange(refused.Count, 1, 3);
        Assert.All(refused, static one => Assert.Contains("{tag}", one.Message, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_delayed_message_comes_later_and_a_failed_one_after_its_delay()
    {
        IConcord process = await ConnectAsync();
        IConcordQueue<string> queue = process.GetQueue<string>("q");
        long enqueued = Stage.Time.GetTimestamp();
        await queue.EnqueueAsync("later", new() { Delay = TimeSpan.FromSeconds(4) });
        await queue.EnqueueAsync("now");
        Assert.Equal(1, (await queue.DescribeAsync()).Delayed);
        IDelivery<string> now = (await queue.TryReceiveAsync(TimeSpan.Zero))!;
        Assert.Equal("now", now.Message);
        await now.CompleteAsync();

        IDelivery<string> later = (await Stage.SoonAsync(queue.TryReceiveAsync(TimeSpan.FromMinutes(5))))!;
        Assert.True(Stage.Time.GetElapsedTime(enqueued) > TimeSpan.FromSeconds(3.9));
        long failed = Stage.Time.GetTimestamp();
        await later.FailAsync(TimeSpan.FromSeconds(1), "not yet");
        later = (await Stage.SoonAsync(queue.TryReceiveAsync(TimeSpan.FromMinutes(5))))!;

        Assert.Equal(("later", 2, 1), (later.Message, later.DeliveryCount, later.FailureCount));
        Assert.True(Stage.Time.GetElapsedTime(failed) > TimeSpan.FromSeconds(0.9));
        await later.CompleteAsync();
    }

    [Fact]
    public async Task What_is_not_settled_in_time_is_delivered_again_and_the_old_delivery_is_void()
    {
        IConcord first = await ConnectAsync("first");
        IConcord second = await ConnectAsync("second");
        await first.GetQueue<string>("q").EnqueueAsync("a");
        IDelivery<string> old = (await first.GetQueue<string>("q").TryReceiveAsync(TimeSpan.Zero))!;
        await old.ExtendAsync(SoonOver);

        IDelivery<string> again =
            (await Stage.SoonAsync(second.GetQueue<string>("q").TryReceiveAsync(TimeSpan.FromMinutes(5))))!;

        Assert.Equal((old.MessageId, 2, 1), (again.MessageId, again.DeliveryCount, again.FailureCount));
        Assert.True(again.FencingToken > old.FencingToken);
        await Stage.CancelledAsync(old.Lost);
        Assert.Throws<HoldLostException>(old.ThrowIfLost);
        Assert.False(await old.VerifyAsync());
        await Assert.ThrowsAsync<HoldLostException>(async () => await old.CompleteAsync());
        await Assert.ThrowsAsync<HoldLostException>(async () => await old.ExtendAsync(TimeSpan.FromMinutes(1)));
        await old.DisposeAsync();
        await again.CompleteAsync();
        Assert.Equal(0, (await first.GetQueue<string>("q").DescribeAsync()).Ready);
    }

    [Fact]
    public async Task What_is_extended_is_held_for_longer()
    {
        IConcord process = await ConnectAsync("process", WithVisibility(TimeSpan.FromSeconds(10)));
        IConcordQueue<string> queue = process.GetQueue<string>("q");
        await queue.EnqueueAsync("a");
        IDelivery<string> delivery = (await queue.TryReceiveAsync(TimeSpan.Zero))!;

        await delivery.ExtendAsync(TimeSpan.FromMinutes(10));
        await Stage.PassAsync(TimeSpan.FromSeconds(11));

        Assert.True(await delivery.VerifyAsync());
        delivery.ThrowIfLost();
        Assert.Null(await queue.TryReceiveAsync(TimeSpan.Zero));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(async () => await delivery.ExtendAsync(TimeSpan.Zero));
        await delivery.CompleteAsync();
    }

    [Fact]
    public async Task What_fails_too_often_is_dead_lettered_with_all_that_is_known()
    {
        IConcord process = await ConnectAsync(
            "process", static builder => builder.AddQueue("q", static settings => settings.MaxFailures = 2));
        IConcordQueue<string> queue = process.GetQueue<string>("q");
        await queue.EnqueueAsync("poison", new() { MessageId = "id-1" });
        await queue.EnqueueAsync("good");
        for (int i = 0; i < 2; i++)
        {
            await (await queue.TryReceiveAsync(TimeSpan.Zero))!.FailAsync(reason: "broken");
        }

        IDelivery<string> good = (await queue.TryReceiveAsync(TimeSpan.Zero))!;
        Assert.Equal(("good", null), (good.Message, good.DeadLetter));
        await good.DeadLetterAsync("never");
        await Assert.ThrowsAsync<HoldLostException>(async () => await good.CompleteAsync());
        QueueDescription described = await queue.DescribeAsync();
        Assert.Equal((0, 2, "{q}.dead"), (described.Ready, described.DeadLettered, described.DeadLetterQueue));
        IConcordQueue<string> dead = process.GetQueue<string>("{q}.dead");
        IDelivery<string> poison = (await dead.TryReceiveAsync(TimeSpan.Zero))!;
        Assert.Equal(("poison", "id-1"), (poison.Message, poison.MessageId));
        DeadLetter letter = poison.DeadLetter!;
        Assert.Equal(
            ("q", 2, 2, "broken"), (letter.Queue, letter.DeliveryCount, letter.FailureCount, letter.Reason));
        Assert.True(letter.At > DateTimeOffset.UnixEpoch);
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await poison.DeadLetterAsync("again"));
        await poison.CompleteAsync();
        Assert.Null((await dead.DescribeAsync()).DeadLetterQueue);
        IDelivery<string> other = (await dead.TryReceiveAsync(TimeSpan.Zero))!;
        Assert.Equal(("good", "never"), (other.Message, other.DeadLetter!.Reason));
    }

    [Fact]
    public async Task What_nobody_settles_in_time_again_and_again_is_dead_lettered()
    {
        IConcord process = await ConnectAsync("process", static builder => builder.AddQueue("q", static settings =>
            (settings.MaxFailures, settings.VisibilityTimeout) = (2, SoonOver)));
        IConcordQueue<string> queue = process.GetQueue<string>("q");
        await queue.EnqueueAsync("slow");
        for (int i = 0; i < 2; i++)
        {
            IDelivery<string> delivery =
                (await Stage.SoonAsync(queue.TryReceiveAsync(TimeSpan.FromMinutes(5))))!;
            Assert.Equal((i + 1, i), (delivery.DeliveryCount, delivery.FailureCount));
            await Stage.CancelledAsync(delivery.Lost);
        }

        IDelivery<string> dead = (await Stage.SoonAsync(
            process.GetQueue<string>("{q}.dead").TryReceiveAsync(TimeSpan.FromMinutes(5))))!;

        Assert.Equal(
            ("slow", 2, 2), (dead.Message, dead.DeadLetter!.DeliveryCount, dead.DeadLetter.FailureCount));
        QueueDescription now = await queue.DescribeAsync();
        Assert.Equal((0, 0, 0, 1), (now.Ready, now.InFlight, now.Delayed, now.DeadLettered));
    }

    [Fact]
    public async Task A_message_id_is_enqueued_once_also_after_it_is_done()
    {
        IConcord first = await ConnectAsync();
        IConcord second = await ConnectAsync();
        var once = new EnqueueOptions { MessageId = "id" };
        Assert.True(await first.GetQueue<string>("q").EnqueueAsync("a", once));
        Assert.False(await second.GetQueue<string>("q").EnqueueAsync("b", once));
        IDelivery<string> delivery = (await second.GetQueue<string>("q").TryReceiveAsync(TimeSpan.Zero))!;
        Assert.Equal(("a", "id"), (delivery.Message, delivery.MessageId));
        await delivery.CompleteAsync();
        Assert.False(await first.GetQueue<string>("q").EnqueueAsync("c", once));
        Assert.True(await first.GetQueue<string>("other").EnqueueAsync("c", once));
        Assert.Null(await first.GetQueue<string>("q").TryReceiveAsync(TimeSpan.Zero));
    }

    [Fact]
    public async Task A_bounded_queue_refuses_and_takes_again()
    {
        IConcord process = await ConnectAsync(
            "process",
            static builder => builder
                .AddQueue("short", static settings => settings.MaxLength = 2)
                .AddQueue("small", static settings => settings.MaxBytes = 100));
        IConcordQueue<string> queue = process.GetQueue<string>("short");
        await queue.EnqueueAsync("a");
        await Assert.ThrowsAsync<QueueFullException>(async () => await queue.EnqueueBatchAsync(["b", "c"]));
        await queue.EnqueueAsync("b");
        QueueFullException full = await Assert.ThrowsAsync<QueueFullException>(
            async () => await queue.EnqueueAsync("c"));
        Assert.Equal((OperationOutcome.Refused, true), (full.Outcome, full.IsTransient));
        await (await queue.TryReceiveAsync(TimeSpan.Zero))!.CompleteAsync();
        await queue.EnqueueAsync("c");
        IConcordQueue<string> small = process.GetQueue<string>("small");
        await Assert.ThrowsAsync<QueueFullException>(async () => await small.EnqueueAsync(new string('x', 200)));
        await small.EnqueueAsync("x");
        Assert.Equal(1, (await small.DescribeAsync()).Ready);
    }

    [Fact]
    public async Task A_batch_is_enqueued_whole_in_order_or_not_at_all()
    {
        IConcord process = await ConnectAsync();
        IConcordQueue<int> queue = process.GetQueue<int>("q");
        await queue.EnqueueBatchAsync([.. Enumerable.Range(0, 256)]);
        await queue.EnqueueBatchAsync([]);
        await Assert.ThrowsAsync<ArgumentException>(
            async () => await queue.EnqueueBatchAsync([.. Enumerable.Range(0, 257)]));
        await Assert.ThrowsAnyAsync<ArgumentException>(
            async () => await process.GetQueue<string>("q").EnqueueAsync(new string('x', (256 << 10) + 1)));
        Assert.Equal(256, (await queue.DescribeAsync()).Ready);
        for (int i = 0; i < 10; i++)
        {
            IDelivery<int> next = (await queue.TryReceiveAsync(TimeSpan.Zero))!;
            Assert.Equal(i, next.Message);
            await next.CompleteAsync();
        }
    }

    /// <summary>Also one that still waits for more than there was.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(5)]
    [InlineData(100)]
    public async Task A_stream_gives_back_what_it_did_not_settle(int prefetch)
    {
        IConcord first = await ConnectAsync();
        IConcord second = await ConnectAsync();
        await first.GetQueue<int>("q").EnqueueBatchAsync([.. Enumerable.Range(0, 8)]);
        var seen = new List<int>();
        using var end = new CancellationTokenSource();
        IAsyncEnumerator<IDelivery<int>> stream =
            first.GetQueue<int>("q").ReceiveAllAsync(prefetch, end.Token).GetAsyncEnumerator();
        for (int i = 0; i < 4; i++)
        {
            IDelivery<int> delivery = await Stage.NextAsync(stream);
            seen.Add(delivery.Message);
            if (i < 3)
            {
                await delivery.CompleteAsync();
            }
        }

        await Stage.SoonAsync(stream.DisposeAsync());

        Assert.Equal(seen.Order(), seen);
        QueueDescription left = await second.GetQueue<int>("q").DescribeAsync();
        Assert.Equal((5, 0), (left.Ready, left.InFlight));
        IDelivery<int> next = (await second.GetQueue<int>("q").TryReceiveAsync(TimeSpan.Zero))!;
        Assert.Equal((3, 0), (next.Message, next.FailureCount));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(async () =>
        {
            await foreach (IDelivery<int> _ in first.GetQueue<int>("q").ReceiveAllAsync(0))
            {
                break;
            }
        });
    }

    [Fact]
    public async Task A_stream_ends_with_its_token_and_waits_for_what_comes()
    {
        IConcord process = await ConnectAsync();
        using var end = new CancellationTokenSource();
        await using IAsyncEnumerator<IDelivery<int>> stream =
            process.GetQueue<int>("q").ReceiveAllAsync(2, end.Token).GetAsyncEnumerator();
        ValueTask<bool> waits = stream.MoveNextAsync();
        await process.GetQueue<int>("q").EnqueueAsync(1);
        Assert.True(await Stage.SoonAsync(waits));
        await stream.Current.CompleteAsync();
        Task<bool> more = stream.MoveNextAsync().AsTask();

        await end.CancelAsync();

        OperationCanceledException cancelled =
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Stage.SoonAsync(more));
        Assert.Equal(end.Token, cancelled.CancellationToken);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(8)]
    public async Task One_stream_hands_out_in_the_order_of_enqueuing(int prefetch)
    {
        IConcord first = await ConnectAsync();
        IConcord second = await ConnectAsync();
        Task enqueuing = Stage.SoonAsync(EnqueueAsync());
        var seen = new List<int>();
        await using IAsyncEnumerator<IDelivery<int>> stream =
            second.GetQueue<int>("q").ReceiveAllAsync(prefetch).GetAsyncEnumerator();
        while (seen.Count < 100)
        {
            IDelivery<int> delivery = await Stage.NextAsync(stream);
            seen.Add(delivery.Message);
            await Stage.SoonAsync(delivery.CompleteAsync());
        }

        await enqueuing;
        Assert.Equal(Enumerable.Range(0, 100), seen);

        async Task EnqueueAsync()
        {
            for (int i = 0; i < 100; i++)
            {
                await first.GetQueue<int>("q").EnqueueAsync(i);
            }
        }
    }

    [Fact]
    public async Task Many_producers_and_consumers_lose_and_double_nothing()
    {
        IConcord[] processes = [await ConnectAsync(), await ConnectAsync(), await ConnectAsync()];
        using var end = new CancellationTokenSource();
        var done = new System.Collections.Concurrent.ConcurrentBag<int>();
        Task[] consumers = [.. processes.Select(async process =>
        {
            await foreach (IDelivery<int> delivery in process.GetQueue<int>("q").ReceiveAllAsync(3, end.Token))
            {
                await delivery.CompleteAsync();
                done.Add(delivery.Message);
            }
        })];
        await Stage.SoonAsync(Task.WhenAll(Enumerable.Range(0, 60).Select(
            i => processes[i % 3].GetQueue<int>("q").EnqueueAsync(i).AsTask())));
        await Stage.UntilAsync(() => done.Count == 60, "all are done");
        await end.CancelAsync();
        foreach (Task consumer in consumers)
        {
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Stage.SoonAsync(consumer));
        }

        Assert.Equal(Enumerable.Range(0, 60), done.Order());
        QueueDescription now = await processes[0].GetQueue<int>("q").DescribeAsync();
        Assert.Equal((0, 0), (now.Ready, now.InFlight));
    }

    private static Action<IConcordBuilder> WithVisibility(TimeSpan visibility) =>
        builder => builder.AddQueue("q", settings => settings.VisibilityTimeout = visibility);
}

/// <summary>Queues of processes that lose touch.</summary>
public abstract class QueueFaultCases(FaultyEngine engine) : FaultCaseBase(engine)
{
    [Fact]
    public async Task What_a_dead_consumer_had_is_delivered_again_and_his_write_is_refused()
    {
        IConcord first = await ConnectAsync("first", ShortSession);
        IConcord second = await ConnectAsync("second");
        await second.GetQueue<string>("{q}").EnqueueAsync("a");
        IDelivery<string> old = (await first.GetQueue<string>("{q}").TryReceiveAsync(TimeSpan.Zero))!;
        Task<IDelivery<string>?> waits =
            second.GetQueue<string>("{q}").TryReceiveAsync(TimeSpan.FromMinutes(5)).AsTask();

        Stage.CutOff(first);
        IDelivery<string> again = (await Stage.SoonAsync(waits))!;

        Assert.True(old.Lost.IsCancellationRequested);
        Assert.Equal(("a", 2, 1), (again.Message, again.DeliveryCount, again.FailureCount));
        Stage.Reconnect(first);
        await Assert.ThrowsAsync<FenceRejectedException>(() => Stage.SoonAsync(
            first.GetCounter("{q}").AddAsync(1, new WriteOptions { Fence = old.Fence })));
        await Assert.ThrowsAsync<HoldLostException>(() => Stage.SoonAsync(old.CompleteAsync()));
        Assert.Equal(1, await second.GetCounter("{q}").AddAsync(1, new WriteOptions { Fence = again.Fence }));
        await again.CompleteAsync();
    }

    /// <summary>And so do the others that it had in work: nobody knows which of them it was.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_message_that_kills_its_consumer_becomes_a_dead_letter(bool isCutOff)
    {
        IConcord first = await ConnectOnceAsync("first");
        IConcord second = await ConnectOnceAsync("second");
        IConcordQueue<string> queue = second.GetQueue<string>("q");
        await queue.EnqueueBatchAsync(["deadly", "neighbour", "later"]);
        IDelivery<string>[] had =
        [
            (await first.GetQueue<string>("q").TryReceiveAsync(TimeSpan.Zero))!,
            (await first.GetQueue<string>("q").TryReceiveAsync(TimeSpan.Zero))!,
        ];
        Assert.Equal(["deadly", "neighbour"], had.Select(static each => each.Message));

        if (isCutOff)
        {
            Stage.CutOff(first);
        }
        else
        {
            await Stage.LeaveAsync(first);
        }

        await Stage.UntilAsync(async () => (await queue.DescribeAsync()).DeadLettered == 2, "both are dead");
        foreach (IDelivery<string> each in had)
        {
            IDelivery<string> dead = (await second.GetQueue<string>("{q}.dead").TryReceiveAsync(TimeSpan.Zero))!;
            DeadLetter letter = dead.DeadLetter!;
            Assert.Equal((each.Message, each.MessageId), (dead.Message, dead.MessageId));
            Assert.Equal(("q", 1, 1), (letter.Queue, letter.DeliveryCount, letter.FailureCount));
        }

        Assert.Equal("later", (await queue.TryReceiveAsync(TimeSpan.Zero))!.Message);

        Task<IConcord> ConnectOnceAsync(string processName) => Stage.ConnectAsync(processName, static builder =>
        {
            builder.Services.Configure<ConcordOptions>(static options => options.SessionTimeout = ShortSession);
            builder.AddQueue("q", static settings => settings.MaxFailures = 1);
        });
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_stream_whose_request_was_not_answered_gets_every_message_once(bool applied)
    {
        IConcord first = await ConnectAsync("first", TimeSpan.FromMinutes(1));
        IConcord second = await ConnectAsync("second");
        IConcordQueue<int> queue = second.GetQueue<int>("{q}");
        await first.GetCounter("{q}").AddAsync(1);
        await queue.EnqueueBatchAsync([0, 1, 2]);
        Stage.LoseReplies(first, applied);
        Task<List<(int, int)>> consuming = ConsumeAsync();
        if (applied)
        {
            // Where the process is told at once that an answer is lost, it has them again, and done, before one looks.
            await Stage.UntilAsync(async () => (await queue.DescribeAsync()).Ready == 0, "all are delivered");
        }

        Stage.Reconnect(first);
        await queue.EnqueueBatchAsync([3, 4, 5]);

        List<(int Message, int Failures)> seen = await Stage.SoonAsync(consuming);
        Assert.Equal(Enumerable.Range(0, 6).Select(static i => (i, 0)), seen.Order());
        QueueDescription now = await queue.DescribeAsync();
        Assert.Equal((0, 0), (now.Ready, now.InFlight));

        async Task<List<(int Message, int Failures)>> ConsumeAsync()
        {
            var taken = new List<(int, int)>();
            await foreach (IDelivery<int> delivery in first.GetQueue<int>("{q}").ReceiveAllAsync(prefetch: 5))
            {
                taken.Add((delivery.Message, delivery.FailureCount));
                await delivery.CompleteAsync();
                if (taken.Count == 6)
                {
                    break;
                }
            }

            return taken;
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task To_complete_again_after_a_lost_answer_is_harmless(bool applied)
    {
        IConcord first = await ConnectAsync("first", TimeSpan.FromMinutes(1), call: TimeSpan.FromSeconds(4));
        IConcord second = await ConnectAsync("second");
        await second.GetQueue<string>("q").EnqueueBatchAsync(["a", "b"]);
        IDelivery<string> delivery =
            (await Stage.SoonAsync(first.GetQueue<string>("q").TryReceiveAsync(TimeSpan.FromSeconds(30))))!;
        Stage.LoseReplies(first, applied);
        OutcomeUnknownException unknown = await Assert.ThrowsAsync<OutcomeUnknownException>(
            () => Stage.SoonAsync(delivery.CompleteAsync()));
        Stage.Reconnect(first);

        if (applied)
        {
            await Assert.ThrowsAsync<HoldLostException>(() => Stage.SoonAsync(delivery.CompleteAsync()));
        }
        else
        {
            await Stage.SoonAsync(delivery.CompleteAsync());
        }

        OperationOutcome outcome = await Stage.SoonAsync(first.GetOutcomeAsync(unknown.Request));
        Assert.Equal(applied ? OperationOutcome.Done : OperationOutcome.Refused, outcome);
        QueueDescription now = await second.GetQueue<string>("q").DescribeAsync();
        Assert.Equal((1, 0), (now.Ready, now.InFlight));
        Assert.Equal("b", (await second.GetQueue<string>("q").TryReceiveAsync(TimeSpan.Zero))!.Message);
    }
}
