using System.Buffers.Binary;

namespace Concord.Consensus;

/// <summary>Reads entries that came as bytes, without copying. Lengths were checked when it was made.</summary>
public ref struct EntryReader
{
    private ReadOnlySpan<byte> _rest;

    private EntryReader(ReadOnlySpan<byte> source, int count)
    {
        _rest = source;
        Count = count;
    }

    /// <summary>How many entries are left.</summary>
    public int Count { get; private set; }

    /// <summary>The stamp under which the entry that was read last was first proposed.</summary>
    public Stamp Origin { get; private set; }

    /// <summary>Checks every length, kind and membership in <paramref name="source"/> before anything is
    /// read.</summary>
    /// <param name="source">The bytes.</param>
    /// <param name="count">How many entries they are.</param>
    /// <param name="reader">Reads them.</param>
    /// <param name="gaps">Whether there may be places without an entry among them.</param>
    /// <param name="references">Whether the entries are only named.</param>
    /// <returns>False when the bytes are not exactly <paramref name="count"/> entries.</returns>
    public static bool TryCreate(
        ReadOnlySpan<byte> source, int count, out EntryReader reader, bool gaps = false, bool references = false)
    {
        reader = default;
        ReadOnlySpan<byte> rest = source;
        for (int i = 0; i < count; i++)
        {
            if (rest.Length < EntryCodec.HeadBytes)
            {
                return false;
            }

            int head = HeadBytesOf(rest[8]);
            int length = BinaryPrimitives.ReadInt32LittleEndian(rest[9..]);
            if (length < 0 || length > rest.Length - head || !IsKnown(rest, head, length, gaps, references))
            {
                return false;
            }

            rest = rest[(head + length)..];
        }

        if (count < 0 || !rest.IsEmpty)
        {
            return false;
        }

        reader = new(source, count);
        return true;
    }

    /// <summary>Reads the next entry.</summary>
    /// <returns>False when there is none left.</returns>
    public bool TryRead(out Stamp stamp, out EntryKind kind, out ReadOnlySpan<byte> payload)
    {
        if (Count == 0)
        {
            stamp = default;
            kind = default;
            payload = default;
            return false;
        }

        int head = HeadBytesOf(_rest[8]);
        int length = BinaryPrimitives.ReadInt32LittleEndian(_rest[9..]);
        stamp = new(BinaryPrimitives.ReadUInt64LittleEndian(_rest));
        kind = KindOf(_rest[8]);
        Origin = head == EntryCodec.HeadBytes
            ? stamp
            : new(BinaryPrimitives.ReadUInt64LittleEndian(_rest[EntryCodec.HeadBytes..]));
        payload = _rest.Slice(head, length);
        _rest = _rest[(head + length)..];
        Count--;
        return true;
    }

    private static EntryKind KindOf(byte kind) =>
        (EntryKind)(kind & ~(EntryCodec.OriginFlag | EntryCodec.ReferenceFlag));

    private static int HeadBytesOf(byte kind) =>
        EntryCodec.HeadBytes + ((kind & EntryCodec.OriginFlag) == 0 ? 0 : EntryCodec.OriginBytes);

    private static bool IsKnown(ReadOnlySpan<byte> entry, int head, int length, bool gaps, bool references)
    {
        ulong stamp = BinaryPrimitives.ReadUInt64LittleEndian(entry);
        bool isReference = (entry[8] & EntryCodec.ReferenceFlag) != 0;
        if (isReference != references || (isReference && length != 0))
        {
            return false;
        }

        if (head > EntryCodec.HeadBytes)
        {
            // Said only where it says something: bytes have one meaning, and a meaning one form. Nothing is proposed
            // again under an older stamp.
            ulong origin = BinaryPrimitives.ReadUInt64LittleEndian(entry[EntryCodec.HeadBytes..]);
            if (origin >= stamp)
            {
                return false;
            }
        }

        return KindOf(entry[8]) switch
        {
            EntryKind.None => gaps && stamp == 0 && length == 0,
            EntryKind.NoOp or EntryKind.Command => true,
            EntryKind.Membership => isReference || MembershipCodec.TryDecode(entry.Slice(head, length)) is not null,
            _ => false,
        };
    }
}
