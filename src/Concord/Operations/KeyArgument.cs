using Concord.Encoding;
using Concord.Engines;

namespace Concord.Operations;

/// <summary>The first argument of every operation on one object: its key. It comes from a client, so nothing about it
/// is taken for granted.</summary>
internal static class KeyArgument
{
    private const int HeadBytes = 3;

    /// <summary>Reads the key; refuses one of another kind.</summary>
    /// <exception cref="MalformedDataException">As <see cref="Read"/>.</exception>
    public static bool TryRead(
        ref ByteReader arguments,
        in OperationContext context,
        RecordKind kind,
        OperationAnswer answer,
        out ReadOnlySpan<byte> key)
    {
        key = Read(ref arguments, context);
        if (RecordKey.KindOf(key) == kind)
        {
            return true;
        }

        answer.Refuse().WriteByte((byte)RefusalCode.WrongKind);
        return false;
    }

    /// <summary>Reads the key, of whatever kind.</summary>
    /// <exception cref="MalformedDataException">It is no key, or one of another slot than the request's: its answer
    /// would not move with the slot.</exception>
    public static ReadOnlySpan<byte> Read(ref ByteReader arguments, in OperationContext context)
    {
        ReadOnlySpan<byte> key = arguments.ReadBytes();
        if (key.Length <= HeadBytes || key.Length > IntentTable.TargetKeyBytesMax)
        {
            throw new MalformedDataException($"A key of {key.Length} bytes.");
        }

        return RecordKey.SlotOf(key) == context.Request.Slot ? key : throw new MalformedDataException(
            $"A key of slot {RecordKey.SlotOf(key)} in a request for slot {context.Request.Slot}.");
    }
}
