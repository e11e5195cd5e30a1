using Concord.Client.Wire;
using Concord.Cluster.State;
using Concord.Consensus;
using Concord.Encoding;

namespace Concord.Cluster.Node;

/// <content>
/// Snapshots: taken one at a time in slices, so that writers go on; fetched piece by piece by a replica that needs
/// entries which others no longer hold.
/// </content>
internal sealed partial class NodeCore
{
    private static readonly TimeSpan s_fetchPatience = TimeSpan.FromSeconds(1);

    /// <summary>No piece for so long, and whoever was asked has none, or none any more.</summary>
    private static readonly TimeSpan s_fetchSilence = TimeSpan.FromSeconds(10);

    /// <summary>How long a snapshot for which there was no room waits.</summary>
    private static readonly TimeSpan s_snapshotPatience = TimeSpan.FromSeconds(5);

    private readonly Queue<DiskWork> _snapshotWork = new();
    private readonly SortedDictionary<uint, SnapshotFetch> _fetches = [];
    private readonly List<(uint Shard, LogIndex Index, Stamp Stamp)> _marks = [];
    private readonly ByteWriter _slice = new();
    private SnapshotJob? _job;
    private DiskWork? _snapshotWorkUnderWay;
    private bool _isSnapshotSpaceShort;
    private TimeSpan _nextSnapshot;

    /// <summary>Another replica does not hold what a shard needs: fetches its snapshot. One that is being fetched from
    /// somebody else goes on while that makes progress: any will do, and half of two is none.</summary>
    public void FetchSnapshot(Shard shard, NodeId from)
    {
        if (Now < _nextSnapshot)
        {
            return; // there was no room a moment ago
        }

        _fetches.TryGetValue(shard.Id, out SnapshotFetch? fetch);
        if (fetch is null || (fetch.From != from && !IsWorthAwaiting(fetch, from)))
        {
            _fetches[shard.Id] = fetch = new(shard, from) { HeardAt = Now };
            RequestPiece(fetch);
        }
    }

    private void TickSnapshots()
    {
        GivePieces();
        if (_job is null && Now >= _nextSnapshot && NextDue() is { } due && due.BeginSnapshot() is { } writer)
        {
            _job = new(due, writer);
        }

        foreach (SnapshotFetch fetch in _fetches.Values.ToArray())
        {
            if (!fetch.IsArrived && Now - fetch.AskedAt >= s_fetchPatience)
            {
                if (fetch.Shard.IsLeader || !IsAnswering(fetch))
                {
                    _fetches.Remove(fetch.Shard.Id);
                }
                else
                {
                    RequestPiece(fetch);
                }
            }
        }
    }

    /// <summary>Whether to wait for whom was asked, though <paramref name="other"/> could be. A leader is asked rather
    /// than one that is slow.</summary>
    private bool IsWorthAwaiting(SnapshotFetch fetch, NodeId other) => fetch.IsArrived
        || (IsAnswering(fetch) && (other != fetch.Shard.Leader || Now - fetch.HeardAt < s_fetchPatience));

    private bool IsAnswering(SnapshotFetch fetch) => fetch.Shard.Leader == fetch.From
        || (IsHeard(fetch.From) && Now - fetch.HeardAt < s_fetchSilence);

    private Shard? NextDue()
    {
        foreach (Shard shard in _local)
        {
            if (shard.IsSnapshotDue && !IsWorthKeeping(shard))
            {
                return shard;
            }
        }

        if (Log.IsOverLimit)
        {
            foreach (uint pinning in Log.ShardsPinningOldest)
            {
                // One that has nothing new since its snapshot only waits for its mark.
                if (_shards[pinning] is { } shard && shard.Applied > shard.SnapshotIndex)
                {
                    return shard;
                }
            }
        }

        return null;
    }

    private void DrainSnapshotWork(NodeOutbox outbox)
    {
        if (_snapshotWorkUnderWay is null && _snapshotWork.Count == 0 && _job is { IsWritten: false } job)
        {
            WriteSlice(job);
        }

        if (_snapshotWorkUnderWay is null && _snapshotWork.TryDequeue(out DiskWork? work))
        {
            _snapshotWorkUnderWay = work;
            outbox.Disk.Add(work);
        }
    }

