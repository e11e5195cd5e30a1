using Concord.Cluster.Storage;
using Concord.Consensus;

namespace Concord.Cluster.Node;

/// <content>The write-ahead log: one batch is under way at a time, and everything that queued up meanwhile joins the
/// next. What the disk cannot do: take more, or give back what it was given.</content>
internal sealed partial class NodeCore
{
    /// <summary>A log that has had nothing to do for this many ticks writes an empty batch behind the last
    /// one.</summary>
    private const int IdleTicks = 5;

    private static readonly TimeSpan s_spacePatience = TimeSpan.FromSeconds(1);

    private readonly SortedSet<uint> _impaired = [];
    private int _idleTicks;
    private bool _isLogBusy;
    private GatheringPause? _pause;
    private bool _isLogFull;
    private bool _saidReadOnly;
    private bool _spaceCheckUnderWay;
    private TimeSpan _nextSpaceCheck;

    /// <summary>
    /// The disk is full: what is under way goes on in the headroom, nothing new is taken. It ends by itself when there
    /// is room again.
    /// </summary>
    public bool IsReadOnly => _isLogFull || (_isSnapshotSpaceShort && Log.IsOverLimit);

    /// <summary>How much room would end that, in bytes.</summary>
    public long BytesNeeded => _logOptions.SegmentBytes + (_isSnapshotSpaceShort ? StateBytes : 0);

    /// <summary>The shards whose replicas may have forgotten what they promised, and are not repaired yet.</summary>
    public IReadOnlySet<uint> ImpairedShards => _impaired;

    /// <summary>The log thread has done something.</summary>
    public void Completed(DiskWork work)
    {
        _isActive |= work is not SpaceCheck;
        switch (work)
        {
            case BatchWrite write:
                _isLogBusy = false;
                _gathering.Synced(Now);
                foreach (DurableWrite durable in Log.Completed(write.Batch))
                {
                    if (_shards[durable.Shard] is { } shard)
                    {
                        shard.Durable(durable.Sequence);
                        MarkBusy(shard);
                    }
                }

                MarksDurable();
                Identified();
                NoticeSpace(write.IsLogFull);
                break;
            case GatheringPause pause when pause == _pause:
                _pause = null;
                _gathering.GiveUp();
                break;
            case GatheringPause:
                // It was cut short: what it waited for has left.
                break;
            case SpaceCheck check:
                _spaceCheckUnderWay = false;
                NoticeSpace(check.IsLogFull);
                break;
            case PeersWrite peers:
                PeersRemembered(peers);
                break;
            default:
                SnapshotWorkCompleted(work);
                break;
        }
    }

    /// <summary>
    /// A replica was repaired by its peers: a later start that meets the old damage must know. Or it has found out that
    /// it lost something: a later start must not trust it.
    /// </summary>
    public void NoticeImpairment(uint shard, bool isImpaired)
    {
        if (isImpaired ? _impaired.Add(shard) : _impaired.Remove(shard))
        {
            Log.MarkImpaired(shard, isImpaired);
        }
    }

    /// <summary>The log of an impaired replica says how it goes on, before anything else.</summary>
    /// <returns>Whether the replica is impaired.</returns>
    private bool BeginImpaired(uint shard, RecoveredLog recovered, LogBuffer log)
    {
        if (!recovered.IsImpaired(shard))
        {
            return false;
        }

        Log.Resume(shard, log);
        _impaired.Add(shard);
        return true;
    }

    private void NoticeSpace(bool isLogFull)
    {
        if (isLogFull != _isLogFull)
        {
            _isLogFull = isLogFull;
            _nextSpaceCheck = Now + s_spacePatience;
        }
    }

    private void NoticeReadOnly()
    {
        if (IsReadOnly != _saidReadOnly)
        {
            _saidReadOnly = IsReadOnly;
            Events.ReadOnlyChanged(IsReadOnly, BytesNeeded);
        }
    }

    private void DrainDisk(NodeOutbox outbox)
    {
        NoticeReadOnly();
        LogBatch? batch = Log.TakeBatch();
        if (batch is not null)
        {
            _idleTicks = 0;
        }
        else if (_idleTicks >= IdleTicks)
        {
            batch = Log.TakeIdleBatch();
        }

        if (batch is not null)
        {
            _isLogBusy = true;
            _gathering.Left(Now);
            _pause = null;
            outbox.Disk.Add(new BatchWrite(batch));
        }
        else if (!_isLogBusy && _pause is null && _gathering.Holds(Now))
        {
            _pause = new(_gathering.Until - Now);
            outbox.Disk.Add(_pause);
        }

        // While nothing is written nobody else would hear that the disk is full, or is not any more.
        if (!_spaceCheckUnderWay && Now >= _nextSpaceCheck)
        {
            _spaceCheckUnderWay = true;
            _nextSpaceCheck = Now + s_spacePatience;
            outbox.Disk.Add(new SpaceCheck());
        }

        DrainPeers(outbox);
        DrainSnapshotWork(outbox);
    }
}

/// <summary>Makes a batch of the log durable.</summary>
internal sealed class BatchWrite(LogBatch batch) : DiskWork
{
    public LogBatch Batch { get; } = batch;

    /// <summary>There was no room for the segment after this one.</summary>
    public bool IsLogFull { get; private set; }

    public override void Run(NodeDisk disk)
    {
        disk.Log.Write(Batch);
        IsLogFull = disk.Log.IsFull;
    }
}

/// <summary>Sees whether a disk that was full has room again.</summary>
internal sealed class SpaceCheck : DiskWork
{
    public bool IsLogFull { get; private set; }

    public override void Run(NodeDisk disk)
    {
        if (disk.Log.IsFull)
        {
            disk.Log.RetryPreparing();
        }

        IsLogFull = disk.Log.IsFull;
    }
}
