using System.Buffers.Binary;
using Concord.Encoding;

namespace Concord.Cluster.Storage;

/// <summary>What lies at a place of a segment where a batch is expected.</summary>
internal enum BatchState
{
    /// <summary>A batch, whole.</summary>
    Valid,

    /// <summary>Zeros to the end of the segment.</summary>
    Nothing,

    /// <summary>
    /// The first sector is zero and something behind it is not: a torn write, if nothing valid follows.
    /// </summary>
    HeaderLost,

    /// <summary>A header, but sectors of its batch are zero: a torn write, if nothing follows.</summary>
    SectorsLost,

    /// <summary>Whole, but of a format that this build does not know.</summary>
    Unknown,

    /// <summary>Anything else. No crash leaves that.</summary>
    Damaged,
}

/// <summary>Tells batches, torn batches and damage apart. Every length is checked before it is used.</summary>
internal static class BatchReader
{
    public static BatchState Inspect(
        ReadOnlySpan<byte> segment, ulong number, int offset, out BatchHeader header, out string detail)
    {
        header = default;
        detail = "";
        ReadOnlySpan<byte> rest = segment[offset..];
        if (rest.Length < BatchFormat.SectorBytes || BatchFormat.IsZero(rest[..BatchFormat.SectorBytes]))
        {
            return BatchFormat.IsZero(rest) ? BatchState.Nothing : BatchState.HeaderLost;
        }

        if (!BatchFormat.TryReadHeader(rest, out byte version, out header))
        {
            detail = "its header does not match its checksum";
            return BatchState.Damaged;
        }

        if (version != BatchFormat.Version || (header.Flags & ~BatchFormat.SegmentHead) != 0)
        {
            detail = $"format {version}.{header.Flags}";
            return BatchState.Unknown;
        }

        if (!LiesWhereItSays(header, rest.Length, number, offset, out detail))
        {
            return BatchState.Damaged;
        }

        return InspectBody(rest[..header.Length], out detail);
    }

    /// <summary>The checksum of a valid batch.</summary>
    public static uint ChecksumOf(ReadOnlySpan<byte> batch) =>
        BinaryPrimitives.ReadUInt32LittleEndian(batch[^BatchFormat.TrailerBytes..]);

    /// <summary>Undoes the escapes of a valid batch in place.</summary>
    /// <returns>Its records; empty with <paramref name="malformed"/> when the table is not what a writer
    /// writes.</returns>
    public static ReadOnlySpan<byte> Unescape(in BatchHeader header, Span<byte> batch, out bool malformed)
    {
        malformed = true;
        int recordsEnd = BatchFormat.HeaderBytes + header.RecordBytes;
        Span<byte> table = batch.Slice((int)BatchFormat.EvenEnd(header.RecordBytes), header.Escapes * sizeof(ushort));
        int last = 0;
        for (; !table.IsEmpty; table = table[sizeof(ushort)..])
        {
            int sector = BinaryPrimitives.ReadUInt16LittleEndian(table);
            int place = sector * BatchFormat.SectorBytes;
            if (sector <= last || place >= recordsEnd || batch[place] != BatchFormat.EscapeByte)
            {
                return default;
            }

            batch[place] = 0;
            last = sector;
        }

        malformed = false;
        return batch[BatchFormat.HeaderBytes..recordsEnd];
    }

    private static bool LiesWhereItSays(in BatchHeader header, int room, ulong number, int offset, out string detail)
    {
        detail = "";
        if (header.Segment != number || (long)header.Sector * BatchFormat.SectorBytes != offset)
        {
            detail = $"it belongs to segment {header.Segment}, sector {header.Sector}";
        }
        else if ((header.Flags & BatchFormat.SegmentHead) != 0 != (offset == 0))
        {
            detail = "a segment's head is at its front and nowhere else";
        }
        else if (header.Length > room || header.Length % BatchFormat.SectorBytes != 0 || header.Length == 0)
        {
            detail = $"its length of {header.Length} bytes does not fit the segment";
        }
        else if (BatchFormat.EvenEnd(header.RecordBytes) + (header.Escapes * sizeof(ushort)) + BatchFormat.TrailerBytes
            > header.Length)
        {
            detail = $"{header.RecordBytes} bytes of records do not fit its length of {header.Length}";
        }

        return detail.Length == 0;
    }

    private static BatchState InspectBody(ReadOnlySpan<byte> batch, out string detail)
    {
        detail = "";
        ulong mark = BinaryPrimitives.ReadUInt64LittleEndian(batch[^sizeof(ulong)..]);
        if (mark == 0 || HasZeroSector(batch))
        {
            return BatchState.SectorsLost;
        }

        // Sectors are written wholly or not at all: a mark that is neither there nor missing was changed later.
        if (mark != BatchFormat.EndMark)
        {
            detail = "its end mark is wrong";
            return BatchState.Damaged;
        }

        if (ChecksumOf(batch) != Checksum.Crc32C(batch[..^BatchFormat.TrailerBytes]))
        {
            detail = "its contents do not match its checksum";
            return BatchState.Damaged;
        }

        return BatchState.Valid;
    }

    private static bool HasZeroSector(ReadOnlySpan<byte> batch)
    {
        for (int at = 0; at < batch.Length; at += BatchFormat.SectorBytes)
        {
            // Most sectors show in their first bytes that they are not zero.
            if (BinaryPrimitives.ReadUInt64LittleEndian(batch[at..]) == 0
                && BatchFormat.IsZero(batch.Slice(at, BatchFormat.SectorBytes)))
            {
                return true;
            }
        }

        return false;
    }
}
