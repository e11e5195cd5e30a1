using System.Buffers.Binary;
using Concord.Consensus;

namespace Concord.Cluster.Storage;

/// <summary>
/// Records on their way to the disk, in a buffer that is used again. The strand fills and seals it; from then until it
/// hands it back with <see cref="LogAppender.Completed"/> it belongs to the log thread, which only reads it.
/// </summary>
internal sealed class LogBatch
{
    private const int InitialBytes = 64 << 10;

    private byte[] _bytes = GC.AllocateUninitializedArray<byte>(InitialBytes);
    private int _length;

    /// <summary>What the records change, for when they are sealed and for when they are durable.</summary>
    public List<BatchNote> Notes { get; } = [];

    public int RecordBytes { get; private set; }

    /// <summary>Whether there are records that somebody asked for: then an idle batch should follow.</summary>
    public bool CarriesData { get; set; }

    public bool IsEmpty => RecordBytes == 0 && Notes.Count == 0;

    /// <summary>The segment to write it to.</summary>
    public ulong Segment { get; private set; }

    /// <summary>Where in the segment, in bytes.</summary>
    public int Offset { get; private set; }

    public ulong Sequence { get; private set; }

    public uint Checksum { get; private set; }

    /// <summary>Once this batch is durable, this segment and those before it may be used for something else.</summary>
    public ulong ReleaseThrough { get; set; }

    /// <summary>The sealed batch.</summary>
    public ReadOnlySpan<byte> Bytes => _bytes.AsSpan(0, _length);

    /// <summary>Room for a record behind the others.</summary>
    public Span<byte> Add(int count)
    {
        int at = BatchFormat.HeaderBytes + RecordBytes;
        Ensure(at + count);
        RecordBytes += count;
        return _bytes.AsSpan(at, count);
    }

    /// <summary>Room for records before the others.</summary>
    public Span<byte> AddFirst(int count)
    {
        int end = BatchFormat.HeaderBytes + RecordBytes;
        Ensure(end + count);
        _bytes.AsSpan(BatchFormat.HeaderBytes, RecordBytes).CopyTo(_bytes.AsSpan(BatchFormat.HeaderBytes + count));
        RecordBytes += count;
        return _bytes.AsSpan(BatchFormat.HeaderBytes, count);
    }

    /// <summary>Gives the batch its place, escapes its zero sectors, and signs it.</summary>
    public void Seal(ulong segment, int offset, ulong sequence, uint previousChecksum)
    {
        int lengthMax = BatchFormat.LengthMax(RecordBytes);
        Invariant.Check(lengthMax <= BatchFormat.BatchBytesLimit, "a batch is within the reach of its escape table");
        Ensure(lengthMax);
        int tableStart = (int)BatchFormat.EvenEnd(RecordBytes);
        int escapes = Escape(tableStart);
        int end = tableStart + (escapes * sizeof(ushort));
        _length = BatchFormat.RoundUp(end + BatchFormat.TrailerBytes);
        Span<byte> batch = _bytes.AsSpan(0, _length);
        batch[end..^BatchFormat.TrailerBytes].Clear();
        byte flags = offset == 0 ? BatchFormat.SegmentHead : (byte)0;
        int sector = offset / BatchFormat.SectorBytes;
        var header = new BatchHeader(
            flags, (ushort)escapes, _length, sequence, previousChecksum, RecordBytes, sector, segment);
        BatchFormat.WriteHeader(header, batch);
        (Segment, Offset, Sequence) = (segment, offset, sequence);
        Checksum = Encoding.Checksum.Crc32C(batch[..^BatchFormat.TrailerBytes]);
        BinaryPrimitives.WriteUInt32LittleEndian(batch[^BatchFormat.TrailerBytes..], Checksum);
        BinaryPrimitives.WriteUInt64LittleEndian(batch[^sizeof(ulong)..], BatchFormat.EndMark);
    }

    public void Clear()
    {
        Notes.Clear();
        (RecordBytes, _length, ReleaseThrough, CarriesData) = (0, 0, 0, false);
    }

    private int Escape(int tableStart)
    {
        int recordsEnd = BatchFormat.HeaderBytes + RecordBytes;
        if (tableStart > recordsEnd)
        {
            _bytes[recordsEnd] = 0;
        }

        // The first sector has the header, the last the end mark, and the table has no zeros: only sectors in which
        // records begin the sector can be zero. The last of them may be cut by the end of the records.
        int escapes = 0;
        for (int at = BatchFormat.SectorBytes; at < recordsEnd; at += BatchFormat.SectorBytes)
        {
            if (BatchFormat.IsZero(_bytes.AsSpan(at, Math.Min(BatchFormat.SectorBytes, recordsEnd - at))))
            {
                _bytes[at] = BatchFormat.EscapeByte;
                Span<byte> place = _bytes.AsSpan(tableStart + (escapes * sizeof(ushort)));
                BinaryPrimitives.WriteUInt16LittleEndian(place, (ushort)(at / BatchFormat.SectorBytes));
                escapes++;
            }
        }

        return escapes;
    }

    private void Ensure(int count)
    {
        if (count > _bytes.Length)
        {
            byte[] larger = GC.AllocateUninitializedArray<byte>(Math.Max(count, _bytes.Length * 2));
            _bytes.AsSpan(0, BatchFormat.HeaderBytes + RecordBytes).CopyTo(larger);
            _bytes = larger;
        }
    }
}

/// <summary>What one record, or the end of one write, means for the log's bookkeeping.</summary>
internal readonly record struct BatchNote(
    BatchNoteKind Kind, ShardLog? Shard, ulong Number, Stamp Stamp, NodeId VotedFor)
{
    public static BatchNote OfHardState(ShardLog shard, HardState hardState) =>
        new(BatchNoteKind.HardState, shard, 0, hardState.Stamp, hardState.VotedFor);

    public static BatchNote OfCommit(ShardLog shard, LogIndex commit) =>
        new(BatchNoteKind.Commit, shard, commit.Value, default, default);

    public static BatchNote OfEntries(ShardLog shard, LogIndex last) =>
        new(BatchNoteKind.Entries, shard, last.Value, default, default);

    public static BatchNote OfSnapshotMark(ShardLog shard, SnapshotMark mark) =>
        new(BatchNoteKind.SnapshotMark, shard, mark.Index.Value, mark.Stamp, default);

    public static BatchNote OfImpaired(ShardLog shard, bool impaired) =>
        new(BatchNoteKind.Impaired, shard, impaired ? 1UL : 0, default, default);

    public static BatchNote OfWrite(ShardLog shard, ulong sequence) =>
        new(BatchNoteKind.Write, shard, sequence, default, default);

    public static BatchNote OfIdentity() => new(BatchNoteKind.Identity, null, 0, default, default);
}

internal enum BatchNoteKind : byte
{
    /// <summary>The identity was written.</summary>
    Identity,

    /// <summary>The hard state was written.</summary>
    HardState,

    /// <summary>The log is committed up to <see cref="BatchNote.Number"/>.</summary>
    Commit,

    /// <summary>Entries up to <see cref="BatchNote.Number"/> were written.</summary>
    Entries,

    /// <summary>A snapshot mark at <see cref="BatchNote.Number"/> was written.</summary>
    SnapshotMark,

    /// <summary>The shard is impaired, or with <see cref="BatchNote.Number"/> zero no longer.</summary>
    Impaired,

    /// <summary>The write with the sequence <see cref="BatchNote.Number"/> ends here.</summary>
    Write,
}
