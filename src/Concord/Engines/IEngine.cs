namespace Concord.Engines;

/// <summary>
/// The contract between primitives and an engine: bytes in, bytes out. The engine finds the shard, numbers requests
/// with its session, retries with the same number, and says which of the three outcomes it was.
/// </summary>
/// <remarks>
/// Fails with <see cref="EngineUnavailableException"/> (not sent), <see cref="EngineOverloadedException"/> (refused),
/// <see cref="OutcomeUnknownException"/> (sent, not answered in time), <see cref="EngineStoppedException"/>.
/// </remarks>
internal interface IEngine : IAsyncDisposable
{
    /// <summary>What it guarantees.</summary>
    ConcordCapabilities Capabilities { get; }

    /// <summary>The session that calls are numbered by now; another one once this one is lost.</summary>
    IConcordSession Session { get; }

    /// <summary>Runs an operation exactly once.</summary>
    ValueTask<EngineAnswer> ExecuteAsync(OperationRequest request, CancellationToken cancellationToken);

    /// <summary>Reads a record linearizably; waits for transactions that hold it.</summary>
    ValueTask<EngineRecord> ReadAsync(ReadOnlyMemory<byte> key, CancellationToken cancellationToken);

    /// <summary>Runs an operation that only reads, on a linearizable state; nothing is logged.</summary>
    ValueTask<EngineAnswer> QueryAsync(OperationRequest request, CancellationToken cancellationToken);

    /// <summary>
    /// Asks for a hold and waits in line for it. Cancelled or timed out, the place in line is given up, and a hold that
    /// was granted meanwhile is given back: in the background, for as long as the session lives.
    /// </summary>
    /// <returns>Null when it is busy and <see cref="HoldRequest.Timeout"/> is over.</returns>
    /// <exception cref="SessionExpiredException">The session was lost while it stood in line.</exception>
    /// <exception cref="HoldRefusedException">The operation refused for another reason than busy.</exception>
    ValueTask<EngineHold?> AcquireAsync(HoldRequest request, CancellationToken cancellationToken);

    /// <summary>
    /// Asks for several holds at once and waits in line for them. Each that is granted is told to
    /// <paramref name="granted"/>, which is the caller's from then on; one after the other, by a thread of the engine,
    /// which must not be kept and calls nothing of the engine. Over when all are told, or were lost before. Fails, or
    /// is cancelled, as <see cref="AcquireAsync"/>: what was not told is then given up.
    /// </summary>
    ValueTask AcquireSeveralAsync(
        SeveralRequest request, Action<EngineHold> granted, CancellationToken cancellationToken);

    /// <summary>Gives a hold back by <see cref="OperationCode.Release"/>, or ends it by another operation, whose
    /// answer is returned. Whatever comes of it, <see cref="EngineHold.Lost"/> is not cancelled any more.</summary>
    ValueTask<EngineAnswer> EndAsync(EngineHold hold, OperationRequest request, CancellationToken cancellationToken);

    /// <summary>The records whose keys begin with <paramref name="prefix"/>, which is a whole key or one of
    /// <see cref="Operations.Holds.HoldKey.Prefix"/>: all of them now, and all of them again after each change, as far
    /// as the reader keeps up; never an older state after a newer one.</summary>
    IAsyncEnumerable<EngineRecords> WatchAsync(ReadOnlyMemory<byte> prefix, CancellationToken cancellationToken);

    /// <summary>The session and number of a transaction that is about to begin; the anchor is chosen when it
    /// commits.</summary>
    ValueTask<(SessionId Session, ulong Sequence)> BeginAsync(CancellationToken cancellationToken);

    /// <summary>The attempt that was begun under this number is over, committed or not: answers need not wait for it
    /// any more.</summary>
    void GiveUp(SessionId session, ulong sequence);

    /// <summary>Commits a transaction.</summary>
    ValueTask<EngineAnswer> CommitAsync(TransactionRequest request, CancellationToken cancellationToken);

    /// <summary>Asks what became of a request; one that has not run never will.</summary>
    ValueTask<EngineAnswer> SettleAsync(RequestKey request, CancellationToken cancellationToken);
}

/// <summary>An operation to run.</summary>
/// <param name="Slot">Where its records and its answer live.</param>
/// <param name="Code">Which operation.</param>
/// <param name="Arguments">Its arguments, as its definition encodes them.</param>
/// <param name="IdempotencyKey">The key under which the answer is kept for a day; null for none.</param>
/// <param name="Fence">A hold in the same slot that must be held when the operation runs; null for none.</param>
internal readonly record struct OperationRequest(
    Slot Slot, OperationCode Code, ReadOnlyMemory<byte> Arguments, string? IdempotencyKey, EngineFence? Fence = null);

/// <summary>A hold that must be held: the write is refused in its own entry otherwise.</summary>
/// <param name="Root">The key of what is held.</param>
/// <param name="Token">Its fencing token.</param>
/// <param name="Session">With <paramref name="Sequence"/>, its handle, where a root has several holds that may share
/// a token; none for a root with one.</param>
/// <param name="Sequence">See there.</param>
internal readonly record struct EngineFence(
    ReadOnlyMemory<byte> Root, long Token, SessionId Session = default, ulong Sequence = 0);