    private void WriteSlice(SnapshotJob job)
    {
        _slice.Clear();
        while (!job.Writer.IsComplete && _slice.Length < Settings.SnapshotSliceBytes)
        {
            job.Writer.WriteNext(_slice);
        }

        string unfinished = SnapshotNames.Unfinished(job.Shard.Id, "taking");
        _snapshotWork.Enqueue(job.Writing = new(unfinished, job.Offset, _slice.ToArray()));
        job.Offset += _slice.Length;
        if (job.Writer.IsComplete)
        {
            job.IsWritten = true;
            job.Writer.Dispose();
            _snapshotWork.Enqueue(job.Finish = new(unfinished, SnapshotNames.Of(job.Shard.Id, job.Writer.Head.Index)));
        }
    }

    private void SnapshotWorkCompleted(DiskWork work)
    {
        _snapshotWorkUnderWay = null;
        if (work is SnapshotPieceWrite { IsGivenUp: true })
        {
            GiveUpSnapshot(work);
            return;
        }

        if (_job is { } job && work == job.Finish)
        {
            _job = null;
            _isSnapshotSpaceShort = false;
            Mark(job.Shard, job.Writer.Head);
            return;
        }

        if (work is SnapshotPieceRead piece)
        {
            _isPieceUnderWay = false;
            SendPiece(piece);
            GivePieces();
            return;
        }

        foreach (SnapshotFetch fetch in _fetches.Values.ToArray())
        {
            if (work == fetch.Writing)
            {
                PieceWritten(fetch);
            }
        }
    }

    /// <summary>The disk has no room for a snapshot: later, from the beginning. Meanwhile the log keeps its limit, for
    /// the node takes no writes above it.</summary>
    private void GiveUpSnapshot(DiskWork work)
    {
        _isSnapshotSpaceShort = true;
        _nextSnapshot = Now + s_snapshotPatience;
        if (_job is { } job && work == job.Writing)
        {
            DiskWork[] others = [.. _snapshotWork.Where(queued => queued != job.Finish)];
            _snapshotWork.Clear();
            foreach (DiskWork other in others)
            {
                _snapshotWork.Enqueue(other);
            }

            job.Writer.Dispose();
            job.Shard.SnapshotGivenUp();
            _job = null;
        }

        foreach (SnapshotFetch fetch in _fetches.Values.ToArray())
        {
            if (work == fetch.Writing)
            {
                _fetches.Remove(fetch.Shard.Id);
            }
        }
    }

    /// <summary>The file is durable and counts from now on; once the log says so durably too, older files and what the
    /// log holds before it are not needed.</summary>
    private void Mark(Shard shard, SnapshotHead head)
    {
        Log.MarkSnapshot(shard.Id, new(head.Index, head.Stamp), shard.Core.Log);
        _marks.Add((shard.Id, head.Index, head.Stamp));
    }

    private void MarksDurable()
    {
        Syncs++;
        for (int i = 0; i < _marks.Count; i++)
        {
            (uint id, LogIndex index, Stamp stamp) = _marks[i];
            if (Log.DurableSnapshotOf(id) < index || _shards[id] is not { } shard)
            {
                continue;
            }

            _marks.RemoveAt(i--);
            shard.SnapshotDurable(index, stamp);
            _snapshotWork.Enqueue(new SnapshotTidy(id, SnapshotNames.Of(id, index)));
        }
    }

    private void RequestPiece(SnapshotFetch fetch)
    {
        fetch.AskedAt = Now;
        if (OutputTo(fetch.From.Value) is { } connection)
        {
            ByteWriter writer = connection.Output.Begin(WireKind.SnapshotRequest);
            writer.WriteUInt32(fetch.Shard.Id);
            writer.WriteUInt64(fetch.Index.Value);
            writer.WriteInt64(fetch.Offset);
            connection.Output.End();
            connection.MarkDirty();
        }
    }

