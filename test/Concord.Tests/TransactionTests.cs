using Concord.Engines;
using Concord.Operations;
using Concord.Primitives;

namespace Concord.Tests;

public sealed class TransactionTests
{
    private readonly ModelEngine _engine = new();
    private readonly ManualTime _time = new();
    private readonly ConcordClient _concord;
    private readonly IConcordCounter _stock;
    private readonly IConcordCounter _account;
    private readonly IConcordValue<string> _shipment;

    public TransactionTests()
    {
        _concord = _engine.NewClient(_time);
        _stock = _concord.GetCounter("stock");
        _account = _concord.GetCounter("account");
        _shipment = _concord.GetValue<string>("shipment");
    }

    [Fact]
    public async Task All_of_it_happens_in_one_commit()
    {
        await _stock.AddAsync(10);
        int answer = await _concord.RunTransactionAsync((transaction, _) =>
        {
            transaction.Add(_stock, -3, new(Min: 0));
            transaction.Add(_account, 30);
            transaction.Set(_shipment, "sent");
            return Task.FromResult(42);
        });

        Assert.Equal((42, 7L, 30L), (answer, await _stock.GetAsync(), await _account.GetAsync()));
        Assert.Equal("sent", (await _shipment.GetAsync()).Value);
        Assert.Equal(
            [ActionKind.Add, ActionKind.Add, ActionKind.Set],
            Assert.Single(_engine.Commits).Actions.Select(action => action.Kind));
    }

    [Fact]
    public async Task Or_nothing_and_the_first_that_refuses_is_named()
    {
        await _stock.AddAsync(2);
        TransactionResult result = await _concord.TryRunTransactionAsync((transaction, _) =>
        {
            transaction.Set(_shipment, "sent");
            transaction.Add(_stock, -3, new(Min: 0));
            transaction.Add(_account, -1, new(Min: 0));
            return Task.CompletedTask;
        });

        Assert.Equal(
            (TransactionOutcome.Aborted, TransactionAbortReason.BoundViolated, "stock"),
            (result.Outcome, result.AbortReason, result.RefusedBy));
        Assert.Equal(2, await _stock.GetAsync());
        Assert.False((await _shipment.GetAsync()).Exists);
        Assert.Single(_engine.Commits);
    }

    [Fact]
    public async Task An_abort_throws_unless_it_is_tried()
    {
        ConcordTransactionException thrown = await Assert.ThrowsAsync<ConcordTransactionException>(() =>
            _concord.RunTransactionAsync((transaction, _) =>
            {
                transaction.Add(_stock, -1, new(Min: 0));
                return Task.CompletedTask;
            }));
        Assert.Equal(
            ("CNC3001", OperationOutcome.Refused, false), (thrown.ErrorCode, thrown.Outcome, thrown.IsTransient));
    }

    [Fact]
    public async Task Reads_see_the_transactions_own_writes()
    {
        await _shipment.SetAsync("old");
        await _stock.AddAsync(10);
        await _concord.RunTransactionAsync(async (transaction, token) =>
        {
            Assert.Equal("old", (await transaction.GetAsync(_shipment, token)).Value);
            transaction.Set(_shipment, "new");
            Versioned<string> pending = await transaction.GetAsync(_shipment, token);
            Assert.Equal(("new", true), (pending.Value, pending.Exists));
            transaction.Delete(_shipment);
            Assert.False((await transaction.GetAsync(_shipment, token)).Exists);
            transaction.Set(_shipment, "newest");

            transaction.Add(_stock, -3);
            Assert.Equal(7, await transaction.GetAsync(_stock, token));
            transaction.Add(_stock, -2);
            Assert.Equal(5, await transaction.GetAsync(_stock, token));
        });

        Assert.Equal(("newest", 5L), ((await _shipment.GetAsync()).Value, await _stock.GetAsync()));
        Assert.Equal(
            [ActionKind.Validate, ActionKind.Set, ActionKind.Validate, ActionKind.Add],
            Assert.Single(_engine.Commits).Actions.Select(action => action.Kind));
    }

