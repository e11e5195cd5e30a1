using Concord.Conformance.Engines;
using Microsoft.Extensions.DependencyInjection;

namespace Concord.Conformance.Cases;

/// <summary>What the documentation of <see cref="IConcordTransaction"/> promises. With <c>{t}</c> everything lies in
/// one slot; with nothing in front, names lie in several slots and, where the engine has them, shards.</summary>
public abstract class TransactionCases(Engine engine) : CaseBase(engine)
{
    [Theory]
    [InlineData("{t}")]
    [InlineData("")]
    public async Task All_of_it_happens_or_nothing(string tag)
    {
        IConcord process = await ConnectAsync();
        await using ILockHandle hold = await process.GetLock($"{tag}lock").AcquireAsync();
        IConcordQueue<string> inbox = process.GetQueue<string>($"{tag}in");
        await inbox.EnqueueBatchAsync(["a", "b"]);
        foreach (bool commits in new[] { false, true })
        {
            IDelivery<string> delivery =
                (await Stage.SoonAsync(inbox.TryReceiveAsync(TimeSpan.FromMinutes(1))))!;
            Assert.Equal("a", delivery.Message);
            TransactionResult result = await Stage.SoonAsync(process.TryRunTransactionAsync((transaction, _) =>
            {
                transaction.Require(hold.Fence);
                transaction.Complete(delivery);
                transaction.Enqueue(process.GetQueue<string>($"{tag}out"), "done");
                transaction.Add(process.GetCounter($"{tag}count"), 1);
                transaction.Set(process.GetValue<string>($"{tag}last"), "a");
                transaction.Add(process.GetCounter($"{tag}stock"), -1, new(Min: commits ? -1 : 0));
                return Task.CompletedTask;
            }));

            Assert.Equal(
                commits ? TransactionOutcome.Committed : TransactionOutcome.Aborted, result.Outcome);
            Assert.Equal(
                commits ? (TransactionAbortReason.None, null)
                    : (TransactionAbortReason.BoundViolated, (string?)$"{tag}stock"),
                (result.AbortReason, result.RefusedBy));
            Assert.Equal(commits ? 1 : 0, await process.GetCounter($"{tag}count").GetAsync());
            Assert.Equal(commits, (await process.GetValue<string>($"{tag}last").GetAsync()).Exists);

            // A description waits for no decision: it may be a moment behind what is committed elsewhere.
            await Stage.UntilAsync(
                async () => (await process.GetQueue<string>($"{tag}out").DescribeAsync()).Ready == (commits ? 1 : 0),
                "the message is there if it was committed");
            if (!commits)
            {
                await Stage.SoonAsync(delivery.ReleaseAsync());
            }
            else
            {
                await Assert.ThrowsAsync<HoldLostException>(() => Stage.SoonAsync(delivery.CompleteAsync()));
                Assert.False(delivery.Lost.IsCancellationRequested, "it was settled, not lost");
            }
        }

        await Stage.UntilAsync(async () => (await inbox.DescribeAsync()).Ready == 1, "one is left");
    }

    [Theory]
    [InlineData("{t}")]
    [InlineData("")]
    public async Task What_is_required_must_be_held(string tag)
    {
        IConcord first = await ConnectAsync();
        IConcord second = await ConnectAsync();
        ILockHandle old = await first.GetLock($"{tag}lock").AcquireAsync();
        await old.ReleaseAsync();
        await using ILockHandle hold = await second.GetLock($"{tag}lock").AcquireAsync();

        TransactionResult stale = await WriteAsync(first, old.Fence);
        TransactionResult others = await WriteAsync(first, hold.Fence);

        Assert.Equal(
            (TransactionOutcome.Aborted, TransactionAbortReason.FenceRejected), (stale.Outcome, stale.AbortReason));
        Assert.Contains("lock", stale.RefusedBy, StringComparison.Ordinal);
        Assert.Equal(TransactionOutcome.Committed, others.Outcome);
        Assert.Equal(1, await first.GetCounter($"{tag}c").GetAsync());

        Task<TransactionResult> WriteAsync(IConcord process, Fence fence) =>
            Stage.SoonAsync(process.TryRunTransactionAsync((transaction, _) =>
            {
                transaction.Require(fence);
                transaction.Add(process.GetCounter($"{tag}c"), 1);
                return Task.CompletedTask;
            }));
    }

