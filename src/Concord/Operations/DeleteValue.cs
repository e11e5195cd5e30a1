using Concord.Encoding;
using Concord.Engines;

namespace Concord.Operations;

/// <summary>Deletes a value and says whether it existed. Arguments: key.</summary>
internal static class DeleteValue
{
    public static OperationRequest Request(ReadOnlySpan<byte> key, string? idempotencyKey = null)
    {
        var arguments = new ByteWriter(key.Length + 4);
        arguments.WriteBytes(key);
        return new(RecordKey.SlotOf(key), OperationCode.DeleteValue, arguments.WrittenMemory, idempotencyKey);
    }

    public static void Run(
        ref ByteReader arguments, in OperationContext context, IKeyspace keys, OperationAnswer answer)
    {
        if (!KeyArgument.TryRead(ref arguments, context, RecordKind.Value, answer, out ReadOnlySpan<byte> key))
        {
            return;
        }

        arguments.End();
        if (IntentTable.TryGetBlocker(keys, key, IntentAccess.Write, out RequestKey blocker))
        {
            answer.Block(blocker);
            return;
        }

        bool existed = keys.TryGet(key, out _);
        if (existed)
        {
            keys.Delete(key);
        }

        Reply.Done(answer, OperationCode.DeleteValue).WriteByte(existed ? (byte)1 : (byte)0);
    }

    /// <summary>Whether it existed.</summary>
    public static bool Read(in EngineAnswer answer) =>
        Reply.IsDone(answer, OperationCode.DeleteValue, out ByteReader body, out RefusalCode refusal)
            ? body.ReadByte() != 0
            : throw Reply.Unexpected(OperationCode.DeleteValue, refusal);
}