    [Fact]
    public async Task A_read_after_an_addition_is_validated_before_it_and_moves_no_other_write()
    {
        await _concord.RunTransactionAsync(async (transaction, token) =>
        {
            transaction.Add(_stock, 1);
            transaction.Add(_account, 10);
            transaction.Set(_shipment, "a");
            Assert.Equal(1, await transaction.GetAsync(_stock, token));
            transaction.Add(_account, 20);
            transaction.Set(_shipment, "b");
            Assert.Equal(30, await transaction.GetAsync(_account, token));
            transaction.Add(_stock, 1);
        });

        Assert.Equal(
            (2L, 30L, "b"),
            (await _stock.GetAsync(), await _account.GetAsync(), (await _shipment.GetAsync()).Value));
        Assert.Equal(
            [ActionKind.Validate, ActionKind.Add, ActionKind.Validate, ActionKind.Add, ActionKind.Set],
            Assert.Single(_engine.Commits).Actions.Select(action => action.Kind));
    }

    [Fact]
    public async Task A_blind_write_is_not_validated_even_when_it_is_read_back()
    {
        _engine.BeforeCommit = async (_, _) => await _shipment.SetAsync("by another");
        await _concord.RunTransactionAsync(async (transaction, token) =>
        {
            transaction.Set(_shipment, "mine");
            Assert.Equal("mine", (await transaction.GetAsync(_shipment, token)).Value);
        });
        Assert.Equal("mine", (await _shipment.GetAsync()).Value);
    }

    [Fact]
    public async Task A_second_read_sees_the_first_and_is_validated_once()
    {
        await _shipment.SetAsync("first");
        TransactionResult result = await _concord.TryRunTransactionAsync(
            async (transaction, token) =>
            {
                Assert.Equal("first", (await transaction.GetAsync(_shipment, token)).Value);
                await _shipment.SetAsync("second");
                Assert.Equal("first", (await transaction.GetAsync(_shipment, token)).Value);
            },
            new() { MaxAttempts = 1 });

        Assert.Equal((TransactionAbortReason.Conflict, "shipment"), (result.AbortReason, result.RefusedBy));
        Assert.Single(_engine.Commits[0].Actions);
    }

    [Fact]
    public async Task Several_additions_to_one_counter_are_one_with_the_bounds_of_each()
    {
        await _stock.AddAsync(5);
        TransactionResult dips = await _concord.TryRunTransactionAsync((transaction, _) =>
        {
            transaction.Add(_stock, -6, new(Min: 0));
            transaction.Add(_stock, 10);
            return Task.CompletedTask;
        });
        Assert.Equal(TransactionAbortReason.BoundViolated, dips.AbortReason);

        await _concord.RunTransactionAsync((transaction, _) =>
        {
            transaction.Add(_stock, 10);
            transaction.Add(_stock, -6, new(Min: 0));
            return Task.CompletedTask;
        });
        Assert.Equal(9, await _stock.GetAsync());
        Assert.All(_engine.Commits, commit => Assert.Single(commit.Actions));
    }

    [Fact]
    public async Task Additions_do_not_conflict_but_a_read_counter_does()
    {
        await _stock.AddAsync(5);
        int others = 0;
        _engine.BeforeCommit = async (_, _) =>
        {
            if (others++ == 0)
            {
                await _stock.AddAsync(100);
            }
        };
        int runs = 0;
        await _concord.RunTransactionAsync((transaction, _) =>
        {
            runs++;
            transaction.Add(_stock, 1);
            return Task.CompletedTask;
        });
        Assert.Equal(1, runs);

        (others, runs) = (0, 0);
        await _concord.RunTransactionAsync(async (transaction, token) =>
        {
            runs++;
            transaction.Add(_stock, -await transaction.GetAsync(_stock, token));
        });
        Assert.Equal((2, 0L), (runs, await _stock.GetAsync()));
    }

