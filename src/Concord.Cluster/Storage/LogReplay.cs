using Concord.Consensus;
using Concord.Encoding;

namespace Concord.Cluster.Storage;

/// <summary>
/// Turns records back into what they said. The log is read twice: first for the snapshot marks, so that the second time
/// every entry that a snapshot covers can be left out, and the entries behind it follow each other without a gap, even
/// where a segment before them is gone.
/// </summary>
internal sealed class LogReplay
{
    private readonly SortedDictionary<uint, ShardReplay> _shards = [];
    private readonly List<SegmentContents> _segments = [];
    private bool _lost;

    public LogIdentity? Identity { get; private set; }

    /// <summary>
    /// The segment that the log lets go of, and those before it, may be missing; any later one may not.
    /// </summary>
    public ulong ReleasedThrough { get; private set; }

    public IReadOnlyList<SegmentContents> Segments => _segments;

    public IEnumerable<ShardReplay> Shards => _shards.Values;

    /// <summary>The second reading: here something could not be read, of whichever shard.</summary>
    public void Lost()
    {
        _lost = true;
        foreach (ShardReplay shard in _shards.Values)
        {
            shard.Lost();
        }
    }

    /// <summary>The first reading: everything but entries.</summary>
    public void ReadMarks(in BatchHeader header, ReadOnlySpan<byte> records) =>
        Read(header.Segment, records, entries: false);

    /// <summary>The second reading: entries and what makes them void.</summary>
    public void ReadEntries(in BatchHeader header, ReadOnlySpan<byte> records) =>
        Read(header.Segment, records, entries: true);

    private void Read(ulong segment, ReadOnlySpan<byte> records, bool entries)
    {
        if (entries && (_segments.Count == 0 || _segments[^1].Number != segment))
        {
            _segments.Add(new(segment));
        }

        var reader = new ByteReader(records);
        while (reader.Remaining > 0)
        {
            byte type = reader.ReadByte();
            switch ((LogRecordType)type)
            {
                case LogRecordType.Identity:
                    Identity = LogRecord.ReadIdentity(ref reader);
                    break;
                case LogRecordType.Released:
                    ReleasedThrough = Math.Max(ReleasedThrough, reader.ReadUInt64());
                    break;
                case LogRecordType.HardState:
                    ShardOf(ref reader).SawHardState(
                        new(new Stamp(reader.ReadUInt64()), new NodeId(reader.ReadUInt16())));
                    break;
                case LogRecordType.Commit:
                    ReadCommit(ref reader, entries);
                    break;
                case LogRecordType.Truncate:
                    ReadTruncate(ref reader, entries);
                    break;
                case LogRecordType.Entries:
                case LogRecordType.Put:
                    ReadEntries((LogRecordType)type, ref reader, entries);
                    break;
                case LogRecordType.Restamp:
                    ReadRestamp(ref reader, entries);
                    break;
                case LogRecordType.Resume:
                    ReadResume(ref reader, entries);
                    break;
                case LogRecordType.Impaired:
                    ReadImpaired(ref reader, entries);
                    break;
                case LogRecordType.SnapshotMark:
                    ReadMark(ref reader, entries);
                    break;
                default:
                    throw new UnknownRecordException(type);
            }
        }
    }

    private void ReadTruncate(ref ByteReader reader, bool entries)
    {
        ShardReplay shard = ShardOf(ref reader);
        var from = new LogIndex(reader.ReadUInt64());
        shard.TakeForm(LogForm.Chain);
        if (entries)
        {
            shard.Truncate(from);
        }
    }

    private void ReadCommit(ref ByteReader reader, bool entries)
    {
        ShardReplay shard = ShardOf(ref reader);
        var commit = new LogIndex(reader.ReadUInt64());
        if (entries)
        {
            shard.MeetCommit(commit);
        }
    }

    private void ReadMark(ref ByteReader reader, bool entries)
    {
        ShardReplay shard = ShardOf(ref reader);
        var mark = new SnapshotMark(new(reader.ReadUInt64()), new(reader.ReadUInt64()));
        bool restart = reader.ReadByte() != 0;
        if (entries)
        {
            shard.MeetMark(mark, restart);
        }
        else
        {
            shard.SawMark(mark);
        }
    }

    private void ReadEntries(LogRecordType type, ref ByteReader reader, bool entries)
    {
        ShardReplay shard = ShardOf(ref reader);
        var first = new LogIndex(reader.ReadUInt64());
        int count = reader.ReadInt32();
        ReadOnlySpan<byte> bytes = reader.ReadBytes();
        if (!EntryReader.TryCreate(bytes, count, out EntryReader source) || count == 0 || first == LogIndex.Zero)
        {
            throw new MalformedDataException($"{count} entries from {first} of shard {shard.Shard} are malformed.");
        }

        shard.TakeForm(type == LogRecordType.Put ? LogForm.Places : LogForm.Chain);
        if (!entries)
        {
            return;
        }

        _segments[^1].Add(shard.Shard, new LogRange(first, count).Last);
        if (type == LogRecordType.Put)
        {
            shard.PutAlone(first, source);
        }
        else
        {
            shard.Append(first, source);
        }
    }

    private void ReadRestamp(ref ByteReader reader, bool entries)
    {
        ShardReplay shard = ShardOf(ref reader);
        var from = new LogIndex(reader.ReadUInt64());
        var to = new LogIndex(reader.ReadUInt64());
        var stamp = new Stamp(reader.ReadUInt64());
        if (from == LogIndex.Zero || to < from)
        {
            throw new MalformedDataException($"A restamp from {from} to {to} of shard {shard.Shard} is malformed.");
        }

        shard.TakeForm(LogForm.Places);
        if (entries)
        {
            _segments[^1].Add(shard.Shard, to);
            shard.Restamp(from, to, stamp);
        }
    }

    private void ReadResume(ref ByteReader reader, bool entries)
    {
        ShardReplay shard = ShardOf(ref reader);
        var origin = new SnapshotMark(new(reader.ReadUInt64()), new(reader.ReadUInt64()));
        var extent = new LogExtent(origin, new(reader.ReadUInt64()), new(reader.ReadUInt64()));
        if (extent.Last < origin.Index)
        {
            throw new MalformedDataException($"A resumption of shard {shard.Shard} ends before it begins.");
        }

        if (entries)
        {
            shard.MeetResume(extent);
        }
        else
        {
            shard.SawResume(extent);
        }
    }

    private void ReadImpaired(ref ByteReader reader, bool entries)
    {
        ShardReplay shard = ShardOf(ref reader);
        bool impaired = reader.ReadByte() != 0;
        if (entries)
        {
            shard.SawImpaired(impaired);
        }
    }

    private ShardReplay ShardOf(ref ByteReader reader)
    {
        uint number = reader.ReadUInt32();
        if (!_shards.TryGetValue(number, out ShardReplay? shard))
        {
            shard = new(number);
            _shards.Add(number, shard);
            if (_lost)
            {
                shard.Lost();
            }
        }

        return shard;
    }
}
