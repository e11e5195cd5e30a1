namespace Concord;

/// <summary>
/// The root. Applications consume it, only Concord implements it: members are added in minor versions. Get… methods do
/// no I/O and are cheap; the objects they return are thread-safe and need no disposal.
/// </summary>
public interface IConcord
{
    /// <summary>The session through which this process holds what it holds; another one once it is lost.</summary>
    /// <exception cref="InvalidOperationException">The host has not started, and nothing was called yet.</exception>
    IConcordSession Session { get; }

    /// <summary>What the engine promises.</summary>
    /// <exception cref="InvalidOperationException">As for <see cref="Session"/>.</exception>
    ConcordCapabilities Capabilities { get; }

    /// <summary>A lock, exclusive or shared.</summary>
    /// <param name="name">1 to 512 bytes of UTF-8. Names with the same text in <c>{…}</c> lie together: a write beside
    /// its lock carries the fence at no cost.</param>
    IConcordLock GetLock(string name);

    /// <summary>An election: at most one leads.</summary>
    /// <param name="name">1 to 512 bytes of UTF-8. Names with the same text in <c>{…}</c> lie together.</param>
    IConcordElection GetElection(string name);

    /// <summary>A number of permits that all share.</summary>
    /// <param name="name">1 to 512 bytes of UTF-8. Names with the same text in <c>{…}</c> lie together.</param>
    /// <param name="initialLimit">At least one. Used only when the semaphore does not exist yet; change it with
    /// <see cref="IConcordSemaphore.SetLimitAsync"/>.</param>
    IConcordSemaphore GetSemaphore(string name, int initialLimit);

    /// <summary>Who is there.</summary>
    /// <param name="name">1 to 512 bytes of UTF-8. Names with the same text in <c>{…}</c> lie together.</param>
    IConcordGroup GetGroup(string name);

    /// <summary>A number of partitions, shared fairly among the processes that are there.</summary>
    /// <param name="name">1 to 480 bytes of UTF-8. Partition 3 is the lock <c>partition/name/3</c>.</param>
    /// <param name="count">1 to 1,024; the same in all processes.</param>
    IConcordPartitions GetPartitions(string name, int count);

    /// <summary>Unique, growing numbers.</summary>
    /// <param name="name">1 to 512 bytes of UTF-8. Names with the same text in <c>{…}</c> lie together.</param>
    IConcordSequence GetSequence(string name);

    /// <summary>A durable queue.</summary>
    /// <param name="name">1 to 512 bytes of UTF-8. Names with the same text in <c>{…}</c> lie together.</param>
    /// <param name="serializer">How messages are stored; JSON if null.</param>
    IConcordQueue<T> GetQueue<T>(string name, IConcordSerializer<T>? serializer = null)
        where T : notnull;

    /// <summary>A number that many may change at once.</summary>
    /// <param name="name">1 to 512 bytes of UTF-8. Names with the same text in <c>{…}</c> lie together: see
    /// <c>docs/guides/names.md</c>.</param>
    IConcordCounter GetCounter(string name);

    /// <summary>A value under a name.</summary>
    /// <param name="name">1 to 512 bytes of UTF-8. Names with the same text in <c>{…}</c> lie together.</param>
    /// <param name="serializer">How it is stored; JSON if null.</param>
    IConcordValue<T> GetValue<T>(string name, IConcordSerializer<T>? serializer = null)
        where T : notnull;

    /// <summary>
    /// Runs <paramref name="body"/> and commits what it did, all of it or nothing; again, from the start, on a
    /// conflict.
    /// Returns only when committed.
    /// </summary>
    /// <param name="body">May run several times. Its token is cancelled with the caller's or at the deadline. Its own
    /// exception aborts the transaction and comes out unchanged.</param>
    /// <param name="options">Idempotency key, deadline, attempts.</param>
    /// <param name="cancellationToken">Stops waiting. Once the commit has been asked for, its outcome is unknown to the
    /// caller; bring an idempotency key if that matters.</param>
    /// <exception cref="ConcordTransactionException">It aborted, or its outcome is in doubt; see its
    /// Result.</exception>
    /// <exception cref="EngineUnavailableException">It was not sent: no leader, no quorum, no connection.</exception>
    /// <exception cref="OperationCanceledException">The caller gave up.</exception>
    Task RunTransactionAsync(
        Func<IConcordTransaction, CancellationToken, Task> body,
        TransactionRunOptions? options = null,
        CancellationToken cancellationToken = default);

    /// <summary>The same, with a result of the body.</summary>
    /// <inheritdoc cref="RunTransactionAsync(Func{IConcordTransaction, CancellationToken, Task},
    /// TransactionRunOptions?, CancellationToken)"/>
    Task<T> RunTransactionAsync<T>(
        Func<IConcordTransaction, CancellationToken, Task<T>> body,
        TransactionRunOptions? options = null,
        CancellationToken cancellationToken = default);

    /// <summary>The same without throwing for an abort or a doubt: the caller must look at the result.</summary>
    /// <inheritdoc cref="RunTransactionAsync(Func{IConcordTransaction, CancellationToken, Task},
    /// TransactionRunOptions?, CancellationToken)"/>
    Task<TransactionResult> TryRunTransactionAsync(
        Func<IConcordTransaction, CancellationToken, Task> body,
        TransactionRunOptions? options = null,
        CancellationToken cancellationToken = default);

    /// <summary>
    /// What became of a transaction that was in doubt. Asking settles it: one that nobody has decided is aborted by the
    /// question. Kept as long as the session that ran it lives; afterwards the outcome is
    /// <see cref="TransactionOutcome.InDoubt"/>, and only an idempotency key can tell.
    /// </summary>
    ValueTask<TransactionResult> GetTransactionResultAsync(TransactionId id,
        CancellationToken cancellationToken = default);

    /// <summary>
    /// What became of a request that ended in <see cref="OutcomeUnknownException"/>. Asking settles it: a request that
    /// has not run by then never will. Kept as long as the session that sent it lives, for the last 64 such requests of
    /// this process; otherwise <see cref="OperationOutcome.Unknown"/>.
    /// </summary>
    ValueTask<OperationOutcome> GetOutcomeAsync(RequestId request, CancellationToken cancellationToken = default);
}