    [Fact]
    public async Task A_conflict_runs_the_body_again_with_the_same_age_and_growing_waits_up_to_the_limit()
    {
        _engine.BeforeCommit = async (_, _) => await _shipment.SetAsync("by another");
        ConcordTransactionException thrown = await Assert.ThrowsAsync<ConcordTransactionException>(() =>
            _concord.RunTransactionAsync(
                async (transaction, token) => await transaction.GetAsync(_shipment, token),
                new() { MaxAttempts = 12, Timeout = TimeSpan.FromMinutes(1) }));

        Assert.Equal((TransactionAbortReason.Conflict, true), (thrown.Result.AbortReason, thrown.IsTransient));
        Assert.Equal(12, _engine.Commits.Count);
        Assert.Single(_engine.Commits.Select(commit => commit.StartedAt).Distinct());
        Assert.Equal(12, _engine.Commits.Select(commit => commit.Id).Distinct().Count());
        Assert.InRange(_time.Skipped.Count, 8, 11);
        Assert.All(_time.Skipped, delay => Assert.InRange(delay.TotalMilliseconds, 0, 100));
    }

    [Fact]
    public void Waits_grow_to_a_hundred_milliseconds_and_differ_between_clients()
    {
        for (int attempt = 1; attempt < 20; attempt++)
        {
            double most = Math.Min(100, Math.Pow(2, attempt - 1));
            TimeSpan[] delays =
                [.. Enumerable.Range(0, 200).Select(seed => Backoff.Delay(attempt, (ulong)seed * 7919))];
            Assert.All(delays, delay => Assert.InRange(delay.TotalMilliseconds, 0, most));
            Assert.InRange(delays.Max().TotalMilliseconds, most * 0.9, most);
            Assert.InRange(delays.Min().TotalMilliseconds, 0, most * 0.1);
        }
    }

    [Fact]
    public async Task The_users_exception_comes_out_unchanged_and_nothing_happens()
    {
        var own = new InvalidTimeZoneException("mine");
        Exception thrown = await Assert.ThrowsAsync<InvalidTimeZoneException>(() =>
            _concord.TryRunTransactionAsync((transaction, _) =>
            {
                transaction.Add(_stock, 1);
                throw own;
            }));
        Assert.Same(own, thrown);
        Assert.Empty(_engine.Commits);
        Assert.Equal(0, await _stock.GetAsync());
    }

    [Fact]
    public async Task An_empty_transaction_needs_no_engine_and_one_that_only_reads_is_validated()
    {
        TransactionResult empty = await _concord.TryRunTransactionAsync((_, _) => Task.CompletedTask);
        Assert.Equal(TransactionOutcome.Committed, empty.Outcome);
        Assert.Empty(_engine.Commits);

        await _concord.RunTransactionAsync(async (transaction, token) => await transaction.GetAsync(_stock, token));
        Assert.Equal(ActionKind.Validate, Assert.Single(Assert.Single(_engine.Commits).Actions).Kind);
    }

    [Fact]
    public async Task A_body_that_misses_the_deadline_is_aborted_and_not_committed()
    {
        TransactionResult waiting = await _concord.TryRunTransactionAsync(async (transaction, token) =>
        {
            transaction.Add(_stock, 1);
            _time.Advance(TimeSpan.FromSeconds(11));
            await Task.Delay(Timeout.Infinite, token);
        });
        TransactionResult deaf = await _concord.TryRunTransactionAsync((transaction, _) =>
        {
            transaction.Add(_stock, 1);
            _time.Advance(TimeSpan.FromSeconds(11));
            return Task.CompletedTask;
        });

        Assert.Equal(
            (TransactionOutcome.Aborted, TransactionAbortReason.TimedOut), (waiting.Outcome, waiting.AbortReason));
        Assert.Equal((TransactionOutcome.Aborted, TransactionAbortReason.TimedOut), (deaf.Outcome, deaf.AbortReason));
        Assert.Empty(_engine.Commits);
    }

    [Fact]
    public async Task The_callers_cancellation_comes_out_with_his_token()
    {
        using var source = new CancellationTokenSource();
        OperationCanceledException thrown = await Assert.ThrowsAnyAsync<OperationCanceledException>(() =>
            _concord.RunTransactionAsync(
                async (_, token) =>
                {
                    await source.CancelAsync();
                    await Task.Delay(Timeout.Infinite, token);
                },
                cancellationToken: source.Token));
        Assert.Equal(source.Token, thrown.CancellationToken);
    }

