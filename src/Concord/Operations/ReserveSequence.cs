using Concord.Encoding;
using Concord.Engines;

namespace Concord.Operations;

/// <summary>Takes the next numbers of a sequence. Stored is the last one that was given out, as a counter is.
/// Arguments: key, count. Answers with the first number.</summary>
internal static class ReserveSequence
{
    public const int CountMax = 1_000_000_000;

    public static OperationRequest Request(ReadOnlySpan<byte> key, int count)
    {
        var arguments = new ByteWriter(key.Length + 8);
        arguments.WriteBytes(key);
        arguments.WriteInt32(count);
        return new(RecordKey.SlotOf(key), OperationCode.ReserveSequence, arguments.WrittenMemory, null);
    }

    public static void Run(
        ref ByteReader arguments, in OperationContext context, IKeyspace keys, OperationAnswer answer)
    {
        if (!KeyArgument.TryRead(ref arguments, context, RecordKind.Sequence, answer, out ReadOnlySpan<byte> key))
        {
            return;
        }

        int count = arguments.ReadInt32();
        arguments.End();
        if (count is < 1 or > CountMax)
        {
            throw new MalformedDataException($"Malformed data: {count} numbers of a sequence.");
        }

        long last = CounterRecord.Read(keys, key);
        if (last > long.MaxValue - count)
        {
            Reply.Refuse(answer, RefusalCode.Overflow);
            return;
        }

        CounterRecord.Write(keys, key, last + count);
        Reply.Done(answer, OperationCode.ReserveSequence).WriteInt64(last + 1);
    }

    /// <summary>The first number.</summary>
    /// <exception cref="OverflowException">There are not so many left.</exception>
    public static long Read(in EngineAnswer answer)
    {
        if (Reply.IsDone(answer, OperationCode.ReserveSequence, out ByteReader body, out RefusalCode refusal))
        {
            return body.ReadInt64();
        }

        throw refusal == RefusalCode.Overflow
            ? new OverflowException("The sequence has not so many numbers left in 64 bits. Nothing changed.")
            : Reply.Unexpected(OperationCode.ReserveSequence, refusal);
    }
}