    [Theory]
    [InlineData("{t}")]
    [InlineData("")]
    public async Task A_lost_delivery_aborts_what_completes_it(string tag)
    {
        IConcord process = await ConnectAsync();
        IConcordQueue<string> queue = process.GetQueue<string>($"{tag}q");
        await queue.EnqueueAsync("a");
        IDelivery<string> lost = (await queue.TryReceiveAsync(TimeSpan.Zero))!;
        await lost.ExtendAsync(SoonOver);
        IDelivery<string> now = (await Stage.SoonAsync(queue.TryReceiveAsync(TimeSpan.FromMinutes(5))))!;
        await now.ExtendAsync(TimeSpan.FromHours(1));

        ConcordTransactionException aborted = await Assert.ThrowsAsync<ConcordTransactionException>(
            () => CompleteAsync(lost));
        await CompleteAsync(now);

        Assert.Equal(TransactionAbortReason.FenceRejected, aborted.Result.AbortReason);
        Assert.Equal((OperationOutcome.Refused, false), (aborted.Outcome, aborted.IsTransient));
        Assert.Equal(1, await process.GetCounter($"{tag}c").GetAsync());
        Assert.Equal(0, (await queue.DescribeAsync()).InFlight);
        await Assert.ThrowsAsync<HoldLostException>(() => CompleteAsync(now));
        Assert.Equal(1, await process.GetCounter($"{tag}c").GetAsync());

        Task CompleteAsync(IDelivery<string> delivery) =>
            Stage.SoonAsync(process.RunTransactionAsync((transaction, _) =>
            {
                transaction.Complete(delivery);
                transaction.Add(process.GetCounter($"{tag}c"), 1);
                return Task.CompletedTask;
            }));
    }

    [Fact]
    public async Task A_full_queue_aborts_and_a_known_message_id_does_not()
    {
        IConcord process = await ConnectAsync(
            "process", static builder => builder.AddQueue("q", static settings => settings.MaxLength = 1));
        IConcordQueue<string> queue = process.GetQueue<string>("q");
        await EnqueueAsync("1");
        await EnqueueAsync("1");
        TransactionResult full = await Stage.SoonAsync(TryEnqueueAsync("2"));
        Assert.Equal((TransactionAbortReason.QueueFull, "q"), (full.AbortReason, full.RefusedBy));
        Assert.Equal(1, (await queue.DescribeAsync()).Ready);
        Assert.Equal(2, await process.GetCounter("c").GetAsync());

        async Task EnqueueAsync(string id) => (await Stage.SoonAsync(TryEnqueueAsync(id))).EnsureCommitted();

        Task<TransactionResult> TryEnqueueAsync(string id) => process.TryRunTransactionAsync((transaction, _) =>
        {
            transaction.Enqueue(queue, id, new() { MessageId = id });
            transaction.Add(process.GetCounter("c"), 1);
            return Task.CompletedTask;
        });
    }

    [Theory]
    [InlineData("{t}")]
    [InlineData("")]
    public async Task Of_several_that_refuse_the_first_in_the_order_of_the_calls_is_named(string tag)
    {
        IConcord process = await ConnectAsync();
        foreach (string[] order in new string[][] { ["a", "b", "c"], ["c", "b", "a"], ["b", "c", "a"] })
        {
            TransactionResult refused = await Stage.SoonAsync(process.TryRunTransactionAsync((transaction, _) =>
            {
                transaction.Set(process.GetValue<int>($"{tag}v"), 1);
                foreach (string name in order)
                {
                    transaction.Add(process.GetCounter(tag + name), -1, new(Min: 0));
                }

                return Task.CompletedTask;
            }));

            Assert.Equal(
                (TransactionAbortReason.BoundViolated, tag + order[0]), (refused.AbortReason, refused.RefusedBy));
        }

        Assert.False((await process.GetValue<int>($"{tag}v").GetAsync()).Exists);
    }

    [Fact]
    public async Task Additions_within_bounds_meet_without_a_conflict()
    {
        IConcord[] processes = [await ConnectAsync(), await ConnectAsync(), await ConnectAsync()];
        await processes[0].GetCounter("stock").AddAsync(40);
        TransactionResult[] results = await Stage.SoonAsync(Task.WhenAll(Enumerable.Range(0, 40).Select(
            i => OrderAsync(processes[i % 3]))));
        Assert.All(results, static result => Assert.Equal(TransactionOutcome.Committed, result.Outcome));
        TransactionResult last = await Stage.SoonAsync(OrderAsync(processes[0]));
        Assert.Equal((TransactionAbortReason.BoundViolated, "stock"), (last.AbortReason, last.RefusedBy));
        Assert.Equal(40, await Stage.SoonAsync(processes[1].GetCounter("shipped").GetAsync()));

        static Task<TransactionResult> OrderAsync(IConcord process) => process.TryRunTransactionAsync(
            (transaction, _) =>
            {
                transaction.Add(process.GetCounter("stock"), -1, new(Min: 0));
                transaction.Add(process.GetCounter("shipped"), 1);
                return Task.CompletedTask;
            },
            new() { MaxAttempts = 1, Timeout = TimeSpan.FromSeconds(60) });
    }