    private void ReceiveSnapshotPiece(ushort sender, ref ByteReader reader)
    {
        uint shard = reader.ReadUInt32();
        var index = new LogIndex(reader.ReadUInt64());
        long offset = reader.ReadInt64();
        long total = reader.ReadInt64();
        ReadOnlySpan<byte> bytes = reader.ReadBytes();
        reader.End();
        if (!_fetches.TryGetValue(shard, out SnapshotFetch? fetch) || fetch.From.Value != sender || fetch.IsArrived)
        {
            return;
        }

        if (index != fetch.Index && offset == 0)
        {
            fetch.Restart(index);
        }

        if (index != fetch.Index || offset != fetch.Offset || fetch.Writing is not null || bytes.IsEmpty)
        {
            return;
        }

        try
        {
            fetch.Reader.Feed(bytes);
        }
        catch (SnapshotCorruptException e)
        {
            _fetches.Remove(shard);
            throw new MalformedDataException(e.Message);
        }

        fetch.Writing = new SnapshotPieceWrite(SnapshotNames.Unfinished(shard, "fetching"), offset, bytes.ToArray());
        fetch.HeardAt = Now;
        fetch.Offset = offset + bytes.Length;
        fetch.IsArrived = fetch.Offset >= total;
        _snapshotWork.Enqueue(fetch.Writing);
    }

    private void PieceWritten(SnapshotFetch fetch)
    {
        fetch.Writing = null;
        if (!fetch.IsArrived)
        {
            RequestPiece(fetch);
        }
        else if (!fetch.Reader.IsComplete)
        {
            // Shorter than it should be at its source: not one to go on from, and fetched anew.
            _fetches.Remove(fetch.Shard.Id);
        }
        else if (!fetch.IsFinishing)
        {
            fetch.IsFinishing = true;
            uint shard = fetch.Shard.Id;
            var finish =
                new SnapshotFinish(SnapshotNames.Unfinished(shard, "fetching"), SnapshotNames.Of(shard, fetch.Index));
            fetch.Writing = finish;
            _snapshotWork.Enqueue(finish);
        }
        else
        {
            _fetches.Remove(fetch.Shard.Id);
            Install(fetch);
        }
    }

    /// <summary>The file is durable. The mark and the core hear of it in the same step: what the core writes from now
    /// on follows the mark in the log, and a start finds the newest file whether or not the mark came to be.</summary>
    private void Install(SnapshotFetch fetch)
    {
        if (fetch.Index <= fetch.Shard.Applied)
        {
            return;
        }

        if (_job is { IsWritten: false } job && job.Shard == fetch.Shard)
        {
            job.Writer.Dispose();
            _job = null;
        }

        Mark(fetch.Shard, fetch.Reader.Head!);
        fetch.Shard.Install(fetch.Reader.Complete(), fetch.Reader.Head!);
    }

    private sealed class SnapshotJob(Shard shard, SnapshotWriter writer)
    {
        public Shard Shard { get; } = shard;

        public SnapshotWriter Writer { get; } = writer;

        public long Offset { get; set; }

        public bool IsWritten { get; set; }

        public SnapshotPieceWrite? Writing { get; set; }

        public SnapshotFinish? Finish { get; set; }
    }

    private sealed class SnapshotFetch(Shard shard, NodeId from)
    {
        public Shard Shard { get; } = shard;

        public NodeId From { get; } = from;

        public LogIndex Index { get; private set; }

        public long Offset { get; set; }

        public SnapshotReader Reader { get; private set; } = new();

        public DiskWork? Writing { get; set; }

        public TimeSpan AskedAt { get; set; }

        /// <summary>When the last piece came.</summary>
        public TimeSpan HeardAt { get; set; }

        public bool IsArrived { get; set; }

        public bool IsFinishing { get; set; }

        public void Restart(LogIndex index)
        {
            Index = index;
            Offset = 0;
            Reader = new();
        }
    }
}
