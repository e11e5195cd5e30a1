using System.Globalization;
using Concord.Primitives;

namespace Concord.Tests;

/// <summary>Queues as users see them: what becomes of messages and of their deliveries.</summary>
public sealed class DeliveryTests
{
    private readonly ModelEngine _engine = new();
    private readonly ModelEngine _otherEngine;
    private readonly ConcordClient _one;
    private readonly ConcordClient _two;

    public DeliveryTests()
    {
        _otherEngine = _engine.Another(0x77);
        _one = _engine.NewClient();
        _two = _otherEngine.NewClient();
    }

    private IConcordQueue<string> Queue => _one.GetQueue<string>("q");

    [Fact]
    public async Task A_message_is_received_completed_and_gone()
    {
        Assert.True(await Queue.EnqueueAsync("a"));
        IDelivery<string> delivery = await ReceiveAsync();
        Assert.Equal(("a", 1, 0), (delivery.Message, delivery.DeliveryCount, delivery.FailureCount));
        Assert.NotEmpty(delivery.MessageId);
        Assert.Null(await _two.GetQueue<string>("q").TryReceiveAsync(TimeSpan.Zero));
        Assert.True(await delivery.VerifyAsync());
        await delivery.CompleteAsync();
        await Assert.ThrowsAsync<HoldLostException>(() => delivery.CompleteAsync().AsTask());
        Assert.Throws<HoldLostException>(delivery.ThrowIfLost);
        await delivery.DisposeAsync();
        Assert.Equal(new QueueDescription { Name = "q", DeadLetterQueue = "{q}.dead" }, await Queue.DescribeAsync());
    }

