using System.Buffers.Binary;
using Concord.Encoding;

namespace Concord.Cluster.Storage;

/// <summary>
/// The unit of the log on disk. A batch begins and ends on sectors of 512 bytes; numbers are little-endian:
/// <code>
///   0  version u8 (1)             16  checksum of the batch before u32
///   1  flags u8 (1: first of its   20  length of the records u32
///      segment)                    24  sector of the segment where it begins u32
///   2  escaped sectors u16          28  segment u64
///   4  length, all of it u32        36  CRC32C of bytes 0..35 u32
///   8  sequence u64                 40  records ...
///                                       (a zero byte, if needed, to an even place)
///                                       escape table: u16 per escaped sector, ascending
///                                       zeros
///                                  -12  CRC32C of all before it u32
///                                   -8  end mark u64
/// </code>
/// A segment holds zeros before a batch is written, so a sector that a crash kept from the disk is all zero. For that
/// to be a sure sign, no sector of a whole batch is: one that would be gets 0xFF as its first byte and a place in the
/// table.
/// </summary>
internal static class BatchFormat
{
    public const int SectorBytes = 512;
    public const int HeaderBytes = 40;
    public const int TrailerBytes = 12;
    public const byte Version = 1;
    public const byte SegmentHead = 1;
    public const byte EscapeByte = 0xFF;
    public const ulong EndMark = 0x21_44_52_4F_43_4E_4F_43; // "CONCORD!"

    /// <summary>What sector numbers of 16 bits can reach.</summary>
    public const int BatchBytesLimit = 32 << 20;

    private const int HeaderChecksumOffset = 36;

    public static int RoundUp(int bytes) => (bytes + SectorBytes - 1) / SectorBytes * SectorBytes;

    /// <summary>
    /// The most that a batch with so many bytes of records can take, however many sectors must be escaped.
    /// </summary>
    public static int LengthMax(int recordBytes)
    {
        int recordsEnd = HeaderBytes + recordBytes + 1;
        return RoundUp(recordsEnd + (sizeof(ushort) * (recordsEnd / SectorBytes)) + TrailerBytes);
    }

    /// <summary>How many bytes of records fit into a batch of a given length, whatever they are.</summary>
    public static int RecordBytesMax(int batchBytes)
    {
        int bytes = batchBytes - HeaderBytes - TrailerBytes - 1 - (sizeof(ushort) * (batchBytes / SectorBytes));
        Consensus.Invariant.Check(LengthMax(bytes) <= batchBytes, "the room for records fits its batch");
        return bytes;
    }

    /// <summary>Where the escape table begins. Even, so that no number of it is cut by the end of a sector.</summary>
    public static long EvenEnd(int recordBytes) => ((long)HeaderBytes + recordBytes + 1) & ~1L;

    public static bool IsZero(ReadOnlySpan<byte> bytes) => !bytes.ContainsAnyExcept((byte)0);

    public static void WriteHeader(in BatchHeader header, Span<byte> target)
    {
        target[0] = Version;
        target[1] = header.Flags;
        BinaryPrimitives.WriteUInt16LittleEndian(target[2..], header.Escapes);
        BinaryPrimitives.WriteUInt32LittleEndian(target[4..], (uint)header.Length);
        BinaryPrimitives.WriteUInt64LittleEndian(target[8..], header.Sequence);
        BinaryPrimitives.WriteUInt32LittleEndian(target[16..], header.PreviousChecksum);
        BinaryPrimitives.WriteUInt32LittleEndian(target[20..], (uint)header.RecordBytes);
        BinaryPrimitives.WriteUInt32LittleEndian(target[24..], (uint)header.Sector);
        BinaryPrimitives.WriteUInt64LittleEndian(target[28..], header.Segment);
        uint checksum = Checksum.Crc32C(target[..HeaderChecksumOffset]);
        BinaryPrimitives.WriteUInt32LittleEndian(target[HeaderChecksumOffset..], checksum);
    }

    /// <summary>
    /// Reads a header whose checksum is right. What it says has still to be checked against where it lies.
    /// </summary>
    public static bool TryReadHeader(ReadOnlySpan<byte> source, out byte version, out BatchHeader header)
    {
        header = default;
        version = 0;
        if (source.Length < HeaderBytes)
        {
            return false;
        }

        uint checksum = BinaryPrimitives.ReadUInt32LittleEndian(source[HeaderChecksumOffset..]);
        if (checksum != Checksum.Crc32C(source[..HeaderChecksumOffset]))
        {
            return false;
        }

        version = source[0];
        header = new(
            Flags: source[1],
            Escapes: BinaryPrimitives.ReadUInt16LittleEndian(source[2..]),
            Length: (int)Math.Min(int.MaxValue, BinaryPrimitives.ReadUInt32LittleEndian(source[4..])),
            Sequence: BinaryPrimitives.ReadUInt64LittleEndian(source[8..]),
            PreviousChecksum: BinaryPrimitives.ReadUInt32LittleEndian(source[16..]),
            RecordBytes: (int)Math.Min(int.MaxValue, BinaryPrimitives.ReadUInt32LittleEndian(source[20..])),
            Sector: (int)Math.Min(int.MaxValue, BinaryPrimitives.ReadUInt32LittleEndian(source[24..])),
            Segment: BinaryPrimitives.ReadUInt64LittleEndian(source[28..]));
        return true;
    }
}

/// <summary>The header of a batch.</summary>
/// <param name="Flags">What kind of batch.</param>
/// <param name="Escapes">How many sectors were escaped.</param>
/// <param name="Length">Of the whole batch, in bytes.</param>
/// <param name="Sequence">Grows by one from batch to batch, through all segments.</param>
/// <param name="PreviousChecksum">The checksum of the batch before: the chain.</param>
/// <param name="RecordBytes">The length of the records.</param>
/// <param name="Sector">Where it begins in its segment.</param>
/// <param name="Segment">The segment that it was written to: a misplaced or left-over batch is not taken for
/// another.</param>
internal readonly record struct BatchHeader(
    byte Flags,
    ushort Escapes,
    int Length,
    ulong Sequence,
    uint PreviousChecksum,
    int RecordBytes,
    int Sector,
    ulong Segment);