    [Fact]
    public async Task A_commit_without_an_answer_is_in_doubt_until_it_is_asked_for()
    {
        _engine.LosesAnswers = true;
        TransactionResult result = await _concord.TryRunTransactionAsync(Add);
        Assert.Equal(TransactionOutcome.InDoubt, result.Outcome);
        Assert.Equal(TransactionOutcome.Committed, (await _concord.GetTransactionResultAsync(result.Id)).Outcome);

        ConcordTransactionException thrown = await Assert.ThrowsAsync<ConcordTransactionException>(
            () => _concord.RunTransactionAsync(Add));
        Assert.Equal(("CNC3002", OperationOutcome.Unknown), (thrown.ErrorCode, thrown.Outcome));
        Assert.IsType<OutcomeUnknownException>(thrown.InnerException);

        _engine.BeforeCommit = (_, token) =>
        {
            _time.Advance(TimeSpan.FromSeconds(11));
            token.ThrowIfCancellationRequested();
            return Task.CompletedTask;
        };
        TransactionResult late = await _concord.TryRunTransactionAsync(Add);
        Assert.Equal(TransactionOutcome.InDoubt, late.Outcome);
        TransactionResult settled = await _concord.GetTransactionResultAsync(late.Id);
        Assert.Equal(
            (TransactionOutcome.Aborted, TransactionAbortReason.TimedOut), (settled.Outcome, settled.AbortReason));

        Assert.True(RequestKey.TryParse(result.Id.Value, out RequestKey request));
        _engine.Forget(request);
        Assert.Equal(TransactionOutcome.InDoubt, (await _concord.GetTransactionResultAsync(result.Id)).Outcome);
        await Assert.ThrowsAsync<ArgumentException>(async () => await _concord.GetTransactionResultAsync(new("x")));
    }

    [Fact]
    public async Task An_engine_that_is_not_there_is_said_as_it_is()
    {
        _engine.BeforeCommit = (_, _) => throw EngineErrors.Unavailable("No leader.");
        EngineUnavailableException thrown = await Assert.ThrowsAsync<EngineUnavailableException>(
            () => _concord.TryRunTransactionAsync(Add));
        Assert.Equal("CNC1001", thrown.ErrorCode);
    }

    [Fact]
    public async Task The_same_idempotency_key_commits_once()
    {
        var options = new TransactionRunOptions { IdempotencyKey = "order-{7}" };
        TransactionResult first = await _concord.TryRunTransactionAsync(Add, options);
        TransactionResult second = await _concord.TryRunTransactionAsync(Add, options);

        Assert.Equal((TransactionOutcome.Committed, first.Id), (second.Outcome, second.Id));
        Assert.Equal(1, await _stock.GetAsync());
        Assert.All(_engine.Commits, commit => Assert.Equal(SlotHash.Of("", "7"), commit.Id.Slot));
        Assert.Equal(new IdempotencyName("", "order-{7}"), _engine.Commits[0].IdempotencyKey);
    }

    [Fact]
    public async Task The_anchor_is_where_the_first_write_lies_then_the_first_read()
    {
        await _concord.RunTransactionAsync(async (transaction, token) =>
        {
            await transaction.GetAsync(_shipment, token);
            transaction.Add(_account, 1);
            transaction.Add(_stock, 1);
        });
        Assert.Equal(SlotHash.Of("", "account"), _engine.Commits[^1].Id.Slot);

        await _concord.RunTransactionAsync(async (transaction, token) => await transaction.GetAsync(_shipment, token));
        Assert.Equal(SlotHash.Of("", "shipment"), _engine.Commits[^1].Id.Slot);
    }

    [Fact]
    public async Task An_id_that_was_seen_does_not_change()
    {
        List<TransactionId> seen = [];
        TransactionResult result = await _concord.TryRunTransactionAsync(async (transaction, token) =>
        {
            seen.Add(transaction.Id);
            await transaction.GetAsync(_shipment, token);
            transaction.Add(_stock, 1);
            seen.Add(transaction.Id);
        });
        Assert.All(seen, id => Assert.Equal(result.Id, id));
        Assert.Equal(result.Id.Value, _engine.Commits[0].Id.ToString());
    }

