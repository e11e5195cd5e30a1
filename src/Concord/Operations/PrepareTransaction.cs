using Concord.Encoding;
using Concord.Engines;

namespace Concord.Operations;

/// <summary>
/// Prepares the part of a transaction that concerns a shard other than the anchor: judges it, holds what it touches,
/// and keeps what it will do. From here on only the decision at the anchor ends it. Arguments: gid, anchor shard, age,
/// actions.
/// </summary>
/// <remarks>Numbered by the client's session like any request, so that a repeated Prepare is answered and not run
/// again: a second run after the resolution would hold, and with a commit apply, everything a second time.</remarks>
internal static class PrepareTransaction
{
    public static void WriteArguments(
        ByteWriter target, RequestKey transaction, uint anchor, LogTime age, ReadOnlySpan<byte> actions)
    {
        target.WriteUInt16(transaction.Slot.Value);
        target.WriteUInt64(transaction.Session.Value);
        target.WriteUInt64(transaction.Sequence);
        target.WriteUInt32(anchor);
        target.WriteInt64(age.Milliseconds);
        target.WriteRaw(actions);
    }

    public static void Run(ref ByteReader arguments, in OperationContext context, IKeyspace keys,
        OperationAnswer answer)
    {
        RequestKey transaction = TransactionOf(ref arguments);
        ReadOnlySpan<byte> record = arguments.Rest;
        PreparedRecord part = PreparedRecord.Read(record);
        Judgement judgement =
            TransactionActions.Judge(keys, transaction, part.Actions, int.MaxValue, part.Age, Effect.Hold);
        switch (judgement.Verdict)
        {
            case Verdict.Ok:
                PreparedRecord.Put(keys, transaction, record);
                Reply.Done(answer, OperationCode.Prepare);
                break;
            case Verdict.Blocked:
                answer.Block(judgement.Blocker);
                break;
            default:
                Reply.Refuse(answer, RefusalReason.Of(judgement.Verdict)).WriteInt32(judgement.Ordinal);
                break;
        }
    }

    /// <summary>The gid at the start of the arguments.</summary>
    public static RequestKey TransactionOf(ref ByteReader arguments) =>
        new(new(arguments.ReadUInt16()), new(arguments.ReadUInt64()), arguments.ReadUInt64());
}
