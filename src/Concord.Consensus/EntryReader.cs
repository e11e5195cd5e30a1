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

    /// <summary>Checks every length, kind and membership in <paramref name="source"/> before anything is
    /// read.</summary>
    /// <returns>False when the bytes are not exactly <paramref name="count"/> entries.</returns>
    public static bool TryCreate(ReadOnlySpan<byte> source, int count, out EntryReader reader)
    {
        reader = default;
        ReadOnlySpan<byte> rest = source;
        for (int i = 0; i < count; i++)
        {
            if (rest.Length < EntryCodec.HeadBytes)
            {
                return false;
            }

            int length = BinaryPrimitives.ReadInt32LittleEndian(rest[9..]);
            if (length < 0 || length > rest.Length - EntryCodec.HeadBytes
                || !IsKnown((EntryKind)rest[8], rest.Slice(EntryCodec.HeadBytes, length)))
            {
                return false;
            }

            rest = rest[(EntryCodec.HeadBytes + length)..];
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

        int length = BinaryPrimitives.ReadInt32LittleEndian(_rest[9..]);
        stamp = new(BinaryPrimitives.ReadUInt64LittleEndian(_rest));
        kind = (EntryKind)_rest[8];
        payload = _rest.Slice(EntryCodec.HeadBytes, length);
        _rest = _rest[(EntryCodec.HeadBytes + length)..];
        Count--;
        return true;
    }

    private static bool IsKnown(EntryKind kind, ReadOnlySpan<byte> payload) => kind switch
    {
        EntryKind.NoOp or EntryKind.Command => true,
        EntryKind.Membership => MembershipCodec.TryDecode(payload) is not null,
        _ => false,
    };
}
