using System.Buffers.Binary;

namespace Concord.Consensus;

/// <summary>Entries as bytes, in messages and in the write-ahead log alike: stamp 8, kind 1, length 4,
/// payload.</summary>
public static class EntryCodec
{
    internal const int HeadBytes = 13;

    /// <summary>How many bytes the entries of <paramref name="range"/> take.</summary>
    public static int Measure(LogRange range, LogBuffer log)
    {
        ArgumentNullException.ThrowIfNull(log);
        int bytes = range.Count * HeadBytes;
        for (int i = 0; i < range.Count; i++)
        {
            bytes += log.PayloadLengthAt(range.First + (ulong)i);
        }

        return bytes;
    }

    /// <summary>Writes the entries of <paramref name="range"/> one behind the other.</summary>
    /// <returns>How many bytes were written.</returns>
    public static int Write(LogRange range, LogBuffer log, Span<byte> target)
    {
        ArgumentNullException.ThrowIfNull(log);
        int written = 0;
        for (int i = 0; i < range.Count; i++)
        {
            LogIndex index = range.First + (ulong)i;
            ReadOnlySpan<byte> payload = log.PayloadAt(index);
            Span<byte> entry = target[written..];
            BinaryPrimitives.WriteUInt64LittleEndian(entry, log.StampAt(index).Value);
            entry[8] = (byte)log.KindAt(index);
            BinaryPrimitives.WriteInt32LittleEndian(entry[9..], payload.Length);
            payload.CopyTo(entry[HeadBytes..]);
            written += HeadBytes + payload.Length;
        }

        return written;
    }
}
