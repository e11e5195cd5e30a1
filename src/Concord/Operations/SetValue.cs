using Concord.Encoding;
using Concord.Engines;

namespace Concord.Operations;

/// <summary>Sets a value, whatever it was. Arguments: key, record.</summary>
internal static class SetValue
{
    public static OperationRequest Request(
        ReadOnlySpan<byte> key, ReadOnlySpan<byte> record, string? idempotencyKey = null)
    {
        var arguments = new ByteWriter(key.Length + record.Length + 8);
        arguments.WriteBytes(key);
        arguments.WriteBytes(record);
        return new(RecordKey.SlotOf(key), OperationCode.SetValue, arguments.WrittenMemory, idempotencyKey);
    }

    public static void Run(
        ref ByteReader arguments, in OperationContext context, IKeyspace keys, OperationAnswer answer)
    {
        if (!KeyArgument.TryRead(ref arguments, context, RecordKind.Value, answer, out ReadOnlySpan<byte> key))
        {
            return;
        }

        ReadOnlySpan<byte> record = arguments.ReadBytes();
        arguments.End();
        ValueRecord.Check(record);
        if (IntentTable.TryGetBlocker(keys, key, IntentAccess.Write, out RequestKey blocker))
        {
            answer.Block(blocker);
            return;
        }

        keys.Put(key, record);
        Reply.Done(answer, OperationCode.SetValue);
    }

    /// <summary>The new revision.</summary>
    public static Revision Read(in EngineAnswer answer) =>
        Reply.IsDone(answer, OperationCode.SetValue, out _, out RefusalCode refusal)
            ? new(answer.Revision)
            : throw Reply.Unexpected(OperationCode.SetValue, refusal);
}