    [Fact]
    public async Task Who_has_seen_a_part_of_it_sees_the_rest()
    {
        IConcord writer = await ConnectAsync();
        IConcord reader = await ConnectAsync();
        Task writes = WriteAsync();
        int seen = 0;
        while (seen < 20)
        {
            int one = (await Stage.SoonAsync(reader.GetValue<int>("one").GetAsync())).Value;
            int other = (await Stage.SoonAsync(reader.GetValue<int>("other").GetAsync())).Value;
            Assert.True(one >= seen && other >= one, $"{seen} was seen, then {one}, then {other}");
            seen = other;
        }

        await Stage.SoonAsync(writes);

        async Task WriteAsync()
        {
            for (int i = 1; i <= 20; i++)
            {
                await writer.RunTransactionAsync((transaction, _) =>
                {
                    transaction.Set(writer.GetValue<int>("one"), i);
                    transaction.Set(writer.GetValue<int>("other"), i);
                    return Task.CompletedTask;
                });
            }
        }
    }

    [Fact]
    public async Task A_counter_that_is_read_and_added_to_there_gives_numbers_without_gaps()
    {
        IConcord[] processes = [await ConnectAsync(), await ConnectAsync()];
        Task<long?>[] invoices = [.. Enumerable.Range(0, 12).Select(i => InvoiceAsync(processes[i % 2], i % 4 == 3))];
        long?[] given = await Stage.SoonAsync(Task.WhenAll(invoices));
        Assert.Equal(Enumerable.Range(1, 9).Select(static i => (long)i), given.OfType<long>().Order());

        static async Task<long?> InvoiceAsync(IConcord process, bool fails)
        {
            try
            {
                return await process.RunTransactionAsync(
                    async (transaction, token) =>
                    {
                        long number = await transaction.GetAsync(process.GetCounter("number"), token) + 1;
                        transaction.Add(process.GetCounter("number"), 1);
                        transaction.Set(process.GetValue<string>($"invoice-{number}"), "text");
                        return fails ? throw new FormatException() : number;
                    },
                    new() { MaxAttempts = 1000, Timeout = TimeSpan.FromSeconds(60) });
            }
            catch (FormatException)
            {
                return null;
            }
        }
    }

    [Fact]
    public async Task A_body_that_misses_the_deadline_is_aborted()
    {
        IConcord process = await ConnectAsync();
        TransactionResult late = await Stage.SoonAsync(process.TryRunTransactionAsync(
            async (transaction, token) =>
            {
                transaction.Add(process.GetCounter("c"), 1);
                await Task.Delay(Timeout.InfiniteTimeSpan, token);
            },
            new() { Timeout = TimeSpan.FromMilliseconds(100) }));
        Assert.Equal(
            (TransactionOutcome.Aborted, TransactionAbortReason.TimedOut), (late.Outcome, late.AbortReason));
        Assert.Equal(0, await process.GetCounter("c").GetAsync());
    }

    [Fact]
    public async Task Money_moves_between_accounts_and_is_never_more_or_less()
    {
        IConcord[] processes = [await ConnectAsync(), await ConnectAsync(), await ConnectAsync()];
        foreach (int account in Enumerable.Range(0, 6))
        {
            await processes[0].GetCounter($"account-{account}").AddAsync(10);
        }

        await Stage.SoonAsync(Task.WhenAll(Enumerable.Range(0, 36).Select(i => MoveAsync(
            processes[i % 3], i % 6, (i * 5 + 1) % 6 == i % 6 ? (i + 1) % 6 : (i * 5 + 1) % 6))));

        long sum = 0;
        foreach (int account in Enumerable.Range(0, 6))
        {
            long balance = await Stage.SoonAsync(processes[1].GetCounter($"account-{account}").GetAsync());
            Assert.True(balance >= 0);
            sum += balance;
        }

        Assert.Equal(60, sum);

        static Task MoveAsync(IConcord process, int from, int to) => process.TryRunTransactionAsync(
            (transaction, _) =>
            {
                transaction.Add(process.GetCounter($"account-{from}"), -3, new(Min: 0));
                transaction.Add(process.GetCounter($"account-{to}"), 3);
                return Task.CompletedTask;
            },
            new() { MaxAttempts = 100, Timeout = TimeSpan.FromSeconds(60) });
    }

