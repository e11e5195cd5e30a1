using Concord.Engines;
using Concord.Operations;
using Concord.Operations.Holds;
using Microsoft.Extensions.Logging;

namespace Concord.Primitives;

/// <summary>Runs the body of a transaction and commits what it did; again from the start when it met a
/// conflict.</summary>
internal sealed class TransactionRunner(ConcordClient client, IEngine engine, ILogger logger)
{
    private static readonly TransactionRunOptions s_defaults = new();
    private static readonly TimeSpan s_timeoutMax = TimeSpan.FromDays(1);

    public async Task<TransactionRun<T>> RunAsync<T>(
        Func<IConcordTransaction, CancellationToken, Task<T>> body,
        TransactionRunOptions? options,
        CancellationToken cancellationToken,
        string call = "transaction",
        string? name = null)
    {
        ArgumentNullException.ThrowIfNull(body);
        options ??= s_defaults;
        Check(options);
        cancellationToken.ThrowIfCancellationRequested();
        CallTrace trace = CallTrace.Start(client.Time, call, name);
        try
        {
            using var deadline = new CancellationTokenSource(options.Timeout, client.Time);
            using var both = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, deadline.Token);
            var tokens = new RunTokens(cancellationToken, deadline.Token, both.Token);
            TransactionRun<T> run = await LoopAsync(body, options, tokens).ConfigureAwait(false);
            trace.End(run.Result.Outcome switch
            {
                TransactionOutcome.Committed => null,
                TransactionOutcome.InDoubt => EngineErrors.InDoubtCode,
                _ => EngineErrors.AbortedCode,
            });
            return run;
        }
        catch (Exception exception)
        {
            trace.Fail(exception);
            throw;
        }
    }

    /// <summary>What the user is told of an answer.</summary>
    public static TransactionResult ResultOf(TransactionId id, TransactionAnswer answer)
    {
        string? name = NameOf(answer.Key.Span);
        string what = name is null ? "Something that it read or wrote" : $"'{name}'";
        return answer.Decision switch
        {
            TransactionDecision.Committed => new(id, TransactionOutcome.Committed),
            TransactionDecision.AlreadyCommitted => new(
                new(answer.CommittedBy.ToString()),
                TransactionOutcome.Committed,
                detail: "An earlier run with the same idempotency key had committed; this one changed nothing."),
            TransactionDecision.Forgotten => new(
                id,
                TransactionOutcome.InDoubt,
                detail: "Its session has ended, and with it the memory of the outcome."),
            _ => answer.Reason switch
            {
                RefusalCode.Conflict or RefusalCode.RevisionMismatch => Aborted(
                    id, TransactionAbortReason.Conflict, $"{what} was changed or held by another transaction.", name),
                RefusalCode.BoundViolated => Aborted(
                    id, TransactionAbortReason.BoundViolated, $"The addition to {what} would leave its bounds.", name),
                RefusalCode.Overflow => Aborted(
                    id, TransactionAbortReason.BoundViolated, $"The addition to {what} would leave 64 bits.", name),
                RefusalCode.FenceRejected or RefusalCode.HoldLost => Aborted(
                    id,
                    TransactionAbortReason.FenceRejected,
                    $"{what} is not held any more; somebody else may have it.",
                    name),
                RefusalCode.QueueFull => Aborted(
                    id, TransactionAbortReason.QueueFull, $"{what} is a queue at its bound.", name),
                RefusalCode.TimedOut => Aborted(
                    id, TransactionAbortReason.TimedOut, "It was not decided in time: settled as aborted.", name),
                _ => throw new InvalidOperationException(
                    $"The engine refused transaction {id.Value} for a reason that this version does not know "
                    + $"({(byte)answer.Reason})."),
            },
        };
    }

    /// <summary>Of a delivery, the name of its queue.</summary>
    private static string? NameOf(ReadOnlySpan<byte> key)
    {
        if (key.IsEmpty)
        {
            return null;
        }

        Span<byte> root = stackalloc byte[HoldKey.BytesMax];
        return RecordKey.NameOf(
            RecordKey.KindOf(key) == RecordKind.Hold ? HoldKey.RootOf(root, key) : key).Name;
    }

    private static TransactionResult Aborted(
        TransactionId id, TransactionAbortReason reason, string what, string? name = null) =>
        new(id, TransactionOutcome.Aborted, reason, $"{what} Nothing changed.", name);

    private static void Check(TransactionRunOptions options)
    {
        IdempotencyKeys.Check(options.IdempotencyKey, nameof(options));
        if (options.Timeout <= TimeSpan.Zero || options.Timeout > s_timeoutMax)
        {
            throw new ArgumentOutOfRangeException(
                nameof(options), options.Timeout, $"Timeout must be more than zero and at most {s_timeoutMax}.");
        }

        if (options.MaxAttempts < 1)
        {
            throw new ArgumentOutOfRangeException(
                nameof(options), options.MaxAttempts, "MaxAttempts must be at least 1.");
        }
    }

    private async Task<TransactionRun<T>> LoopAsync<T>(
        Func<IConcordTransaction, CancellationToken, Task<T>> body, TransactionRunOptions options, RunTokens tokens)
    {
        // The same for all attempts: what has lost once grows older and wins at last.
        var startedAt = new LogTime(client.Time.GetUtcNow().ToUnixTimeMilliseconds());
        IdempotencyName? key = options.IdempotencyKey is { } text ? new(client.Namespace, text) : null;
        for (int number = 1; ; number++)
        {
            (SessionId session, ulong sequence) = await BeginAsync(tokens).ConfigureAwait(false);
            var attempt = new TransactionAttempt(client, session, sequence, key);
            TransactionRun<T> run;
            try
            {
                run = await AttemptAsync(attempt, body, startedAt, tokens).ConfigureAwait(false);
            }
            finally
            {
                engine.GiveUp(session, sequence);
            }

            bool isConflict = run.Result.AbortReason == TransactionAbortReason.Conflict;
            if (!isConflict || number >= options.MaxAttempts)
            {
                return run;
            }

            TimeSpan delay = Backoff.Delay(number, session.Value ^ sequence);
            Log.Retrying(logger, run.Result.Id.Value, run.Result.RefusedBy, number, delay.TotalMilliseconds);
            try
            {
                await Task.Delay(delay, client.Time, tokens.Both).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (tokens.IsDeadlineOnly)
            {
                return run;
            }
            catch (OperationCanceledException exception)
            {
                throw tokens.Cancelled(exception);
            }
        }
    }

    private async ValueTask<(SessionId Session, ulong Sequence)> BeginAsync(RunTokens tokens)
    {
        try
        {
            return await engine.BeginAsync(tokens.Both).ConfigureAwait(false);
        }
        catch (OperationCanceledException exception) when (tokens.IsDeadlineOnly)
        {
            throw EngineErrors.Unavailable(
                "The engine gave no session within the transaction's deadline. Nothing happened.", exception);
        }
        catch (OperationCanceledException exception) when (tokens.Caller.IsCancellationRequested)
        {
            throw tokens.Cancelled(exception);
        }
    }

    private async Task<TransactionRun<T>> AttemptAsync<T>(
        TransactionAttempt attempt,
        Func<IConcordTransaction, CancellationToken, Task<T>> body,
        LogTime startedAt,
        RunTokens tokens)
    {
        T value;
        try
        {
            value = await body(attempt, tokens.Both).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (tokens.IsDeadlineOnly)
        {
            return LateBody<T>(attempt);
        }
        catch (OperationCanceledException exception) when (exception.CancellationToken == tokens.Both)
        {
            throw tokens.Cancelled(exception);
        }
        finally
        {
            attempt.Close();
        }

        if (attempt.IsEmpty)
        {
            return new(new(attempt.Id, TransactionOutcome.Committed), value);
        }

        tokens.Caller.ThrowIfCancellationRequested();
        return tokens.IsDeadlineOnly
            ? LateBody<T>(attempt)
            : await CommitAsync(attempt, value, startedAt, tokens).ConfigureAwait(false);
    }

    private async Task<TransactionRun<T>> CommitAsync<T>(
        TransactionAttempt attempt, T value, LogTime startedAt, RunTokens tokens)
    {
        Exception doubt;
        try
        {
            (TransactionAnswer decided, long revision) = await DecideAsync(attempt, startedAt, tokens)
                .ConfigureAwait(false);
            if (decided.Decision == TransactionDecision.AlreadyCommitted)
            {
                await attempt.CompleteAsync(tokens.Both).ConfigureAwait(false);
            }

            return new(ResultOf(attempt.Id, decided), value)
            {
                Revision = revision,
            };
        }
        catch (OutcomeUnknownException exception)
        {
            doubt = exception;
        }
        catch (OperationCanceledException exception) when (tokens.IsDeadlineOnly)
        {
            doubt = exception;
        }
        catch (OperationCanceledException exception) when (tokens.Caller.IsCancellationRequested)
        {
            throw tokens.Cancelled(exception);
        }

        Log.InDoubt(logger, attempt.Id.Value, doubt);
        const string detail = "The commit was sent and not answered in time. Ask with GetTransactionResultAsync.";
        return new(new(attempt.Id, TransactionOutcome.InDoubt, detail: detail), value, doubt);
    }

    private async Task<(TransactionAnswer Answer, long Revision)> DecideAsync(
        TransactionAttempt attempt, LogTime startedAt, RunTokens tokens)
    {
        using DeliveriesOf settling = attempt.BeginSettling();
        TransactionRequest request = attempt.ToRequest(startedAt);
        EngineAnswer answer = await engine.CommitAsync(request, tokens.Both).ConfigureAwait(false);
        TransactionAnswer decided = TransactionAnswer.Read(answer);
        settling.IsCommitted = decided.Decision == TransactionDecision.Committed;
        if (decided.Key.IsEmpty && decided.Ordinal >= 0 && decided.Ordinal < request.Actions.Count)
        {
            // A participant tells the place of what refused; the name is known here.
            decided = decided with { Key = request.Actions[decided.Ordinal].Key };
        }

        return (decided, answer.Revision);
    }

    private static TransactionRun<T> LateBody<T>(TransactionAttempt attempt) => new(
        Aborted(attempt.Id, TransactionAbortReason.TimedOut, "The body had not returned by the deadline."));
}
