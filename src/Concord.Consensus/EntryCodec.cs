using System.Buffers.Binary;

namespace Concord.Consensus;

/// <summary>Entries as bytes, in messages and in the write-ahead log alike: stamp 8, kind 1, length 4, payload. Where
/// the entry was first proposed under another stamp than its own, the kind says so and 8 bytes of that stamp stand
/// before the payload. An entry that is only named has no payload and no length.</summary>
public static class EntryCodec
{
    internal const int HeadBytes = 13;
    internal const int OriginBytes = 8;
    internal const byte OriginFlag = 0x80;
    internal const byte ReferenceFlag = 0x40;

    /// <summary>How many bytes the entries of <paramref name="range"/> take.</summary>
    /// <param name="range">The entries.</param>
    /// <param name="log">Where they are.</param>
    /// <param name="byReference">Whether they are only named.</param>
    public static int Measure(LogRange range, LogBuffer log, bool byReference = false)
    {
        ArgumentNullException.ThrowIfNull(log);
        int bytes = 0;
        for (int i = 0; i < range.Count; i++)
        {
            bytes += MeasureAt(range.First + (ulong)i, log, byReference);
        }

        return bytes;
    }

    /// <summary>Writes the entries of <paramref name="range"/> one behind the other.</summary>
    /// <param name="range">The entries.</param>
    /// <param name="log">Where they are.</param>
    /// <param name="target">Where they go.</param>
    /// <param name="byReference">Whether they are only named.</param>
    /// <returns>How many bytes were written.</returns>
    public static int Write(LogRange range, LogBuffer log, Span<byte> target, bool byReference = false)
    {
        ArgumentNullException.ThrowIfNull(log);
        int written = 0;
        for (int i = 0; i < range.Count; i++)
        {
            LogIndex index = range.First + (ulong)i;
            EntryHead head = log.ReadAt(index, out ReadOnlySpan<byte> payload);
            payload = byReference ? [] : payload;
            Span<byte> entry = target[written..];
            BinaryPrimitives.WriteUInt64LittleEndian(entry, head.Stamp.Value);
            entry[8] = (byte)((byte)head.Kind | (byReference ? ReferenceFlag : 0));
            BinaryPrimitives.WriteInt32LittleEndian(entry[9..], payload.Length);
            written += HeadBytes;
            if (head.IsAgain)
            {
                entry[8] |= OriginFlag;
                BinaryPrimitives.WriteUInt64LittleEndian(target[written..], head.Origin.Value);
                written += OriginBytes;
            }

            payload.CopyTo(target[written..]);
            written += payload.Length;
        }

        return written;
    }

    internal static int MeasureAt(LogIndex index, LogBuffer log, bool byReference)
    {
        EntryHead head = log.HeadAt(index);
        return HeadBytes + (head.IsAgain ? OriginBytes : 0) + (byReference ? 0 : head.Length);
    }
}