    [Fact]
    public async Task A_transaction_has_bounds()
    {
        await Assert.ThrowsAsync<InvalidOperationException>(() => _concord.RunTransactionAsync((transaction, _) =>
        {
            for (int i = 0; i <= TransactionAttempt.ActionsMax; i++)
            {
                Assert.Equal(i, ((TransactionAttempt)transaction).ToRequest(default).Actions.Count);
                transaction.Add(_concord.GetCounter($"c-{i}"), 1);
            }

            return Task.CompletedTask;
        }));
        await Assert.ThrowsAsync<ArgumentException>(() => _concord.RunTransactionAsync((transaction, _) =>
        {
            transaction.Set(_concord.GetValue<string>("a"), new string('x', 600_000));
            transaction.Set(_concord.GetValue<string>("a"), new string('y', 600_000));
            transaction.Set(_concord.GetValue<string>("b"), new string('x', 600_000));
            return Task.CompletedTask;
        }));
        await Assert.ThrowsAsync<OverflowException>(() => _concord.RunTransactionAsync((transaction, _) =>
        {
            transaction.Add(_stock, long.MaxValue);
            transaction.Add(_stock, 1);
            return Task.CompletedTask;
        }));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(
            () => _concord.RunTransactionAsync(Add, new() { MaxAttempts = 0 }));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(
            () => _concord.RunTransactionAsync(Add, new() { Timeout = TimeSpan.Zero }));
        Assert.Empty(_engine.Commits);
    }

    [Fact]
    public async Task A_transaction_is_useless_afterwards_and_takes_nothing_foreign_and_no_two_calls_at_once()
    {
        IConcordTransaction? kept = null;
        await _concord.RunTransactionAsync((transaction, _) =>
        {
            kept = transaction;
            IConcordCounter foreign = _engine.NewClient().GetCounter("stock");
            Assert.Throws<ArgumentException>(() => transaction.Add(foreign, 1));
            return Task.CompletedTask;
        });
        Assert.Throws<InvalidOperationException>(() => kept!.Add(_stock, 1));

        var gate = new TaskCompletionSource();
        _engine.BeforeCall = _ => gate.Task;
        await _concord.RunTransactionAsync(async (transaction, token) =>
        {
            ValueTask<long> reading = transaction.GetAsync(_stock, token);
            Assert.Throws<InvalidOperationException>(() => transaction.Add(_account, 1));
            gate.SetResult();
            await reading;
            transaction.Add(_account, 1);
        });
        Assert.Equal(1, await _account.GetAsync());
    }

    [Fact]
    public void The_answer_of_a_commit_is_read_as_it_was_written()
    {
        byte[] key = RecordKey.Named(RecordKind.Counter, "shop", "stock/7");
        var answer = new OperationAnswer();
        TransactionAnswer.Abort(answer, RefusalCode.Overflow, 3, key);
        TransactionAnswer read = TransactionAnswer.Read(Given(answer));
        Assert.Equal(
            (TransactionDecision.Aborted, RefusalCode.Overflow, 3), (read.Decision, read.Reason, read.Ordinal));
        TransactionResult result = TransactionRunner.ResultOf(new("x"), read);
        Assert.Equal((TransactionAbortReason.BoundViolated, "stock/7"), (result.AbortReason, result.RefusedBy));

        answer.Reset();
        TransactionAnswer.Abort(answer, RefusalCode.TimedOut);
        Assert.Equal(-1, TransactionAnswer.Read(Given(answer)).Ordinal);

        answer.Reset();
        var first = new RequestKey(new(9), new(ulong.MaxValue), 12);
        TransactionAnswer.AlreadyCommitted(answer, first);
        Assert.Equal(first, TransactionAnswer.Read(Given(answer)).CommittedBy);

        answer.Reset();
        TransactionAnswer.Commit(answer);
        Assert.Equal(TransactionDecision.Committed, TransactionAnswer.Read(Given(answer)).Decision);
    }

    private static EngineAnswer Given(OperationAnswer answer) => new(answer.Status, 0, answer.Payload.ToArray());

    private Task Add(IConcordTransaction transaction, CancellationToken token)
    {
        transaction.Add(_stock, 1);
        return Task.CompletedTask;
    }
}
