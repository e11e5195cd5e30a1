using Concord.Encoding;
using Concord.Engines;

namespace Concord.Operations;

/// <summary>How a transaction was decided, as its answer tells it.</summary>
internal enum TransactionDecision : byte
{
    /// <summary>By this request.</summary>
    Committed = 1,

    /// <summary>By an earlier request with the same idempotency key; this one changed nothing.</summary>
    AlreadyCommitted = 2,

    /// <summary>Nothing happened and nothing will.</summary>
    Aborted = 3,

    /// <summary>The answer is no longer kept.</summary>
    Forgotten = 4,
}

/// <summary>
/// The answer to a commit, and to the question what became of one. Done: the code of Decide, the decision, and for
/// <see cref="TransactionDecision.AlreadyCommitted"/> the gid that committed. Refused: a <see cref="RefusalCode"/>, and
/// for a refusing action its place in the request (−1: none) and its key.
/// </summary>
/// <param name="Decision">How it was decided.</param>
/// <param name="Reason">Why it aborted.</param>
/// <param name="Ordinal">The place of the action that refused; −1 if none did.</param>
/// <param name="Key">The record of the action that refused.</param>
/// <param name="CommittedBy">For <see cref="TransactionDecision.AlreadyCommitted"/>.</param>
internal readonly record struct TransactionAnswer(
    TransactionDecision Decision,
    RefusalCode Reason = default,
    int Ordinal = -1,
    ReadOnlyMemory<byte> Key = default,
    RequestKey CommittedBy = default)
{
    public static void Commit(OperationAnswer answer) =>
        Reply.Done(answer, OperationCode.Decide).WriteByte((byte)TransactionDecision.Committed);

    public static void AlreadyCommitted(OperationAnswer answer, RequestKey committedBy)
    {
        ByteWriter payload = Reply.Done(answer, OperationCode.Decide);
        payload.WriteByte((byte)TransactionDecision.AlreadyCommitted);
        payload.WriteUInt16(committedBy.Slot.Value);
        payload.WriteUInt64(committedBy.Session.Value);
        payload.WriteUInt64(committedBy.Sequence);
    }

    /// <summary>Aborts because of one of the actions.</summary>
    /// <param name="answer">Becomes refused.</param>
    /// <param name="reason">Why.</param>
    /// <param name="ordinal">The place of the action in the request.</param>
    /// <param name="key">Its record.</param>
    public static void Abort(OperationAnswer answer, RefusalCode reason, int ordinal, ReadOnlySpan<byte> key)
    {
        ByteWriter payload = Reply.Refuse(answer, reason);
        payload.WriteInt32(ordinal);
        payload.WriteBytes(key);
    }

    /// <summary>Aborts because of none of the actions.</summary>
    public static void Abort(OperationAnswer answer, RefusalCode reason) => Abort(answer, reason, ordinal: -1, key: []);

    public static TransactionAnswer Read(in EngineAnswer answer)
    {
        if (answer.Status == AnswerStatus.Cancelled)
        {
            // Whoever asked for the outcome settled it before it was decided.
            return new(TransactionDecision.Aborted, RefusalCode.TimedOut);
        }

        if (!Reply.IsDone(answer, OperationCode.Decide, out ByteReader body, out RefusalCode refusal))
        {
            return refusal == RefusalCode.Forgotten
                ? new(TransactionDecision.Forgotten)
                : ReadAbort(refusal, body);
        }

        var decision = (TransactionDecision)body.ReadByte();
        return decision switch
        {
            TransactionDecision.Committed => new(decision),
            TransactionDecision.AlreadyCommitted => new(
                decision,
                CommittedBy: new(new(body.ReadUInt16()), new(body.ReadUInt64()), body.ReadUInt64())),
            _ => throw new MalformedDataException($"A decision {(byte)decision}."),
        };
    }

    private static TransactionAnswer ReadAbort(RefusalCode reason, ByteReader body) => body.Remaining == 0
        ? new(TransactionDecision.Aborted, reason)
        : new(TransactionDecision.Aborted, reason, body.ReadInt32(), body.ReadBytes().ToArray());
}
