using System.Buffers;
using System.Threading.RateLimiting;
using Concord.Conformance.Engines;
using Microsoft.Extensions.DependencyInjection;

namespace Concord.Conformance.Cases;

/// <summary>The limits that the guides name: what is at a limit is taken, what is beyond it is refused before anything
/// is sent.</summary>
public abstract class LimitCases(Engine engine) : CaseBase(engine)
{
    private static readonly TimeSpan s_longest = TimeSpan.FromDays(24);
    private static readonly TimeSpan s_tooLong = TimeSpan.FromDays(25);
    private static readonly TimeSpan s_negative = TimeSpan.FromSeconds(-1);

    [Fact]
    public async Task Who_waits_waits_24_days_at_most()
    {
        IConcord process = await ConnectAsync();
        IConcordSemaphore semaphore = process.GetSemaphore("s", 1);
        ILockHandle hold = await process.GetLock("l").AcquireAsync(new LockAcquireOptions { Timeout = s_longest });
        Task<ILockHandle?> waits =
            process.GetLock("l").TryAcquireAsync(new LockAcquireOptions { Timeout = s_longest }).AsTask();
        IPermit permit = (await semaphore.TryAcquireAsync(1, s_longest))!;
        await using RateLimiter limiter = semaphore.AsRateLimiter(s_longest);
        Task<RateLimitLease> leases = limiter.AcquireAsync().AsTask();
        Task<IDelivery<int>?> receives = process.GetQueue<int>("q").TryReceiveAsync(s_longest).AsTask();
        await Stage.LineAsync(process, "l", 1);

        foreach (TimeSpan wrong in new[] { s_tooLong, s_negative })
        {
            var options = new LockAcquireOptions { Timeout = wrong };
            await OutOfRangeAsync(async () => await process.GetLock("l").AcquireAsync(options));
            await OutOfRangeAsync(async () => await process.GetLock("l").TryAcquireAsync(options));
            await OutOfRangeAsync(async () => await semaphore.TryAcquireAsync(1, wrong));
            await OutOfRangeAsync(async () => await process.GetQueue<int>("q").TryReceiveAsync(wrong));
            Assert.Throws<ArgumentOutOfRangeException>(() => semaphore.AsRateLimiter(wrong));
        }

        await hold.ReleaseAsync();
        await permit.ReleaseAsync();
        await process.GetQueue<int>("q").EnqueueAsync(7);
        Assert.NotNull(await Stage.SoonAsync(waits));
        Assert.True((await Stage.SoonAsync(leases)).IsAcquired);
        Assert.Equal(7, (await Stage.SoonAsync(receives))!.Message);
    }

    [Fact]
    public async Task A_description_lists_a_hundred_holders()
    {
        IConcord process = await ConnectAsync();
        var shared = new LockAcquireOptions { Mode = LockMode.Shared };
        await Stage.SoonAsync(Task.WhenAll(Enumerable.Range(0, 100).Select(
            _ => process.GetLock("l").AcquireAsync(shared).AsTask())));
        Assert.Equal(100, (await process.GetLock("l").DescribeAsync()).Holders.Count);
        await process.GetLock("l").AcquireAsync(shared);
        Assert.Equal(100, (await process.GetLock("l").DescribeAsync()).Holders.Count);
    }

    [Fact]
    public async Task A_semaphore_has_31_bits_of_permits()
    {
        IConcord process = await ConnectAsync();
        IConcordSemaphore semaphore = process.GetSemaphore("s", int.MaxValue);
        IPermit all = await semaphore.AcquireAsync(int.MaxValue);
        Assert.Null(await semaphore.TryAcquireAsync());
        await all.ReleaseAsync();
        await semaphore.SetLimitAsync(int.MaxValue);
        Assert.Equal(int.MaxValue, await semaphore.GetLimitAsync());
    }

