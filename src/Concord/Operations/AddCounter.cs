using Concord.Encoding;
using Concord.Engines;

namespace Concord.Operations;

/// <summary>Adds to a counter unless it would leave its bounds or 64 bits. Arguments: key, delta, min, max.</summary>
internal static class AddCounter
{
    public static OperationRequest Request(
        ReadOnlySpan<byte> key, BoundedAddition addition, string? idempotencyKey = null)
    {
        var arguments = new ByteWriter(key.Length + 28);
        arguments.WriteBytes(key);
        arguments.WriteInt64(addition.Delta);
        arguments.WriteInt64(addition.Min);
        arguments.WriteInt64(addition.Max);
        return new(RecordKey.SlotOf(key), OperationCode.AddCounter, arguments.WrittenMemory, idempotencyKey);
    }

    public static void Run(
        ref ByteReader arguments, in OperationContext context, IKeyspace keys, OperationAnswer answer)
    {
        if (!KeyArgument.TryRead(ref arguments, context, RecordKind.Counter, answer, out ReadOnlySpan<byte> key))
        {
            return;
        }

        var addition = new BoundedAddition(arguments.ReadInt64(), arguments.ReadInt64(), arguments.ReadInt64());
        arguments.End();

        // It returns the value, so it is a write: reservations of transactions would make that value a guess.
        if (IntentTable.TryGetBlocker(keys, key, IntentAccess.Write, out RequestKey blocker))
        {
            answer.Block(blocker);
            return;
        }

        switch (addition.ApplyTo(CounterRecord.Read(keys, key), out long value))
        {
            case AdditionOutcome.Fits:
                CounterRecord.Write(keys, key, value);
                Reply.Done(answer, OperationCode.AddCounter).WriteInt64(value);
                break;
            case AdditionOutcome.BoundViolated:
                Reply.Refuse(answer, RefusalCode.BoundViolated).WriteInt64(value);
                break;
            case AdditionOutcome.Overflow:
                Reply.Refuse(answer, RefusalCode.Overflow).WriteInt64(value);
                break;
        }
    }

    /// <summary>How it went, and the value after the addition or the unchanged one.</summary>
    public static (AdditionOutcome Outcome, long Value) Read(in EngineAnswer answer)
    {
        if (Reply.IsDone(answer, OperationCode.AddCounter, out ByteReader body, out RefusalCode refusal))
        {
            return (AdditionOutcome.Fits, body.ReadInt64());
        }

        return refusal switch
        {
            RefusalCode.BoundViolated => (AdditionOutcome.BoundViolated, body.ReadInt64()),
            RefusalCode.Overflow => (AdditionOutcome.Overflow, body.ReadInt64()),
            _ => throw Reply.Unexpected(OperationCode.AddCounter, refusal),
        };
    }
}