    [Fact]
    public async Task What_was_read_must_not_have_changed_and_a_transaction_sees_its_own_writes()
    {
        IConcord first = await ConnectAsync();
        IConcord second = await ConnectAsync();
        int runs = 0;
        await first.GetValue<int>("v").SetAsync(1);

        int read = await Stage.SoonAsync(first.RunTransactionAsync(async (transaction, token) =>
        {
            int now = (await transaction.GetAsync(first.GetValue<int>("v"), token)).Value;
            if (++runs == 1)
            {
                await second.GetValue<int>("v").SetAsync(10, default, token);
            }

            transaction.Set(first.GetValue<int>("v"), now + 1);
            transaction.Add(first.GetCounter("c"), 5);
            Assert.Equal(now + 1, (await transaction.GetAsync(first.GetValue<int>("v"), token)).Value);
            Assert.Equal(5, await transaction.GetAsync(first.GetCounter("c"), token));
            return now;
        }));

        Assert.Equal((10, 2), (read, runs));
        Assert.Equal(11, (await second.GetValue<int>("v").GetAsync()).Value);
        TransactionResult conflict = await Stage.SoonAsync(first.TryRunTransactionAsync(
            async (transaction, token) =>
            {
                int now = (await transaction.GetAsync(first.GetValue<int>("v"), token)).Value;
                await second.GetValue<int>("v").SetAsync(now + 1, default, token);
                transaction.Delete(first.GetValue<int>("v"));
            },
            new() { MaxAttempts = 2 }));
        Assert.Equal(
            (TransactionOutcome.Aborted, TransactionAbortReason.Conflict), (conflict.Outcome, conflict.AbortReason));
        Assert.Throws<ConcordTransactionException>(conflict.EnsureCommitted);
    }

    [Fact]
    public async Task The_bodys_own_exception_aborts_and_comes_out_unchanged()
    {
        IConcord process = await ConnectAsync();
        await Assert.ThrowsAsync<FormatException>(() => process.RunTransactionAsync((transaction, _) =>
        {
            transaction.Add(process.GetCounter("c"), 1);
            throw new FormatException();
        }));
        Assert.Equal(0, await process.GetCounter("c").GetAsync());
    }

    [Fact]
    public async Task A_key_commits_once_from_whatever_process_and_an_aborted_one_may_run_again()
    {
        IConcord first = await ConnectAsync();
        IConcord second = await ConnectAsync();
        var once = new TransactionRunOptions { IdempotencyKey = "{t}order" };
        Assert.Equal(TransactionOutcome.Aborted, (await AddAsync(first, new(Max: 0))).Outcome);
        Assert.Equal(TransactionOutcome.Committed, (await AddAsync(first, default)).Outcome);
        Assert.Equal(TransactionOutcome.Committed, (await AddAsync(second, default)).Outcome);
        await Stage.LeaveAsync(first);
        Assert.Equal(TransactionOutcome.Committed, (await AddAsync(second, new(Max: 0))).Outcome);
        Assert.Equal((1, 1), (
            await second.GetCounter("{t}a").GetAsync(), await second.GetCounter("b").GetAsync()));

        Task<TransactionResult> AddAsync(IConcord process, CounterBounds bounds) =>
            Stage.SoonAsync(process.TryRunTransactionAsync(
                (transaction, _) =>
                {
                    transaction.Add(process.GetCounter("{t}a"), 1, bounds);
                    transaction.Add(process.GetCounter("b"), 1);
                    return Task.CompletedTask;
                },
                once));
    }

    /// <summary>Else a message that is sent twice would come again until it is a dead letter.</summary>
    [Fact]
    public async Task A_key_that_has_committed_completes_the_message_that_came_again()
    {
        IConcord process = await ConnectAsync();
        IConcordQueue<string> queue = process.GetQueue<string>("{t}q");
        for (int sent = 1; sent <= 2; sent++)
        {
            await queue.EnqueueAsync("order 1");
            IDelivery<string> delivery = (await Stage.SoonAsync(queue.TryReceiveAsync(TimeSpan.FromMinutes(1))))!;
            long seen = await Stage.SoonAsync(process.RunTransactionAsync(
                async (transaction, token) =>
                {
                    transaction.Complete(delivery);
                    transaction.Add(process.GetCounter("{t}orders"), 1);
                    return await transaction.GetAsync(process.GetCounter("{t}orders"), token);
                },
                new() { IdempotencyKey = "{t}order 1" }));

            // The value is what this run's body returned, whoever committed.
            Assert.Equal(sent, seen);
            Assert.False(delivery.Lost.IsCancellationRequested, "it was settled, not lost");
        }

        QueueDescription left = await queue.DescribeAsync();
        Assert.Equal((0, 0), (left.Ready, left.InFlight));
        Assert.Equal(1, await process.GetCounter("{t}orders").GetAsync());
    }

    [Fact]
    public async Task Its_result_can_be_asked_for_as_long_as_the_session_lives()
    {
        IConcord process = await ConnectAsync();
        TransactionResult committed = await Stage.SoonAsync(process.TryRunTransactionAsync((transaction, _) =>
        {
            transaction.Add(process.GetCounter("a"), 1);
            transaction.Add(process.GetCounter("b"), 1);
            return Task.CompletedTask;
        }));
        Assert.Equal(
            TransactionOutcome.Committed,
            (await Stage.SoonAsync(process.GetTransactionResultAsync(committed.Id))).Outcome);
    }
}
