using Concord.Encoding;
using Concord.Engines;

namespace Concord.Operations;

/// <summary>
/// Settles a request: says what was answered, or makes sure that it never runs. For a transaction this is the
/// compare-and-set of Abort: the tombstone is the kept answer, so a decision that comes later finds it and decides
/// nothing. Arguments: session, sequence; the slot is the command's.
/// </summary>
/// <remarks>
/// A request of a session that is not registered here, or is ending, never runs: no tombstone is needed. A commit whose
/// answer is gone still has its decision until every participant has carried it out; a participant that asks is one
/// that has not, so for it "forgotten" means that nothing was committed.
/// </remarks>
internal static class SettleRequest
{
    public static ReadOnlyMemory<byte> Arguments(RequestKey request)
    {
        var arguments = new ByteWriter(16);
        arguments.WriteUInt64(request.Session.Value);
        arguments.WriteUInt64(request.Sequence);
        return arguments.WrittenMemory;
    }

    public static void Run(ref ByteReader arguments, in OperationContext context, IKeyspace keys,
        OperationAnswer answer)
    {
        var request = new RequestKey(context.Request.Slot, new(arguments.ReadUInt64()), arguments.ReadUInt64());
        arguments.End();
        if (DecisionRecord.Exists(keys, request))
        {
            var committed = new OperationAnswer();
            committed.Reset();
            TransactionAnswer.Commit(committed);
            Write(answer, committed.Status, 0, committed.Payload.Written);
            return;
        }

        switch (
            SessionAnswers.Find(keys, request, out AnswerStatus status, out long revision,
                out ReadOnlySpan<byte> payload))
        {
            case AnswerFound.Kept:
                Write(answer, status, revision, payload);
                break;
            case AnswerFound.Absent when SessionRecord.MayRun(keys, request.Session):
                PutTombstone(keys, request);
                Write(answer, AnswerStatus.Cancelled, 0, []);
                break;
            default:
                Write(answer, AnswerStatus.Refused, 0, [(byte)RefusalCode.Forgotten]);
                break;
        }
    }

    /// <summary>Makes sure that a request that has not run never will, as a step of an operation of the same session in
    /// the same slot.</summary>
    public static void Forbid(IKeyspace keys, RequestKey request)
    {
        if (SessionAnswers.Find(keys, request, out _, out _, out _) == AnswerFound.Absent)
        {
            PutTombstone(keys, request);
        }
    }

    /// <summary>The answer of the request that was settled.</summary>
    public static EngineAnswer Read(in EngineAnswer answer)
    {
        if (!Reply.IsDone(answer, OperationCode.Settle, out ByteReader body, out RefusalCode refusal))
        {
            throw Reply.Unexpected(OperationCode.Settle, refusal);
        }

        return new((AnswerStatus)body.ReadByte(), body.ReadInt64(), body.ReadBytes().ToArray());
    }

    private static void PutTombstone(IKeyspace keys, RequestKey request)
    {
        if (!SessionAnswers.TryAdd(keys, request, 0, AnswerStatus.Cancelled, 0, [], new ByteWriter()))
        {
            throw new InvalidOperationException("The session has too many answers that it has not acknowledged.");
        }
    }

    private static void Write(OperationAnswer answer, AnswerStatus status, long revision, ReadOnlySpan<byte> payload)
    {
        ByteWriter body = Reply.Done(answer, OperationCode.Settle);
        body.WriteByte((byte)status);
        body.WriteInt64(revision);
        body.WriteBytes(payload);
    }
}
