using Concord.Cluster.Storage;

namespace Concord.Cluster.Node;

/// <content>The write-ahead log: one batch is under way at a time, and everything that queued up meanwhile joins the
/// next.</content>
internal sealed partial class NodeCore
{
    /// <summary>A log that has had nothing to do for this many ticks writes an empty batch behind the last
    /// one.</summary>
    private const int IdleTicks = 5;

    private int _idleTicks;

    /// <summary>The log thread has done something.</summary>
    public void Completed(DiskWork work)
    {
        switch (work)
        {
            case BatchWrite write:
                foreach (DurableWrite durable in Log.Completed(write.Batch))
                {
                    _shards[durable.Shard]?.Durable(durable.Sequence);
                }

                MarksDurable();
                Identified();
                break;
            default:
                SnapshotWorkCompleted(work);
                break;
        }

        _busy = true;
    }

    private void DrainDisk(NodeOutbox outbox)
    {
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
            outbox.Disk.Add(new BatchWrite(batch));
        }

        DrainSnapshotWork(outbox);
    }
}

/// <summary>Makes a batch of the log durable.</summary>
internal sealed class BatchWrite(LogBatch batch) : DiskWork
{
    public LogBatch Batch { get; } = batch;

    public override void Run(NodeDisk disk) => disk.Log.Write(Batch);
}
