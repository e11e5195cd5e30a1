using Concord.Conformance.Engines;

namespace Concord.Conformance.Cases;

/// <summary>The three outcomes of a call: done, refused, unknown, and what asking again says.</summary>
public abstract class OutcomeFaultCases(FaultyEngine engine) : FaultCaseBase(engine)
{
    /// <summary>Of a process whose answers get lost. Long enough for a busy machine to answer what is not
    /// lost.</summary>
    private static readonly TimeSpan s_shortCall = TimeSpan.FromSeconds(4);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Asking_settles_what_became_of_a_call(bool applied)
    {
        IConcord process = await ConnectAsync("process", TimeSpan.FromMinutes(1), call: s_shortCall);
        IConcord other = await ConnectAsync("other");
        Assert.Equal(1, await Stage.SoonAsync(process.GetCounter("c").AddAsync(1)));
        Stage.LoseReplies(process, applied);

        OutcomeUnknownException unknown = await Assert.ThrowsAsync<OutcomeUnknownException>(
            () => Stage.SoonAsync(process.GetCounter("c").AddAsync(1)));

        Assert.Equal((OperationOutcome.Unknown, true), (unknown.Outcome, unknown.IsTransient));
        Stage.Reconnect(process);
        OperationOutcome outcome = await Stage.SoonAsync(process.GetOutcomeAsync(unknown.Request));
        Assert.Equal(applied ? OperationOutcome.Done : OperationOutcome.Refused, outcome);
        Assert.Equal(applied ? 2 : 1, await Stage.SoonAsync(other.GetCounter("c").GetAsync()));
        Assert.Equal(outcome, await Stage.SoonAsync(process.GetOutcomeAsync(unknown.Request)));
    }

    [Fact]
    public async Task What_was_under_way_when_the_connection_broke_is_sent_again_and_runs_once()
    {
        IConcord process = await ConnectAsync("process", TimeSpan.FromMinutes(5), call: TimeSpan.FromMinutes(5));
        IConcord other = await ConnectAsync("other");
        await Stage.SoonAsync(process.GetCounter("c").AddAsync(0));
        for (int i = 1; i <= 5; i++)
        {
            Task<long> adds = process.GetCounter("c").AddAsync(1).AsTask();
            Stage.CutOff(process);
            Stage.Reconnect(process);
            Assert.Equal(i, await Stage.SoonAsync(adds));
        }

        Assert.Equal(5, await Stage.SoonAsync(other.GetCounter("c").GetAsync()));
    }

