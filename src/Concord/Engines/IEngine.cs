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
    /// <summary>Runs an operation exactly once.</summary>
    ValueTask<EngineAnswer> ExecuteAsync(OperationRequest request, CancellationToken cancellationToken);

    /// <summary>Reads a record linearizably; waits for transactions that hold it.</summary>
    ValueTask<EngineRecord> ReadAsync(ReadOnlyMemory<byte> key, CancellationToken cancellationToken);

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
internal readonly record struct OperationRequest(Slot Slot, OperationCode Code, ReadOnlyMemory<byte> Arguments,
    string? IdempotencyKey);

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