/// <summary>A hold to ask for.</summary>
/// <param name="Root">The key of what is to be held.</param>
/// <param name="Code"><see cref="OperationCode.Acquire"/> or <see cref="OperationCode.Receive"/>.</param>
/// <param name="Arguments">Its arguments.</param>
/// <param name="Timeout">How long to stand in line; null for as long as the caller waits. Zero: the arguments say that
/// it does not wait.</param>
internal readonly record struct HoldRequest(
    ReadOnlyMemory<byte> Root, OperationCode Code, ReadOnlyMemory<byte> Arguments, TimeSpan? Timeout);

/// <summary>Several holds of one root to ask for; none has a timeout.</summary>
/// <param name="Several">The request for all of them.</param>
/// <param name="One">The request for one, for an engine or a cluster that knows no other.</param>
/// <param name="Count">How many.</param>
internal readonly record struct SeveralRequest(HoldRequest Several, HoldRequest One, int Count);

/// <summary>The operation that asked for a hold refused, or failed; its own definition reads why.</summary>
internal sealed class HoldRefusedException(EngineAnswer answer) : Exception("A hold was refused.")
{
    public EngineAnswer Answer { get; } = answer;
}

/// <summary>Records as they were at one revision.</summary>
internal sealed record EngineRecords(long Revision, IReadOnlyList<WatchedRecord> Records);

/// <summary>One of them.</summary>
internal readonly record struct WatchedRecord(
    ReadOnlyMemory<byte> Key, ReadOnlyMemory<byte> Value, long CreateRevision, long ModRevision);

/// <summary>A transaction to commit.</summary>
/// <param name="Id">Its gid.</param>
/// <param name="Actions">What it read and what it does, in the order in which the first refusal counts.</param>
/// <param name="IdempotencyKey">Namespace and key, or null; then <see cref="RequestKey.Slot"/> is the key's
/// slot.</param>
/// <param name="StartedAt">When its first attempt began, by the client's clock: of two in each other's way the older
/// waits and the younger gives up. Never decides about safety.</param>
internal sealed record TransactionRequest(
    RequestKey Id, IReadOnlyList<TransactionAction> Actions, IdempotencyName? IdempotencyKey, LogTime StartedAt);

/// <summary>An idempotency key with the namespace it belongs to.</summary>
internal readonly record struct IdempotencyName(string Namespace, string Key);

/// <summary>What a transaction does to one record.</summary>
internal enum ActionKind : byte
{
    /// <summary>The record must still have the revision at which it was read; zero: must not exist.</summary>
    Validate = 1,

    /// <summary>Adds to a counter within bounds.</summary>
    Add = 2,

    /// <summary>Sets a record.</summary>
    Set = 3,

    /// <summary>Deletes a record.</summary>
    Delete = 4,

    /// <summary>A hold must be held: <see cref="TransactionAction.Key"/> is its root,
    /// <see cref="TransactionAction.Revision"/> its token, <see cref="TransactionAction.Value"/> its handle or
    /// empty.</summary>
    Require = 5,

    /// <summary>Puts a message into a queue: <see cref="TransactionAction.Key"/> is its root,
    /// <see cref="TransactionAction.Value"/> the arguments of the operation.</summary>
    Enqueue = 6,

    /// <summary>Completes a delivery: <see cref="TransactionAction.Key"/> is its hold,
    /// <see cref="TransactionAction.Revision"/> its token.</summary>
    Complete = 7,
}

/// <summary>One action of a transaction on one record.</summary>
/// <param name="Kind">What it does.</param>
/// <param name="Key">The record's key.</param>
/// <param name="Revision">For <see cref="ActionKind.Validate"/>.</param>
/// <param name="Delta">For <see cref="ActionKind.Add"/>.</param>
/// <param name="Min">For <see cref="ActionKind.Add"/>; the least long is no bound.</param>
/// <param name="Max">For <see cref="ActionKind.Add"/>; the greatest long is no bound.</param>
/// <param name="Value">For <see cref="ActionKind.Set"/>.</param>
internal readonly record struct TransactionAction(
    ActionKind Kind, ReadOnlyMemory<byte> Key, long Revision, long Delta, long Min, long Max,
        ReadOnlyMemory<byte> Value);

/// <summary>A record as read.</summary>
internal readonly record struct EngineRecord(bool Exists, long Revision, ReadOnlyMemory<byte> Value);

/// <summary>What an operation answered.</summary>
/// <param name="Status">Whether it did it.</param>
/// <param name="Revision">The revision of its writes; no value contains it, for it is known only afterwards.</param>
/// <param name="Payload">As its definition encodes it.</param>
internal readonly record struct EngineAnswer(AnswerStatus Status, long Revision, ReadOnlyMemory<byte> Payload);