    [Fact]
    public async Task Who_waits_gets_the_next_message_and_who_gives_up_loses_none()
    {
        Task<IDelivery<string>?> waiting = Queue.TryReceiveAsync(Timeout.InfiniteTimeSpan).AsTask();
        using var giveUp = new CancellationTokenSource();
        Task<IDelivery<string>?> second = _two.GetQueue<string>("q")
            .TryReceiveAsync(TimeSpan.FromHours(1), giveUp.Token).AsTask();
        await Soon.Until(() => _otherEngine.Waiting == 1 && _engine.Waiting == 1, "both wait");
        await giveUp.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => second.InTime());
        await Queue.EnqueueAsync("a");
        Assert.Equal("a", (await waiting.InTime())!.Message);
        Assert.Null(await Queue.TryReceiveAsync(TimeSpan.FromMilliseconds(1)));
    }

    [Fact]
    public async Task What_is_given_back_carries_no_blame_and_a_failure_is_counted()
    {
        await Queue.EnqueueAsync("a");
        await (await ReceiveAsync()).ReleaseAsync();
        IDelivery<string> second = await ReceiveAsync();
        Assert.Equal((2, 0), (second.DeliveryCount, second.FailureCount));
        await second.FailAsync(TimeSpan.FromMinutes(1), "broken");
        Assert.Null(await Queue.TryReceiveAsync(TimeSpan.Zero));
        Assert.Equal(1, (await Queue.DescribeAsync()).Delayed);
        _engine.World.Advance(TimeSpan.FromMinutes(1));
        IDelivery<string> third = await ReceiveAsync();
        Assert.Equal((3, 1), (third.DeliveryCount, third.FailureCount));
        await third.DeadLetterAsync("poison");
        Assert.Equal(1, (await Queue.DescribeAsync()).DeadLettered);
        IDelivery<string>? dead = await _two.GetQueue<string>("{q}.dead").TryReceiveAsync(TimeSpan.Zero);
        Assert.Equal("a", dead!.Message);
        var refused = await Assert.ThrowsAsync<InvalidOperationException>(() => dead.DeadLetterAsync("again").AsTask());
        Assert.StartsWith("FailAsync or DeadLetterAsync", refused.Message, StringComparison.Ordinal);
        await dead.CompleteAsync();
    }

    [Fact]
    public async Task A_delivery_whose_time_is_over_is_lost_here_before_it_is_given_to_another()
    {
        var time = new ManualTime();
        IConcordQueue<string> queue = _engine.NewClient(time).GetQueue<string>("q");
        await queue.EnqueueAsync("a");
        IDelivery<string> first = (await queue.TryReceiveAsync(TimeSpan.Zero))!;
        time.Advance(TimeSpan.FromSeconds(26));
        first.ThrowIfLost();
        time.Advance(TimeSpan.FromSeconds(1));
        Assert.Throws<HoldLostException>(first.ThrowIfLost);
        await Soon.Cancelled(first.Lost);
        Assert.Null(await _two.GetQueue<string>("q").TryReceiveAsync(TimeSpan.Zero));
        _engine.World.Advance(TimeSpan.FromSeconds(30));
        IDelivery<string> second = (await _two.GetQueue<string>("q").TryReceiveAsync(TimeSpan.Zero))!;
        Assert.Equal((2, 1), (second.DeliveryCount, second.FailureCount));
        Assert.True(second.FencingToken > first.FencingToken);
        for (int i = 0; i < 2; i++)
        {
            HoldLostException lost =
                await Assert.ThrowsAsync<HoldLostException>(() => first.CompleteAsync().AsTask());
            Assert.Contains("is lost", lost.Message, StringComparison.Ordinal);
        }

        await Assert.ThrowsAsync<HoldLostException>(() => first.ReleaseAsync().AsTask());
        await first.DisposeAsync();
        await second.CompleteAsync();
    }

    [Fact]
    public async Task What_is_extended_is_held_for_longer_and_what_is_lost_cannot_be()
    {
        var time = new ManualTime();
        IConcordQueue<string> queue = _engine.NewClient(time).GetQueue<string>("q");
        await queue.EnqueueAsync("a");
        IDelivery<string> delivery = (await queue.TryReceiveAsync(TimeSpan.Zero))!;
        await delivery.ExtendAsync(TimeSpan.FromMinutes(10));
        time.Advance(TimeSpan.FromMinutes(8));
        _engine.World.Advance(TimeSpan.FromMinutes(8));
        delivery.ThrowIfLost();
        Assert.True(await delivery.VerifyAsync());
        time.Advance(TimeSpan.FromMinutes(1));
        await Assert.ThrowsAsync<HoldLostException>(() => delivery.ExtendAsync(TimeSpan.FromMinutes(1)).AsTask());
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => delivery.ExtendAsync(TimeSpan.Zero).AsTask());
    }

    [Fact]
    public async Task A_message_id_is_enqueued_once_and_a_group_is_delivered_in_order_one_at_a_time()
    {
        var first = new EnqueueOptions { MessageId = "1", Group = "g" };
        Assert.True(await Queue.EnqueueAsync("a", first));
        Assert.False(await Queue.EnqueueAsync("a", first));
        Assert.True(await Queue.EnqueueAsync("b", new() { Group = "g" }));
        IDelivery<string> a = await ReceiveAsync();
        Assert.Equal("1", a.MessageId);
        Assert.Null(await Queue.TryReceiveAsync(TimeSpan.Zero));
        await a.CompleteAsync();
        Assert.Equal("b", (await ReceiveAsync()).Message);
        Assert.False(await Queue.EnqueueAsync("a", first));
    }

    [Fact]
    public async Task A_queue_without_a_place_for_dead_letters_is_not_declared()
    {
        foreach (string name in (string[])["odd}name", "odd{}name", new('x', 506)])
        {
            InvalidOperationException refused = await Assert.ThrowsAsync<InvalidOperationException>(
                () => QueueSettingsStore.DeclareAsync(_one, name, new(), default));
            Assert.Contains(nameof(QueueSettings.DeadLetterQueue), refused.Message, StringComparison.Ordinal);
        }

        await QueueSettingsStore.DeclareAsync(_one, new('x', 505), new(), default);
        await QueueSettingsStore.DeclareAsync(_one, "{x}.dead", new(), default);
    }

    [Fact]
    public async Task A_queue_at_its_bound_refuses_and_a_batch_is_all_or_nothing()
    {
        await QueueSettingsStore.DeclareAsync(_one, "q", new() { MaxLength = 2 }, default);
        await Queue.EnqueueAsync("a");
        QueueFullException full = await Assert.ThrowsAsync<QueueFullException>(
            () => Queue.EnqueueBatchAsync(["b", "c"]).AsTask());
        Assert.Equal(("CNC2003", true), (full.ErrorCode, full.IsTransient));
        await Queue.EnqueueBatchAsync(["b"]);
        await Queue.EnqueueBatchAsync([]);
        await Assert.ThrowsAsync<QueueFullException>(() => Queue.EnqueueAsync("c").AsTask());
        Assert.Equal(2, (await Queue.DescribeAsync()).Ready);
        await Assert.ThrowsAsync<ArgumentException>(
            () => Queue.EnqueueBatchAsync([.. Enumerable.Repeat("x", 257)]).AsTask());
        TransactionResult result = await _one.TryRunTransactionAsync((transaction, _) =>
        {
            transaction.Enqueue(Queue, "c");
            return Task.CompletedTask;
        });
        Assert.Equal((TransactionAbortReason.QueueFull, "q"), (result.AbortReason, result.RefusedBy));
    }

    [Fact]
    public async Task Work_is_done_exactly_once_with_the_completion_of_its_message()
    {
        await Queue.EnqueueAsync("order");
        IDelivery<string> delivery = await ReceiveAsync();
        bool wasLost = false;
        delivery.Lost.Register(() => wasLost = true);
        await _one.RunTransactionAsync((transaction, _) =>
        {
            transaction.Complete(delivery);
            transaction.Add(_one.GetCounter("shipped"), 1);
            transaction.Enqueue(_one.GetQueue<string>("next"), delivery.Message, new() { MessageId = "1" });
            return Task.CompletedTask;
        });
        await Assert.ThrowsAsync<HoldLostException>(() => delivery.CompleteAsync().AsTask());
        await delivery.DisposeAsync();
        Assert.False(wasLost);
        Assert.Equal(1, await _one.GetCounter("shipped").GetAsync());
        Assert.Equal(0, (await Queue.DescribeAsync()).InFlight);
        Assert.Equal("order", (await _two.GetQueue<string>("next").TryReceiveAsync(TimeSpan.Zero))!.Message);
    }

    [Theory]
    [InlineData(1, false)]
    [InlineData(2, true)]
    public async Task A_delivery_whose_time_ends_in_the_commit_is_lost_if_that_refuses(int maxLength, bool isCommitted)
    {
        var time = new ManualTime();
        ConcordClient client = _engine.NewClient(time);
        IConcordQueue<string> next = client.GetQueue<string>("next");
        await QueueSettingsStore.DeclareAsync(client, "next", new() { MaxLength = maxLength }, default);
        await next.EnqueueAsync("full");
        await client.GetQueue<string>("q").EnqueueAsync("order");
        IDelivery<string> delivery = (await client.GetQueue<string>("q").TryReceiveAsync(TimeSpan.Zero))!;
        bool wasLostBefore = false;
        _engine.BeforeCommit = (_, _) =>
        {
            time.Advance(TimeSpan.FromSeconds(28));
            wasLostBefore = delivery.Lost.IsCancellationRequested;
            return Task.CompletedTask;
        };

        TransactionResult result = await client.TryRunTransactionAsync((transaction, _) =>
        {
            transaction.Complete(delivery);
            transaction.Enqueue(next, delivery.Message);
            return Task.CompletedTask;
        });

        Assert.False(wasLostBefore);
        Assert.Equal(isCommitted, result.Outcome == TransactionOutcome.Committed);
        Assert.Equal(!isCommitted, delivery.Lost.IsCancellationRequested);
    }

    [Fact]
    public async Task A_stale_delivery_takes_its_transaction_with_it()
    {
        await Queue.EnqueueAsync("order");
        _engine.IsPaused = true;
        IDelivery<string> stale = await ReceiveAsync();
        _engine.World.Advance(TimeSpan.FromMinutes(1));
        IDelivery<string> current = (await _two.GetQueue<string>("q").TryReceiveAsync(TimeSpan.Zero))!;
        TransactionResult result = await _one.TryRunTransactionAsync((transaction, _) =>
        {
            transaction.Complete(stale);
            transaction.Add(_one.GetCounter("shipped"), 1);
            return Task.CompletedTask;
        });
        Assert.Equal((TransactionAbortReason.FenceRejected, "q"), (result.AbortReason, result.RefusedBy));
        Assert.Equal(0, await _one.GetCounter("shipped").GetAsync());
        await current.CompleteAsync();
    }

    [Fact]
    public async Task An_unanswered_completion_may_be_tried_again()
    {
        await Queue.EnqueueAsync("a");
        IDelivery<string> delivery = await ReceiveAsync();
        _engine.BeforeCall = _ => throw new EngineUnavailableException("Nobody is there.");
        await Assert.ThrowsAsync<EngineUnavailableException>(() => delivery.CompleteAsync().AsTask());
        _engine.BeforeCall = null;
        await delivery.CompleteAsync();
        Assert.Equal(0, (await Queue.DescribeAsync()).InFlight);
    }

    [Fact]
    public async Task Who_did_not_wait_for_a_completion_is_told_that_it_may_have_been_his()
    {
        await Queue.EnqueueAsync("a");
        IDelivery<string> delivery = await ReceiveAsync();
        _engine.LosesAnswers = true;
        await Assert.ThrowsAsync<OutcomeUnknownException>(() => delivery.CompleteAsync().AsTask());
        _engine.LosesAnswers = false;
        HoldLostException settled =
            await Assert.ThrowsAsync<HoldLostException>(() => delivery.CompleteAsync().AsTask());
        Assert.Contains("an earlier call of this process", settled.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_shortest_extension_is_a_millisecond()
    {
        await Queue.EnqueueAsync("a");
        IDelivery<string> delivery = await ReceiveAsync();
        await delivery.ExtendAsync(TimeSpan.FromTicks(1));
        await Soon.Cancelled(delivery.Lost);
    }

    [Fact]
    public async Task A_stream_pulls_ahead_in_order_and_gives_back_what_was_not_settled()
    {
        await Queue.EnqueueBatchAsync(["a", "b", "c", "d", "e"]);
        var seen = new List<string>();
        await foreach (IDelivery<string> delivery in Queue.ReceiveAllAsync(prefetch: 3))
        {
            seen.Add(delivery.Message);
            if (delivery.Message == "a")
            {
                await delivery.CompleteAsync();
            }
            else
            {
                Assert.InRange((await Queue.DescribeAsync()).InFlight, 1, 4);
                break;
            }
        }

        Assert.Equal(["a", "b"], seen);
        QueueDescription described = await Queue.DescribeAsync();
        Assert.Equal((4, 0), (described.Ready, described.InFlight));
        IDelivery<string> next = await ReceiveAsync();
        Assert.Equal(("b", 0), (next.Message, next.FailureCount));
    }

    [Fact]
    public async Task A_stream_ends_with_the_callers_cancellation_and_survives_a_lost_session()
    {
        using var end = new CancellationTokenSource();
        var seen = new List<string>();
        Task reading = Task.Run(async () =>
        {
            await foreach (IDelivery<string> delivery in Queue.ReceiveAllAsync(cancellationToken: end.Token))
            {
                seen.Add(delivery.Message);
                await delivery.CompleteAsync();
            }
        });
        await Soon.Until(() => _engine.Waiting == 1, "it waits");
        _engine.LoseSession();
        await Queue.EnqueueAsync("a");
        await Soon.Until(() => seen.Count == 1, "it has another session");
        await end.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => reading.InTime());
    }

    [Fact]
    public async Task Prefetched_messages_are_extended_while_they_wait()
    {
        var time = new ManualTime();
        ConcordClient client = _engine.NewClient(time);
        IConcordQueue<string> queue = client.GetQueue<string>("q");
        await queue.EnqueueBatchAsync(["a", "b"]);
        await using IAsyncEnumerator<IDelivery<string>> stream =
            queue.ReceiveAllAsync(prefetch: 2).GetAsyncEnumerator();
        Assert.True(await stream.MoveNextAsync());
        await stream.Current.ExtendAsync(TimeSpan.FromHours(1));
        for (int i = 0; i < 4; i++)
        {
            int operations = _engine.Operations;
            time.Advance(TimeSpan.FromSeconds(15));
            await Soon.Until(() => _engine.Operations > operations, "b is extended");
            _engine.World.Advance(TimeSpan.FromSeconds(15));
        }

        await stream.Current.CompleteAsync();
        Assert.True(await stream.MoveNextAsync());
        Assert.Equal(("b", 1, 0), (stream.Current.Message, stream.Current.DeliveryCount, stream.Current.FailureCount));
    }

    [Fact]
    public async Task A_stream_asks_ahead_by_few_requests_and_never_for_more_than_it_was_told()
    {
        await Queue.EnqueueBatchAsync([.. Enumerable.Range(0, 40).Select(static i => $"{i}")]);
        await using IAsyncEnumerator<IDelivery<string>> stream =
            Queue.ReceiveAllAsync(prefetch: 8).GetAsyncEnumerator();
        var seen = new List<int>();
        for (int i = 0; i < 40; i++)
        {
            Assert.True(await stream.MoveNextAsync().AsTask().InTime());
            seen.Add(int.Parse(stream.Current.Message, CultureInfo.InvariantCulture));
            await stream.Current.CompleteAsync();
            if (i == 0)
            {
                await Soon.Until(async () => (await Queue.DescribeAsync()).InFlight == 7, "seven wait");
            }
            else if (i == 4)
            {
                await Soon.Until(() => _engine.AskedFor.Count >= 2, "half of the window is asked for");
                Assert.Equal([8, 4], _engine.AskedFor[..2]);
            }
        }

        // Two requests under way at once are answered in either order.
        Assert.Equal(Enumerable.Range(0, 40), seen.Order());
    }

    [Fact]
    public async Task A_large_window_is_asked_for_in_parts()
    {
        using var end = new CancellationTokenSource();
        await using IAsyncEnumerator<IDelivery<string>> stream =
            Queue.ReceiveAllAsync(prefetch: 200, end.Token).GetAsyncEnumerator();
        Task<bool> first = stream.MoveNextAsync().AsTask();
        await Soon.Until(() => _engine.Waiting == 200, "all are asked for");
        Assert.Equal([64, 64, 64, 8], _engine.AskedFor.OrderDescending());
        await end.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first.InTime());
    }

    [Fact]
    public async Task What_was_lost_before_it_was_heard_of_does_not_narrow_the_window()
    {
        _engine.LosesBeforeTold = 5;
        await using IAsyncEnumerator<IDelivery<string>> stream =
            Queue.ReceiveAllAsync(prefetch: 2).GetAsyncEnumerator();
        for (int i = 0; i < 6; i++)
        {
            ValueTask<bool> next = stream.MoveNextAsync();
            await Queue.EnqueueAsync($"{i}");
            Assert.True(await next.AsTask().InTime());
            Assert.Equal($"{i}", stream.Current.Message);
            await stream.Current.CompleteAsync();
        }

        Assert.Equal(0, _engine.LosesBeforeTold);
    }

    [Fact]
    public async Task A_stream_whose_requests_fail_for_good_hands_out_what_it_has_and_fails()
    {
        await Queue.EnqueueAsync("a");
        await using IAsyncEnumerator<IDelivery<string>> stream =
            Queue.ReceiveAllAsync(prefetch: 4).GetAsyncEnumerator();
        Assert.True(await stream.MoveNextAsync());
        _engine.BeforeCall = _ => throw new InvalidOperationException("No.");
        _engine.LoseSession();

        InvalidOperationException failed = await Assert.ThrowsAsync<InvalidOperationException>(
            () => stream.MoveNextAsync().AsTask().InTime());

        Assert.Equal("No.", failed.Message);
        _engine.BeforeCall = null;
    }

    [Fact]
    public async Task A_stream_that_was_stopped_hands_out_nothing_more()
    {
        await Queue.EnqueueBatchAsync(["a", "b", "c"]);
        using var end = new CancellationTokenSource();
        await using IAsyncEnumerator<IDelivery<string>> stream =
            Queue.ReceiveAllAsync(prefetch: 3, end.Token).GetAsyncEnumerator();
        Assert.True(await stream.MoveNextAsync());
        await end.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => stream.MoveNextAsync().AsTask().InTime());

        await stream.DisposeAsync();
        Assert.Equal((3, 0), ((await Queue.DescribeAsync()).Ready, (await Queue.DescribeAsync()).InFlight));
    }

    [Fact]
    public async Task What_cannot_be_read_says_so_and_what_is_too_large_is_not_sent()
    {
        await Queue.EnqueueAsync("a");
        IDelivery<int> number = (await _one.GetQueue<int>("q").TryReceiveAsync(TimeSpan.Zero))!;
        Assert.Throws<InvalidOperationException>(() => number.Message);
        await number.DisposeAsync();
        await Assert.ThrowsAsync<ArgumentException>(() => Queue.EnqueueAsync(new string('x', 300_000)).AsTask());
        await Assert.ThrowsAsync<ArgumentException>(
            () => Queue.EnqueueAsync("a", new() { MessageId = new string('x', 257) }).AsTask());
        await Assert.ThrowsAsync<ArgumentException>(() => Queue.EnqueueAsync("a", new() { Group = "" }).AsTask());
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(
            () => Queue.EnqueueAsync("a", new() { Delay = TimeSpan.FromSeconds(-1) }).AsTask());
    }

    private async Task<IDelivery<string>> ReceiveAsync()
    {
        IDelivery<string>? delivery = await Queue.TryReceiveAsync(TimeSpan.Zero);
        Assert.NotNull(delivery);
        return delivery;
    }
}
