using System.Buffers.Binary;
using Concord.Engines;
using Concord.Operations.Holds;

namespace Concord.Operations.Queues;

/// <summary>
/// Keys beside the root of a queue, behind <see cref="HoldKey.Prefix"/> and a byte that says which part. Messages that
/// nobody holds: ready ones by order; delayed ones by the moment they come due, then order; those behind another one of
/// their group by group, then order. The index: the groups that have a message, the message ids that are remembered,
/// and these ids by the moment they are forgotten.
/// </summary>
internal static class QueueKey
{
    public const int IdBytesMax = 256;
    public const int GroupBytesMax = 256;

    /// <summary>The longest of these keys.</summary>
    public const int BytesMax = IntentTable.TargetKeyBytesMax + 2 + 1 + 1 + GroupBytesMax + 8;

    private const byte ReadyPart = 1;
    private const byte DelayedPart = 2;
    private const byte BehindPart = 3;
    private const byte GroupPart = 1;
    private const byte IdPart = 2;
    private const byte ForgetPart = 3;

    /// <summary>All ready messages.</summary>
    public static Span<byte> Ready(Span<byte> target, scoped ReadOnlySpan<byte> root) =>
        Part(target, RecordKind.Message, root, ReadyPart);

    public static Span<byte> Ready(Span<byte> target, scoped ReadOnlySpan<byte> root, ulong order) =>
        Append(target, Ready(target, root).Length, order);

    /// <summary>All delayed messages, the first to come due first.</summary>
    public static Span<byte> Delayed(Span<byte> target, scoped ReadOnlySpan<byte> root) =>
        Part(target, RecordKind.Message, root, DelayedPart);

    public static Span<byte> Delayed(Span<byte> target, scoped ReadOnlySpan<byte> root, LogTime due, ulong order)
    {
        int length = Append(target, Delayed(target, root).Length, (ulong)due.Milliseconds).Length;
        return Append(target, length, order);
    }

    /// <summary>The moment in the key of a delayed message.</summary>
    public static LogTime DueOf(ReadOnlySpan<byte> delayedKey) =>
        new((long)BinaryPrimitives.ReadUInt64BigEndian(delayedKey[^16..]));

    /// <summary>All messages behind others of their groups.</summary>
    public static Span<byte> Behind(Span<byte> target, scoped ReadOnlySpan<byte> root) =>
        Part(target, RecordKind.Message, root, BehindPart);

    /// <summary>Those of one group.</summary>
    public static Span<byte> Behind(Span<byte> target, scoped ReadOnlySpan<byte> root, scoped ReadOnlySpan<byte> group)
    {
        int length = Behind(target, root).Length;

        // Its length first: no group begins with another.
        target[length] = (byte)(group.Length - 1);
        group.CopyTo(target[(length + 1)..]);
        return target[..(length + 1 + group.Length)];
    }

    public static Span<byte> Behind(
        Span<byte> target, scoped ReadOnlySpan<byte> root, scoped ReadOnlySpan<byte> group, ulong order) =>
        Append(target, Behind(target, root, group).Length, order);

    /// <summary>The order in the key of any message.</summary>
    public static ulong OrderOf(ReadOnlySpan<byte> messageKey) =>
        BinaryPrimitives.ReadUInt64BigEndian(messageKey[^8..]);

    /// <summary>That a group has a message in the queue, in flight or not.</summary>
    public static Span<byte> Group(
        Span<byte> target, scoped ReadOnlySpan<byte> root, scoped ReadOnlySpan<byte> group) =>
        Append(target, Part(target, RecordKind.QueueIndex, root, GroupPart).Length, group);

    /// <summary>A message id that is remembered.</summary>
    public static Span<byte> Id(Span<byte> target, scoped ReadOnlySpan<byte> root, scoped ReadOnlySpan<byte> id) =>
        Append(target, Part(target, RecordKind.QueueIndex, root, IdPart).Length, id);

    /// <summary>All remembered ids, the first to be forgotten first.</summary>
    public static Span<byte> Forget(Span<byte> target, scoped ReadOnlySpan<byte> root) =>
        Part(target, RecordKind.QueueIndex, root, ForgetPart);

    public static Span<byte> Forget(
        Span<byte> target, scoped ReadOnlySpan<byte> root, LogTime at, scoped ReadOnlySpan<byte> id)
    {
        int length = Append(target, Forget(target, root).Length, (ulong)at.Milliseconds).Length;
        return Append(target, length, id);
    }

    /// <summary>The moment and the id in such a key.</summary>
    public static (LogTime At, int IdBytes) ForgetOf(ReadOnlySpan<byte> key, ReadOnlySpan<byte> root)
    {
        // Prefix: slot, kind, root kind and tail, a zero, the part.
        int length = root.Length + 3;
        return (new((long)BinaryPrimitives.ReadUInt64BigEndian(key[length..])), key.Length - length - 8);
    }

    private static Span<byte> Part(Span<byte> target, RecordKind kind, scoped ReadOnlySpan<byte> root, byte part)
    {
        int length = HoldKey.Prefix(target, kind, root).Length;
        target[length] = part;
        return target[..(length + 1)];
    }

    private static Span<byte> Append(Span<byte> target, int length, ulong number)
    {
        BinaryPrimitives.WriteUInt64BigEndian(target[length..], number);
        return target[..(length + 8)];
    }

    private static Span<byte> Append(Span<byte> target, int length, scoped ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(target[length..]);
        return target[..(length + bytes.Length)];
    }
}
