using Concord.Consensus;

namespace Concord.Cluster.Storage;

/// <summary>
/// Where the next batch goes, which entries each segment holds, and which segments nobody needs any more.
/// </summary>
internal sealed class LogPlacement
{
    private readonly LogOptions _options;
    private readonly Queue<SegmentContents> _segments = new();
    private SegmentContents _current;
    private int _offset;
    private ulong _sequence;
    private uint _previousChecksum;

    public LogPlacement(LogOptions options, RecoveredLog recovered)
    {
        _options = options;
        (_offset, _sequence, _previousChecksum) =
            (recovered.Position.Offset, recovered.Position.Sequence, recovered.Position.PreviousChecksum);
        foreach (SegmentContents segment in recovered.Segments)
        {
            _segments.Enqueue(segment);
        }

        _current = recovered.Segments[^1];
        Invariant.Check(_current.Number == recovered.Position.Segment, "the log goes on in its last segment");
        ReleasedThrough = _segments.Peek().Number - 1;
    }

    /// <summary>This segment and those before it are not needed.</summary>
    public ulong ReleasedThrough { get; private set; }

    public long TotalBytes => (long)_segments.Count * _options.SegmentBytes;

    /// <summary>Whether the oldest segment is still needed because of a shard.</summary>
    public bool IsPinnedBy(ShardLog shard) =>
        _segments.Peek() is var oldest && oldest != _current && oldest.LastOf(shard.Shard) > shard.DurableMark.Index;

    /// <summary>
    /// Lets go of the oldest segments whose entries are all covered by durable snapshot marks. The batch says so in a
    /// record, and the device uses them for something else only after it is durable: a segment that is missing without
    /// such a record was lost.
    /// </summary>
    public void Release(LogBatch batch, List<ShardLog> shards)
    {
        ulong before = ReleasedThrough;
        while (_segments.Peek() is var oldest && oldest != _current && IsCovered(oldest, shards))
        {
            ReleasedThrough = oldest.Number;
            _segments.Dequeue();
        }

        if (ReleasedThrough != before)
        {
            LogRecord.WriteReleased(ReleasedThrough, batch.Add(LogRecord.ReleasedBytes));
        }

        batch.ReleaseThrough = ReleasedThrough;
    }

    /// <summary>Goes on in the next segment if the batch might not fit in this one.</summary>
    /// <returns>Whether the batch will be the first of its segment.</returns>
    public bool Roll(LogBatch batch)
    {
        if (_offset > 0 && BatchFormat.LengthMax(batch.RecordBytes) > _options.SegmentBytes - _offset)
        {
            _current = new(_current.Number + 1);
            _segments.Enqueue(_current);
            _offset = 0;
        }

        return _offset == 0;
    }

    public void Place(LogBatch batch)
    {
        batch.Seal(_current.Number, _offset, _sequence, _previousChecksum);
        Invariant.Check(batch.Bytes.Length <= _options.SegmentBytes - _offset, "a batch fits into its segment");
        _offset += batch.Bytes.Length;
        _sequence++;
        _previousChecksum = batch.Checksum;
    }

    public void Holds(ShardLog shard, LogIndex last) => _current.Add(shard.Shard, last);

    private static bool IsCovered(SegmentContents segment, List<ShardLog> shards)
    {
        foreach (ShardLog shard in shards)
        {
            if (segment.LastOf(shard.Shard) > shard.DurableMark.Index)
            {
                return false;
            }
        }

        return true;
    }
}
