using System.Buffers.Binary;
using Concord.Engines;

namespace Concord.Operations.Holds;

/// <summary>
/// Keys beside a root: slot, kind, then the root's own kind and tail, then what tells them apart. A hold and a claim
/// are told apart by the request that asked for them, which is their handle; a place in line by a number that grows.
/// </summary>
internal static class HoldKey
{
    /// <summary>Session and sequence of the request.</summary>
    public const int HandleBytes = 16;

    /// <summary>The longest of these keys: slot, kind, root kind, tail, a zero, handle.</summary>
    public const int BytesMax = IntentTable.TargetKeyBytesMax + 1 + 1 + HandleBytes;

    /// <summary>All of one kind at a root.</summary>
    public static Span<byte> Prefix(Span<byte> target, RecordKind kind, ReadOnlySpan<byte> root)
    {
        Span<byte> written = target[..(root.Length + 2)];
        root[..2].CopyTo(written);
        written[2] = (byte)kind;
        root[2..].CopyTo(written[3..]);
        written[^1] = 0;
        return written;
    }

    /// <summary>The hold or the claim of a request.</summary>
    public static Span<byte> Write(
        Span<byte> target, RecordKind kind, ReadOnlySpan<byte> root, SessionId session, ulong sequence)
    {
        int length = Prefix(target, kind, root).Length;
        BinaryPrimitives.WriteUInt64BigEndian(target[length..], session.Value);
        BinaryPrimitives.WriteUInt64BigEndian(target[(length + 8)..], sequence);
        return target[..(length + HandleBytes)];
    }

    /// <summary>The place with a number in the line of a root.</summary>
    public static Span<byte> WritePlace(Span<byte> target, ReadOnlySpan<byte> root, ulong number)
    {
        int length = Prefix(target, RecordKind.Place, root).Length;
        BinaryPrimitives.WriteUInt64BigEndian(target[length..], number);
        return target[..(length + 8)];
    }

    /// <summary>The number in the key of a place.</summary>
    public static ulong NumberOf(ReadOnlySpan<byte> key) => BinaryPrimitives.ReadUInt64BigEndian(key[^8..]);

    /// <summary>The request in the key of a hold or a claim.</summary>
    public static (SessionId Session, ulong Sequence) HandleOf(ReadOnlySpan<byte> key) => (
        new(BinaryPrimitives.ReadUInt64BigEndian(key[^HandleBytes..])),
        BinaryPrimitives.ReadUInt64BigEndian(key[^8..]));

    /// <summary>Writes the key of the root that a hold or a claim is beside.</summary>
    public static Span<byte> RootOf(Span<byte> target, ReadOnlySpan<byte> key)
    {
        Span<byte> written = target[..(key.Length - HandleBytes - 2)];
        key[..2].CopyTo(written);
        key[3..^(HandleBytes + 1)].CopyTo(written[2..]);
        return written;
    }
}
