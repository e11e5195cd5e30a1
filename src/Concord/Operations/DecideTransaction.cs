using Concord.Encoding;
using Concord.Engines;

namespace Concord.Operations;

/// <summary>
/// Decides a transaction at its anchor, in the one entry that also judges and applies the anchor's own part. The kept
/// answer of this request is the write-once record of the decision: whoever writes it first has decided, and settling
/// writes it too. Arguments: what the coordinator knows (a refusal's verdict and ordinal, or none), age, idempotency
/// tail, participants' shards, actions.
/// </summary>
internal static class DecideTransaction
{
    public static void WriteArguments(ByteWriter target, in DecideArguments arguments)
    {
        target.WriteByte((byte)arguments.Refusal);
        target.WriteInt32(arguments.RefusalOrdinal);
        target.WriteInt64(arguments.Age.Milliseconds);
        target.WriteBytes(arguments.IdempotencyTail);
        target.WriteBytes(arguments.Participants);
        target.WriteRaw(arguments.Actions);
    }

    public static DecideArguments ReadArguments(ref ByteReader reader)
    {
        var arguments = new DecideArguments
        {
            Refusal = (Verdict)reader.ReadByte(),
            RefusalOrdinal = reader.ReadInt32(),
            Age = new(reader.ReadInt64()),
            IdempotencyTail = reader.ReadBytes(),
            Participants = reader.ReadBytes(),
            Actions = reader.ReadRaw(reader.Remaining),
        };
        return arguments.Refusal is >= Verdict.Ok and <= Verdict.QueueFull && arguments.Participants.Length % 4 == 0
            ? arguments
            : throw new MalformedDataException("Malformed data: the arguments of a decision.");
    }

    public static void Run(ref ByteReader reader, in OperationContext context, IKeyspace keys, OperationAnswer answer)
    {
        DecideArguments arguments = ReadArguments(ref reader);
        RequestKey transaction = context.Request;
        if (IdempotencyRecord.TryGetCommit(keys, transaction.Slot, arguments.IdempotencyTail, out RequestKey first))
        {
            TransactionAnswer.AlreadyCommitted(answer, first);
            return;
        }

        // Of several that refuse the first counts, so the anchor judges what comes before the participants' refusal.
        bool refused = arguments.Refusal != Verdict.Ok;
        int limit = refused && arguments.RefusalOrdinal >= 0 ? arguments.RefusalOrdinal : refused ? 0 : int.MaxValue;
        Judgement judgement = TransactionActions.Judge(
            keys, transaction, arguments.Actions, limit, arguments.Age, Effect.CarryOut);
        switch (judgement.Verdict)
        {
            case Verdict.Ok when refused:
                TransactionAnswer.Abort(answer, RefusalReason.Of(arguments.Refusal), arguments.RefusalOrdinal, key: []);
                break;
            case Verdict.Ok:
                Commit(keys, transaction, arguments);
                TransactionAnswer.Commit(answer);
                break;
            case Verdict.Blocked:
                answer.Block(judgement.Blocker);
                break;
            default:
                TransactionAnswer.Abort(answer, RefusalReason.Of(judgement.Verdict), judgement.Ordinal, key: []);
                break;
        }
    }

    private static void Commit(IKeyspace keys, RequestKey transaction, in DecideArguments arguments)
    {
        if (!arguments.Participants.IsEmpty)
        {
            DecisionRecord.Put(keys, transaction, arguments.Participants);
        }

        if (!arguments.IdempotencyTail.IsEmpty)
        {
            IdempotencyRecord.PutCommit(keys, transaction, arguments.IdempotencyTail);
        }
    }
}

/// <summary>The arguments of a decision.</summary>
internal readonly ref struct DecideArguments
{
    /// <summary>Why the participants refused; Ok when all are prepared; Blocked when they did not answer in
    /// time.</summary>
    public Verdict Refusal { get; init; }

    /// <summary>The first action that a participant refused; -1 for none in particular.</summary>
    public int RefusalOrdinal { get; init; }

    public LogTime Age { get; init; }

    public ReadOnlySpan<byte> IdempotencyTail { get; init; }

    public ReadOnlySpan<byte> Participants { get; init; }

    public ReadOnlySpan<byte> Actions { get; init; }
}