    [Fact]
    public async Task There_are_1_to_1024_partitions_of_a_name_of_480_bytes()
    {
        IConcord process = await ConnectAsync();
        string longest = new('p', 480);
        Assert.Equal(1024, process.GetPartitions(longest, 1024).Count);
        using var end = new CancellationTokenSource();
        var begun = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Task runs = process.GetPartitions(longest, 1).RunAsync(
            (_, token) =>
            {
                begun.SetResult();
                return Task.Delay(Timeout.InfiniteTimeSpan, token);
            },
            end.Token);
        await Stage.SoonAsync(begun.Task);
        await end.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Stage.SoonAsync(runs));
        Assert.ThrowsAny<ArgumentException>(() => process.GetPartitions(longest + "p", 1));
        Assert.ThrowsAny<ArgumentException>(() => process.GetPartitions("", 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => process.GetPartitions("p", 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => process.GetPartitions("p", 1025));
    }

    [Fact]
    public async Task A_value_is_a_mebibyte_at_most_and_its_content_type_64_bytes_of_ASCII()
    {
        IConcord process = await ConnectAsync();
        IConcordValue<byte[]> value = process.GetValue("v", new Bytes(new string('t', 64)));
        byte[] largest = new byte[1 << 20];
        Revision revision = await Stage.SoonAsync(value.SetAsync(largest));
        await Assert.ThrowsAnyAsync<ArgumentException>(async () => await value.SetAsync(new byte[(1 << 20) + 1]));
        foreach (string wrong in new[] { "", new('t', 65), "é" })
        {
            await Assert.ThrowsAnyAsync<ArgumentException>(
                async () => await process.GetValue("v", new Bytes(wrong)).SetAsync([1]));
        }

        Versioned<byte[]> now = await Stage.SoonAsync(value.GetAsync());
        Assert.Equal((revision, largest.Length), (now.Revision, now.Value!.Length));
    }

    [Fact]
    public async Task A_key_is_1_to_256_bytes_of_UTF8()
    {
        IConcord process = await ConnectAsync();
        string longest = new('é', 128);
        Assert.Equal(1, await AddAsync(longest));
        Assert.Equal(1, await AddAsync(longest));
        var tags = new TransactionRunOptions { IdempotencyKey = longest };
        await Stage.SoonAsync(process.RunTransactionAsync(Add, tags));
        await Stage.SoonAsync(process.RunTransactionAsync(Add, tags));
        foreach (string wrong in new[] { "", longest + "x", "a\0b" })
        {
            await Assert.ThrowsAnyAsync<ArgumentException>(() => AddAsync(wrong));
            await Assert.ThrowsAnyAsync<ArgumentException>(
                () => process.RunTransactionAsync(Add, new() { IdempotencyKey = wrong }));
        }

        Assert.Equal((1, 1), (
            await process.GetCounter("c").GetAsync(), await process.GetCounter("t").GetAsync()));

        async Task<long> AddAsync(string key) =>
            await process.GetCounter("c").AddAsync(1, new WriteOptions { IdempotencyKey = key });

        Task Add(IConcordTransaction transaction, CancellationToken token)
        {
            transaction.Add(process.GetCounter("t"), 1);
            return Task.CompletedTask;
        }
    }

    [Fact]
    public async Task A_transaction_does_500_things_with_a_mebibyte_within_a_day()
    {
        IConcord process = await ConnectAsync();
        await Stage.SoonAsync(process.RunTransactionAsync((transaction, _) =>
            {
                for (int i = 0; i < 500; i++)
                {
                    transaction.Add(process.GetCounter($"{{t}}{i}"), 1);
                }

                Assert.Throws<InvalidOperationException>(() => transaction.Add(process.GetCounter("{t}500"), 1));
                return Task.CompletedTask;
            },
            new() { Timeout = TimeSpan.FromDays(1), MaxAttempts = 1 }));
        Assert.Equal((1, 0), (
            await process.GetCounter("{t}499").GetAsync(), await process.GetCounter("{t}500").GetAsync()));

        await Stage.SoonAsync(process.RunTransactionAsync((transaction, _) =>
        {
            transaction.Set(process.GetValue("{t}large", new Bytes("t")), new byte[1 << 20]);
            Assert.ThrowsAny<ArgumentException>(
                () => transaction.Set(process.GetValue("{t}more", new Bytes("t")), new byte[100]));
            return Task.CompletedTask;
        }));
        Assert.False((await process.GetValue("{t}more", new Bytes("t")).GetAsync()).Exists);

        foreach (TransactionRunOptions wrong in new TransactionRunOptions[]
        {
            new() { Timeout = TimeSpan.FromDays(1) + TimeSpan.FromTicks(1) },
            new() { Timeout = TimeSpan.Zero },
            new() { MaxAttempts = 0 },
        })
        {
            await OutOfRangeAsync(() => process.RunTransactionAsync(static (_, _) => Task.CompletedTask, wrong));
        }
    }

    /// <summary>To do the same to the same name again is none more.</summary>
    [Fact]
    public async Task Of_the_500_each_name_read_and_written_is_one_and_each_message_completion_and_requirement()
    {
        IConcord process = await ConnectAsync();
        IConcordQueue<int> queue = process.GetQueue<int>("{t}q");
        await queue.EnqueueBatchAsync([1, 2]);
        IDelivery<int> first = (await queue.TryReceiveAsync(TimeSpan.Zero))!;
        IDelivery<int> second = (await queue.TryReceiveAsync(TimeSpan.Zero))!;
        await using ILockHandle hold = await process.GetLock("{t}").AcquireAsync();
        await using ILockHandle other = await process.GetLock("{t}other").AcquireAsync();
        IConcordCounter counter = process.GetCounter("{t}c");
        IConcordValue<int> value = process.GetValue<int>("{t}v");
        await Stage.SoonAsync(process.RunTransactionAsync(async (transaction, token) =>
        {
            for (int i = 0; i < 2; i++)
            {
                await transaction.GetAsync(counter, token);
                transaction.Add(counter, 1);
                transaction.Set(value, i);
            }

            transaction.Require(hold.Fence);
            transaction.Enqueue(queue, 3);
            transaction.Enqueue(queue, 4);
            transaction.Complete(first);
            for (int i = 7; i < 500; i++)
            {
                transaction.Add(process.GetCounter($"{{t}}{i}"), 1);
            }

            await Assert.ThrowsAsync<InvalidOperationException>(
                async () => await transaction.GetAsync(process.GetCounter("{t}more"), token));
            await Assert.ThrowsAsync<InvalidOperationException>(
                async () => await transaction.GetAsync(process.GetCounter("{t}7"), token));
            Assert.Throws<InvalidOperationException>(() => transaction.Add(process.GetCounter("{t}more"), 1));
            Assert.Throws<InvalidOperationException>(() => transaction.Set(process.GetValue<int>("{t}more"), 1));
            Assert.Throws<InvalidOperationException>(() => transaction.Delete(process.GetValue<int>("{t}gone")));
            Assert.Throws<InvalidOperationException>(() => transaction.Require(other.Fence));
            Assert.Throws<InvalidOperationException>(() => transaction.Enqueue(queue, 5));
            Assert.Throws<InvalidOperationException>(() => transaction.Complete(second));
            transaction.Add(counter, 1);
            transaction.Set(value, 7);
        }));

        Assert.Equal((3, 1, 0), (
            await counter.GetAsync(),
            await process.GetCounter("{t}499").GetAsync(),
            await process.GetCounter("{t}more").GetAsync()));
        Assert.Equal(7, (await value.GetAsync()).Value);
        QueueDescription now = await queue.DescribeAsync();
        Assert.Equal((2, 1), (now.Ready, now.InFlight));
    }

    [Fact]
    public async Task Messages_and_values_of_a_transaction_are_a_mebibyte_together()
    {
        IConcord process = await ConnectAsync();
        IConcordQueue<byte[]> queue = process.GetQueue("{t}q", new Bytes("t"));
        IConcordValue<byte[]> value = process.GetValue("{t}v", new Bytes("t"));
        IConcordValue<byte[]> other = process.GetValue("{t}other", new Bytes("t"));
        byte[] large = new byte[400 << 10];
        byte[] message = new byte[200 << 10];
        await Stage.SoonAsync(process.RunTransactionAsync((transaction, _) =>
        {
            transaction.Set(value, large);
            transaction.Enqueue(queue, message);
            transaction.Enqueue(queue, message);
            Assert.Throws<ArgumentException>(() => transaction.Enqueue(queue, new byte[225 << 10]));
            Assert.Throws<ArgumentException>(() => transaction.Set(other, large));
            transaction.Enqueue(queue, message);
            return Task.CompletedTask;
        }));
        Assert.Equal(3, (await queue.DescribeAsync()).Ready);
        Assert.Equal(large.Length, (await Stage.SoonAsync(value.GetAsync())).Value!.Length);
        Assert.False((await other.GetAsync()).Exists);
    }

    [Fact]
    public async Task A_transaction_is_attempted_five_times()
    {
        IConcord process = await ConnectAsync();
        IConcord other = await ConnectAsync();
        int attempts = 0;
        TransactionResult result = await Stage.SoonAsync(process.TryRunTransactionAsync(
            async (transaction, token) =>
            {
                attempts++;
                await transaction.GetAsync(process.GetCounter("c"), token);
                await other.GetCounter("c").AddAsync(1, default, token);
                transaction.Add(process.GetCounter("d"), 1);
            },
            new() { Timeout = TimeSpan.FromMinutes(10) }));
        Assert.Equal(
            (TransactionOutcome.Aborted, TransactionAbortReason.Conflict), (result.Outcome, result.AbortReason));
        Assert.Equal((5, 5), (attempts, await other.GetCounter("c").GetAsync()));
        Assert.Equal(0, await other.GetCounter("d").GetAsync());
    }

    [Fact]
    public async Task A_message_is_256_kibibytes_and_a_batch_a_mebibyte_their_content_types_included()
    {
        IConcord process = await ConnectAsync();
        IConcordQueue<byte[]> queue = process.GetQueue("q", new Bytes(new string('t', 64)));
        const int largest = (256 << 10) - 65;
        await Stage.SoonAsync(queue.EnqueueAsync(new byte[largest]));
        await Assert.ThrowsAnyAsync<ArgumentException>(async () => await queue.EnqueueAsync(new byte[largest + 1]));
        byte[][] batch = [.. Enumerable.Repeat(new byte[largest], 4)];
        await Stage.SoonAsync(queue.EnqueueBatchAsync(batch));
        await Assert.ThrowsAnyAsync<ArgumentException>(
            async () => await queue.EnqueueBatchAsync([.. batch, []]));
        Assert.Equal(5, (await queue.DescribeAsync()).Ready);
        IDelivery<byte[]> first = (await Stage.SoonAsync(queue.TryReceiveAsync(TimeSpan.FromMinutes(1))))!;
        Assert.Equal(largest, first.Message.Length);
    }

    [Fact]
    public async Task A_message_id_and_a_group_are_1_to_256_bytes_and_a_delay_is_a_year_at_most()
    {
        IConcord process = await ConnectAsync();
        IConcordQueue<int> queue = process.GetQueue<int>("q");
        string longest = new('é', 128);
        TimeSpan year = TimeSpan.FromDays(365);
        await queue.EnqueueAsync(1, new() { MessageId = longest, Group = longest });
        await queue.EnqueueAsync(2, new() { Delay = year });
        foreach (EnqueueOptions wrong in new EnqueueOptions[]
        {
            new() { MessageId = longest + "x" },
            new() { MessageId = "" },
            new() { Group = longest + "x" },
            new() { Group = "" },
            new() { Delay = year + TimeSpan.FromTicks(1) },
            new() { Delay = s_negative },
        })
        {
            await Assert.ThrowsAnyAsync<ArgumentException>(async () => await queue.EnqueueAsync(3, wrong));
        }

        IDelivery<int> delivery = (await queue.TryReceiveAsync(TimeSpan.Zero))!;
        Assert.Equal((1, longest), (delivery.Message, delivery.MessageId));
        await OutOfRangeAsync(async () => await delivery.FailAsync(year + TimeSpan.FromTicks(1)));
        await OutOfRangeAsync(async () => await delivery.FailAsync(s_negative));
        await OutOfRangeAsync(async () => await delivery.ExtendAsync(TimeSpan.FromDays(7) + TimeSpan.FromTicks(1)));
        await OutOfRangeAsync(async () => await delivery.ExtendAsync(TimeSpan.Zero));
        await delivery.ExtendAsync(TimeSpan.FromDays(7));
        await delivery.FailAsync(year, new string('r', 5000));
        QueueDescription now = await queue.DescribeAsync();
        Assert.Equal((0, 2, 0), (now.Ready, now.Delayed, now.InFlight));
    }

    [Fact]
    public async Task A_reason_is_cut_at_1024_bytes_at_a_whole_character()
    {
        IConcord process = await ConnectAsync(
            "process", static builder => builder.AddQueue("q", static settings => settings.MaxFailures = 1));
        foreach ((string first, string character, int given, int kept) in new[]
        {
            ("", "r", 1024, 1024),
            ("", "r", 1025, 1024),
            ("", "é", 513, 512),
            ("r", "é", 512, 511),
            ("r", "€", 341, 341),
            ("", "€", 342, 341),
            ("r", "𝄞", 256, 255),
        })
        {
            string reason = first + string.Concat(Enumerable.Repeat(character, given));
            string expected = first + string.Concat(Enumerable.Repeat(character, kept));
            Assert.Equal(expected, await ReasonAsync(delivery => delivery.FailAsync(reason: reason)));
            Assert.Equal(expected, await ReasonAsync(delivery => delivery.DeadLetterAsync(reason)));
        }

        async Task<string?> ReasonAsync(Func<IDelivery<int>, ValueTask> fail)
        {
            await process.GetQueue<int>("q").EnqueueAsync(1);
            await fail((await process.GetQueue<int>("q").TryReceiveAsync(TimeSpan.Zero))!);
            IDelivery<int> dead = (await process.GetQueue<int>("{q}.dead").TryReceiveAsync(TimeSpan.Zero))!;
            await dead.CompleteAsync();
            return dead.DeadLetter!.Reason;
        }
    }

    [Fact]
    public async Task A_queue_is_declared_within_the_bounds_of_its_settings()
    {
        IConcord process = await ConnectAsync("process", static builder => builder
            .AddQueue("least", static settings => Set(settings, TimeSpan.FromSeconds(1), 1, 1))
            .AddQueue("most", static settings => Set(settings, TimeSpan.FromDays(7), 1_000_000, long.MaxValue)));
        foreach (string queue in new[] { "least", "most" })
        {
            await process.GetQueue<int>(queue).EnqueueAsync(1);
        }

        await Assert.ThrowsAsync<QueueFullException>(
            async () => await process.GetQueue<int>("least").EnqueueAsync(2));
        foreach (Action<QueueSettings> wrong in new Action<QueueSettings>[]
        {
            static settings => settings.VisibilityTimeout = TimeSpan.FromSeconds(1) - TimeSpan.FromTicks(1),
            static settings => settings.VisibilityTimeout = TimeSpan.FromDays(7) + TimeSpan.FromTicks(1),
            static settings => settings.MaxFailures = 0,
            static settings => settings.MaxFailures = 1_000_001,
            static settings => settings.MaxLength = 0,
            static settings => settings.MaxBytes = 0,
        })
        {
            await OutOfRangeAsync(() => ConnectAsync("wrong", builder => builder.AddQueue("q", wrong)));
        }

        static void Set(QueueSettings settings, TimeSpan visibility, int failures, long length) =>
            (settings.VisibilityTimeout, settings.MaxFailures, settings.MaxLength) = (visibility, failures, length);
    }

    [Fact]
    public async Task Handlers_and_streams_have_1_to_1000_messages_at_once()
    {
        IConcord process = await ConnectAsync();
        await process.GetQueue<int>("q").EnqueueAsync(1);
        await using (IAsyncEnumerator<IDelivery<int>> stream =
            process.GetQueue<int>("q").ReceiveAllAsync(1000).GetAsyncEnumerator())
        {
            Assert.Equal(1, (await Stage.NextAsync(stream)).Message);
        }

        foreach (int wrong in new[] { 0, 1001 })
        {
            await using IAsyncEnumerator<IDelivery<int>> stream =
                process.GetQueue<int>("q").ReceiveAllAsync(wrong).GetAsyncEnumerator();
            await OutOfRangeAsync(async () => await stream.MoveNextAsync());
        }

        foreach (Action<QueueHandlerOptions> wrong in new Action<QueueHandlerOptions>[]
        {
            static options => options.MaxConcurrency = 0,
            static options => options.MaxConcurrency = 1001,
            static options => options.RetryDelay = s_negative,
            static options => options.MaxRetryDelay = TimeSpan.FromDays(365) + TimeSpan.FromTicks(1),
            static options => options.MaxRetryDelay = TimeSpan.Zero,
        })
        {
            await OutOfRangeAsync(() => ConnectAsync(
                "wrong", builder => builder.AddQueueHandler<int, Nothing>("q", wrong)));
        }
    }

    private static async Task OutOfRangeAsync(Func<Task> call) =>
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(call);

    private sealed class Nothing : IQueueHandler<int>
    {
        public Task HandleAsync(IDelivery<int> delivery, CancellationToken cancellationToken) => Task.CompletedTask;
    }

    /// <summary>Bytes as they are: as many as are stored.</summary>
    private sealed class Bytes(string contentType) : IConcordSerializer<byte[]>
    {
        public string ContentType => contentType;

        public void Serialize(byte[] value, IBufferWriter<byte> target) => target.Write(value);

        public byte[] Deserialize(ReadOnlySequence<byte> source) => source.ToArray();
    }
}
