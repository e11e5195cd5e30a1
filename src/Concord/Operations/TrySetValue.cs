using Concord.Encoding;
using Concord.Engines;

namespace Concord.Operations;

/// <summary>Sets a value if it still has a revision; zero: if it does not exist. Arguments: key, expected revision,
/// record.</summary>
internal static class TrySetValue
{
    public static OperationRequest Request(
        ReadOnlySpan<byte> key, Revision expected, ReadOnlySpan<byte> record, string? idempotencyKey = null)
    {
        var arguments = new ByteWriter(key.Length + record.Length + 16);
        arguments.WriteBytes(key);
        arguments.WriteInt64(expected.Value);
        arguments.WriteBytes(record);
        return new(RecordKey.SlotOf(key), OperationCode.TrySetValue, arguments.WrittenMemory, idempotencyKey);
    }

    public static void Run(
        ref ByteReader arguments, in OperationContext context, IKeyspace keys, OperationAnswer answer)
    {
        if (!KeyArgument.TryRead(ref arguments, context, RecordKind.Value, answer, out ReadOnlySpan<byte> key))
        {
            return;
        }

        long expected = arguments.ReadInt64();
        ReadOnlySpan<byte> record = arguments.ReadBytes();
        arguments.End();
        ValueRecord.Check(record);

        // Also before a refusal: the transaction in the way may be decided already and leave the expected revision
        // behind.
        if (IntentTable.TryGetBlocker(keys, key, IntentAccess.Write, out RequestKey blocker))
        {
            answer.Block(blocker);
            return;
        }

        long current = keys.TryGet(key, out RecordView view) ? view.ModRevision : 0;
        if (current != expected)
        {
            Reply.Refuse(answer, RefusalCode.RevisionMismatch).WriteInt64(current);
            return;
        }

        keys.Put(key, record);
        Reply.Done(answer, OperationCode.TrySetValue);
    }

    /// <summary>The new revision; null when the expected one is no longer the current one.</summary>
    public static Revision? Read(in EngineAnswer answer)
    {
        if (Reply.IsDone(answer, OperationCode.TrySetValue, out _, out RefusalCode refusal))
        {
            return new(answer.Revision);
        }

        return refusal == RefusalCode.RevisionMismatch
            ? null
            : throw Reply.Unexpected(OperationCode.TrySetValue, refusal);
    }
}
