namespace Concord;

/// <summary>
/// One attempt of a transaction. Reads are validated and writes applied at commit, all or nothing. Writes are buffered:
/// nothing happens before. Not thread-safe; useless after the body has returned.
/// </summary>
public interface IConcordTransaction
{
    /// <summary>Names this attempt.</summary>
    TransactionId Id { get; }

    /// <summary>Reads a value. The commit aborts if it has changed by then. Sees this transaction's own
    /// writes.</summary>
    /// <param name="value">Of the same <see cref="IConcord"/>.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    ValueTask<Versioned<T>> GetAsync<T>(IConcordValue<T> value, CancellationToken cancellationToken = default)
        where T : notnull;

    /// <summary>Reads a counter. The commit aborts if it has changed by then. Sees this transaction's own
    /// additions.</summary>
    /// <param name="counter">Of the same <see cref="IConcord"/>.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    ValueTask<long> GetAsync(IConcordCounter counter, CancellationToken cancellationToken = default);

    /// <summary>Sets a value at commit, whatever it was.</summary>
    void Set<T>(IConcordValue<T> value, T newValue)
        where T : notnull;

    /// <summary>Deletes a value at commit, if it is there.</summary>
    void Delete<T>(IConcordValue<T> value)
        where T : notnull;

    /// <summary>Adds at commit. Runs at the replica: concurrent additions do not conflict with each other. Leaving the
    /// bounds aborts the transaction; of several that would, the first one counts.</summary>
    void Add(IConcordCounter counter, long delta, CounterBounds bounds = default);

    /// <summary>Enqueues at commit. A queue at its bound aborts the transaction. A message id that was seen before
    /// enqueues nothing and aborts nothing.</summary>
    /// <param name="queue">Of the same <see cref="IConcord"/>.</param>
    /// <param name="message">Counts towards the bytes that a transaction may write.</param>
    /// <param name="options">Message id, group and delay. <see cref="EnqueueOptions.Write"/> belongs to single calls
    /// and must be empty: use <see cref="Require"/> and the transaction's own idempotency key.</param>
    void Enqueue<T>(IConcordQueue<T> queue, T message, EnqueueOptions? options = null)
        where T : notnull;

    /// <summary>Completes a delivery at commit: with it, what is done with the message happens exactly once. A delivery
    /// that is lost by then aborts the transaction with <see cref="TransactionAbortReason.FenceRejected"/>.</summary>
    /// <param name="delivery">Of the same <see cref="IConcord"/>. Settled once the transaction has committed.</param>
    /// <exception cref="HoldLostException">This process itself has settled it or given it back before.</exception>
    void Complete<T>(IDelivery<T> delivery)
        where T : notnull;

    /// <summary>Commits only while this is held; otherwise aborts with
    /// <see cref="TransactionAbortReason.FenceRejected"/>.</summary>
    /// <param name="fence">The <see cref="IHold.Fence"/> of a hold, of this process or another.</param>
    void Require(Fence fence);
}

/// <summary>Names a transaction for as long as its session lives.</summary>
/// <param name="Value">Opaque text.</param>
public readonly record struct TransactionId(string Value);

/// <summary>How a transaction ended.</summary>
public enum TransactionOutcome
{
    /// <summary>Not known to this process: ask with the id. The zero value, so that a forgotten assignment is never a
    /// commit.</summary>
    InDoubt = 0,

    /// <summary>Decided: applied, or it will be.</summary>
    Committed = 1,

    /// <summary>Decided: nothing happened, nothing will.</summary>
    Aborted = 2,
}

/// <summary>Why a transaction aborted.</summary>
public enum TransactionAbortReason
{
    /// <summary>It did not.</summary>
    None = 0,

    /// <summary>Something it read has changed, or another transaction was in the way, in every attempt.</summary>
    Conflict = 1,

    /// <summary>An addition would have left its bounds; see <see cref="TransactionResult.RefusedBy"/>.</summary>
    BoundViolated = 2,

    /// <summary>A hold that it required, or a delivery that it completes, is not held any more.</summary>
    FenceRejected = 3,

    // 4 ParticipantRefused comes with participants outside.

    /// <summary>It was not decided in time.</summary>
    TimedOut = 5,

    /// <summary>A queue that it would put a message into is at its bound.</summary>
    QueueFull = 6,
}

/// <summary>How a transaction ended, and why.</summary>
/// <param name="id">The attempt that this is about.</param>
/// <param name="outcome">How it ended.</param>
/// <param name="abortReason">Why it aborted.</param>
/// <param name="detail">For people.</param>
/// <param name="refusedBy">The name of what refused.</param>
public sealed class TransactionResult(
    TransactionId id,
    TransactionOutcome outcome,
    TransactionAbortReason abortReason = TransactionAbortReason.None,
    string? detail = null,
    string? refusedBy = null)
{
    /// <summary>The attempt that this is about.</summary>
    public TransactionId Id { get; } = id;

    /// <summary>How it ended.</summary>
    public TransactionOutcome Outcome { get; } = outcome;

    /// <summary>Why it aborted.</summary>
    public TransactionAbortReason AbortReason { get; } = abortReason;

    /// <summary>For people: what happened, what to do.</summary>
    public string? Detail { get; } = detail;

    /// <summary>The name of what refused: the counter that would have left its bounds, the hold that is not held, the
    /// queue that is full, or what was in conflict, where known.</summary>
    public string? RefusedBy { get; } = refusedBy;

    /// <summary>As EnsureSuccessStatusCode: throws unless committed.</summary>
    /// <exception cref="ConcordTransactionException">It aborted or is in doubt.</exception>
    public TransactionResult EnsureCommitted() =>
        Outcome == TransactionOutcome.Committed ? this : throw new ConcordTransactionException(this);
}

/// <summary>How a transaction is run.</summary>
public sealed class TransactionRunOptions
{
    /// <summary>
    /// A transaction with this key commits at most once, also from another process, for a day: a later run is told
    /// that it is committed, changes nothing, completes its own deliveries, and returns what its own body did. An
    /// aborted one changed nothing and may be run again. At most 256 bytes of UTF-8. Its text in <c>{…}</c>, or all of
    /// it, says where the outcome is kept: give it the tag of a name that the transaction writes and the key costs
    /// nothing.
    /// </summary>
    public string? IdempotencyKey { get; init; }

    /// <summary>The deadline of all attempts together.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How often the body is run at most when there are conflicts.</summary>
    public int MaxAttempts { get; init; } = 5;
}
