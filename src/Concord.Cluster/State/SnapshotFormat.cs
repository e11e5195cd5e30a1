using Concord.Consensus;
using Concord.Encoding;
using Concord.Engines;

namespace Concord.Cluster.State;

/// <summary>
/// A snapshot as bytes: head, blocks of records in key order, foot. Each part's checksum goes on from the one before,
/// so that parts of two snapshots do not fit together; numbers are little-endian.
/// </summary>
/// <remarks><code>
/// head   magic u32, version u32, length u32, fields[length], checksum u32
/// fields shard u32, index u64, stamp u64, revision i64, time i64, extra (length i32, bytes)
/// block  length u32 (not 0), records u32, checksum u32, records[length]
/// record key (length i32, bytes), value (length i32, bytes), created i64, modified i64, owner u64
/// foot   0 u32, records u64, digest u64, checksum u32
/// </code></remarks>
internal static class SnapshotFormat
{
    public const int Version = 1;
    public const uint Magic = 0x4E534B43;
    public const int HeadStartBytes = 12;
    public const int HeadFieldBytesMin = 40;
    public const int BlockHeadBytes = 12;
    public const int FootBytes = 24;
    public const int ChecksumBytes = 4;
    public const int ExtraBytesMax = 1 << 20;
    public const int RecordBytesMin = 32 + Keyspace.KeyBytesMin;
    public const int RecordBytesMax = 32 + Keyspace.KeyBytesMax + Keyspace.ValueBytesMax;

    /// <summary>A block is closed with the record that brings it here.</summary>
    public const int BlockBytes = 256 << 10;
    public const int BlockRecordsMax = 4096;
    public const int BlockBytesMax = BlockBytes + RecordBytesMax;

    public static uint WriteHead(ByteWriter target, SnapshotHead head)
    {
        int start = target.Length;
        target.WriteUInt32(Magic);
        target.WriteUInt32(Version);
        target.WriteInt32(HeadFieldBytesMin + head.Extra.Length);
        target.WriteUInt32(head.Shard);
        target.WriteUInt64(head.Index.Value);
        target.WriteUInt64(head.Stamp.Value);
        target.WriteInt64(head.Revision);
        target.WriteInt64(head.Time.Milliseconds);
        target.WriteBytes(head.Extra.Span);
        uint checksum = Checksum.Crc32C(target.Written[start..]);
        target.WriteUInt32(checksum);
        return checksum;
    }

    public static SnapshotHead ReadHead(ReadOnlySpan<byte> fields)
    {
        var reader = new ByteReader(fields);
        var head = new SnapshotHead(
            reader.ReadUInt32(),
            new(reader.ReadUInt64()),
            new(reader.ReadUInt64()),
            reader.ReadInt64(),
            new(reader.ReadInt64()),
            reader.ReadBytes().ToArray());
        reader.End();
        return head;
    }

    public static void WriteRecord(ByteWriter target, RecordStore records, in Record record)
    {
        target.WriteBytes(records.KeyOf(record));
        target.WriteBytes(records.ValueOf(record));
        target.WriteInt64(record.CreateRevision);
        target.WriteInt64(record.ModRevision);
        target.WriteUInt64(record.Owner);
    }

    public static RecordView ReadRecord(ref ByteReader reader) => new()
    {
        Key = reader.ReadBytes(),
        Value = reader.ReadBytes(),
        CreateRevision = reader.ReadInt64(),
        ModRevision = reader.ReadInt64(),
        Owner = new(reader.ReadUInt64()),
    };

    /// <summary>The checksum of a block: of its length and count, then of its records.</summary>
    public static uint ChecksumOf(ReadOnlySpan<byte> lengthAndCount, ReadOnlySpan<byte> records, uint before) =>
        Checksum.Crc32C(records, Checksum.Crc32C(lengthAndCount, before));
}