    [Fact]
    public async Task When_its_session_is_over_nobody_knows_what_became_of_a_call()
    {
        IConcord process = await ConnectAsync("process", TimeSpan.FromSeconds(6), call: TimeSpan.FromSeconds(2));
        IConcord other = await ConnectAsync("other");
        await Stage.SoonAsync(process.GetLock("{c}").AcquireAsync());
        await Stage.SoonAsync(process.GetCounter("{c}").AddAsync(1));
        Task<ILockHandle> passes = other.GetLock("{c}").AcquireAsync().AsTask();
        Stage.LoseReplies(process, applied: true);
        OutcomeUnknownException unknown = await Assert.ThrowsAsync<OutcomeUnknownException>(
            () => Stage.SoonAsync(process.GetCounter("{c}").AddAsync(1)));
        Stage.CutOff(process);
        await Stage.SoonAsync(passes);
        Stage.Reconnect(process);

        OperationOutcome outcome = OperationOutcome.Done;
        await Stage.UntilAsync(
            async () =>
            {
                try
                {
                    outcome = await process.GetOutcomeAsync(unknown.Request);
                    return true;
                }
                catch (EngineUnavailableException)
                {
                    return false;
                }
            },
            "the engine is there again and answers");

        Assert.Equal(OperationOutcome.Unknown, outcome);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_message_id_makes_it_safe_to_enqueue_again_from_anywhere(bool applied)
    {
        IConcord process = await ConnectAsync("process", TimeSpan.FromMinutes(1), call: s_shortCall);
        IConcord other = await ConnectAsync("other");
        var once = new EnqueueOptions { MessageId = "id" };
        await Stage.SoonAsync(process.GetQueue<int>("q").EnqueueAsync(1));
        Stage.LoseReplies(process, applied);
        await Assert.ThrowsAsync<OutcomeUnknownException>(
            () => Stage.SoonAsync(process.GetQueue<int>("q").EnqueueAsync(2, once)));

        Assert.Equal(!applied, await Stage.SoonAsync(other.GetQueue<int>("q").EnqueueAsync(2, once)));
        Assert.Equal(2, (await Stage.SoonAsync(other.GetQueue<int>("q").DescribeAsync())).Ready);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_key_makes_a_call_with_an_unknown_outcome_safe_to_repeat_elsewhere(bool applied)
    {
        IConcord process = await ConnectAsync("process", TimeSpan.FromMinutes(1), call: s_shortCall);
        IConcord other = await ConnectAsync("other");
        var once = new WriteOptions { IdempotencyKey = "k" };
        await Stage.SoonAsync(process.GetCounter("c").AddAsync(0));
        Stage.LoseReplies(process, applied);
        await Assert.ThrowsAsync<OutcomeUnknownException>(
            () => Stage.SoonAsync(process.GetCounter("c").AddAsync(1, once)));

        Assert.Equal(1, await Stage.SoonAsync(other.GetCounter("c").AddAsync(1, once)));
        Assert.Equal(1, await Stage.SoonAsync(other.GetCounter("c").GetAsync()));
    }

    /// <summary>Whether the caller ends it, or the time of the call is over. Where the process is told at once that an
    /// answer is lost, it is over before he can.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_lock_whose_grant_was_not_heard_is_given_back(bool isCancelled)
    {
        IConcord process = await ConnectAsync(
            "process", TimeSpan.FromMinutes(2), call: isCancelled ? TimeSpan.FromMinutes(1) : s_shortCall);
        IConcord other = await ConnectAsync("other");

        // In the same slot: its shard knows the session, so that the request for the lock is sent at once.
        await Stage.SoonAsync(process.GetCounter("{l}").AddAsync(1));
        Stage.LoseReplies(process, applied: true);
        using var cancel = new CancellationTokenSource();
        Task<ILockHandle?> asks = process.GetLock("{l}").TryAcquireAsync(cancel.Token).AsTask();
        await Stage.UntilAsync(
            async () => asks.IsCompleted || (await other.GetLock("{l}").DescribeAsync()).Holders.Count == 1,
            "the node granted it, or the call is over");
        if (isCancelled)
        {
            await cancel.CancelAsync();
        }

        Exception ended = await Assert.ThrowsAnyAsync<Exception>(() => Stage.SoonAsync(asks));
        Assert.True(
            ended is OutcomeUnknownException || (isCancelled && ended is OperationCanceledException), $"{ended}");

        Stage.Reconnect(process);

        await Stage.UntilAsync(
            async () => (await other.GetLock("{l}").DescribeAsync()).Holders.Count == 0, "it was given back");
    }

    [Fact]
    public async Task What_was_not_sent_is_unavailable_and_did_not_happen()
    {
        IConcord process = await ConnectAsync("process", ShortSession, call: s_shortCall);
        IConcord other = await ConnectAsync("other");
        await Stage.SoonAsync(process.GetCounter("c").AddAsync(1));
        Stage.CutOff(process);
        await Stage.CancelledAsync(process.Session.Lost);

        ConcordException failed = await Assert.ThrowsAnyAsync<ConcordException>(
            () => Stage.SoonAsync(process.GetCounter("c").AddAsync(1)));
        EngineUnavailableException read = await Assert.ThrowsAsync<EngineUnavailableException>(
            () => Stage.SoonAsync(process.GetCounter("c").GetAsync()));

        Assert.True(failed.IsTransient);
        Assert.StartsWith("CNC", failed.ErrorCode, StringComparison.Ordinal);
        Assert.Equal(OperationOutcome.Refused, read.Outcome);
        Assert.Equal(1, await Stage.SoonAsync(other.GetCounter("c").GetAsync()));
        Stage.Reconnect(process);
        Assert.True(await Stage.SoonAsync(process.GetCounter("c").AddAsync(1)) >= 2);
    }

    [Fact]
    public async Task What_happened_is_never_said_not_to_have_though_its_session_is_over()
    {
        IConcord process = await ConnectAsync("process", ShortSession, call: TimeSpan.FromSeconds(30));
        IConcord other = await ConnectAsync("other");
        await Stage.SoonAsync(process.GetCounter("c").AddAsync(1));
        IConcordSession session = process.Session;
        Stage.LoseReplies(process, applied: true);
        Task<long> adds = process.GetCounter("c").AddAsync(1).AsTask();
        await Stage.UntilAsync(async () => await other.GetCounter("c").GetAsync() == 2, "it has happened");
        Stage.CutOff(process);
        await Stage.CancelledAsync(session.Lost);
        Stage.Reconnect(process);

        try
        {
            Assert.Equal(2, await Stage.SoonAsync(adds));
        }
        catch (OutcomeUnknownException unknown)
        {
            Assert.NotEqual(
                OperationOutcome.Refused, await Stage.SoonAsync(process.GetOutcomeAsync(unknown.Request)));
        }

        Assert.Equal(2, await Stage.SoonAsync(other.GetCounter("c").GetAsync()));
        Assert.Equal(3, await Stage.SoonAsync(process.GetCounter("c").AddAsync(1)));
    }

    [Fact]
    public async Task A_transaction_in_doubt_is_settled_by_asking()
    {
        IConcord process = await ConnectAsync("process", TimeSpan.FromMinutes(1), call: s_shortCall);
        IConcord other = await ConnectAsync("other");
        await Stage.SoonAsync(process.GetCounter("a").AddAsync(1));
        await Stage.SoonAsync(process.GetCounter("b").AddAsync(0));
        Stage.LoseReplies(process, applied: true);

        TransactionResult doubt = await Stage.SoonAsync(process.TryRunTransactionAsync(
            (transaction, _) =>
            {
                transaction.Add(process.GetCounter("a"), 1);
                transaction.Add(process.GetCounter("b"), 1);
                return Task.CompletedTask;
            },
            new() { Timeout = s_shortCall, MaxAttempts = 1 }));
        Stage.Reconnect(process);

        Assert.Equal(TransactionOutcome.InDoubt, doubt.Outcome);
        TransactionResult asked = await Stage.SoonAsync(process.GetTransactionResultAsync(doubt.Id));
        Assert.NotEqual(TransactionOutcome.InDoubt, asked.Outcome);
        long done = asked.Outcome == TransactionOutcome.Committed ? 1 : 0;
        Assert.Equal(1 + done, await Stage.SoonAsync(other.GetCounter("a").GetAsync()));
        Assert.Equal(done, await Stage.SoonAsync(other.GetCounter("b").GetAsync()));
    }

    /// <summary>Nobody has said that it is busy, or that there is nothing: null would say so.</summary>
    [Fact]
    public async Task A_wait_that_nobody_answers_is_no_answer()
    {
        IConcord process = await ConnectAsync("process", TimeSpan.FromMinutes(2));
        IConcord other = await ConnectAsync("other");
        await Stage.SoonAsync(process.GetCounter("c").AddAsync(1));
        Stage.CutOff(process);
        TimeSpan wait = TimeSpan.FromSeconds(3);

        Task[] unanswered =
        [
            process.GetLock("l").TryAcquireAsync(new LockAcquireOptions { Timeout = wait }).AsTask(),
            process.GetSemaphore("s", 1).TryAcquireAsync(1, wait).AsTask(),
            process.GetQueue<int>("q").TryReceiveAsync(wait).AsTask(),
        ];

        foreach (Task asks in unanswered)
        {
            var failure = await Assert.ThrowsAnyAsync<ConcordException>(() => Stage.SoonAsync(asks));
            Assert.True(failure is OutcomeUnknownException or EngineUnavailableException, $"{failure}");
        }

        Stage.Reconnect(process);
        await using ILockHandle free = await Stage.SoonAsync(other.GetLock("l").AcquireAsync());
    }
}
