using Concord.Encoding;
using Concord.Engines;

namespace Concord.Operations;

/// <summary>Sets a counter if it has a value, and returns the original one. Arguments: key, value, comparand.</summary>
internal static class CompareExchangeCounter
{
    public static OperationRequest Request(
        ReadOnlySpan<byte> key, long value, long comparand, string? idempotencyKey = null)
    {
        var arguments = new ByteWriter(key.Length + 20);
        arguments.WriteBytes(key);
        arguments.WriteInt64(value);
        arguments.WriteInt64(comparand);
        return new(
            RecordKey.SlotOf(key), OperationCode.CompareExchangeCounter, arguments.WrittenMemory, idempotencyKey);
    }

    public static void Run(
        ref ByteReader arguments, in OperationContext context, IKeyspace keys, OperationAnswer answer)
    {
        if (!KeyArgument.TryRead(ref arguments, context, RecordKind.Counter, answer, out ReadOnlySpan<byte> key))
        {
            return;
        }

        long value = arguments.ReadInt64();
        long comparand = arguments.ReadInt64();
        arguments.End();
        if (IntentTable.TryGetBlocker(keys, key, IntentAccess.Write, out RequestKey blocker))
        {
            answer.Block(blocker);
            return;
        }

        long original = CounterRecord.Read(keys, key);
        if (original == comparand)
        {
            CounterRecord.Write(keys, key, value);
        }

        // Not a refusal when they differ: as with Interlocked, the original value is the answer in both cases.
        Reply.Done(answer, OperationCode.CompareExchangeCounter).WriteInt64(original);
    }

    /// <summary>The original value.</summary>
    public static long Read(in EngineAnswer answer) =>
        Reply.IsDone(answer, OperationCode.CompareExchangeCounter, out ByteReader body, out RefusalCode refusal)
            ? body.ReadInt64()
            : throw Reply.Unexpected(OperationCode.CompareExchangeCounter, refusal);
}
