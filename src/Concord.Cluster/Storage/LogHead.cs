using Concord.Consensus;

namespace Concord.Cluster.Storage;

/// <summary>
/// What each segment begins with: the identity, every shard's hard state and snapshot mark, and whether it is impaired.
/// So the segments before it are needed for their entries only.
/// </summary>
internal static class LogHead
{
    private const int ShardBytes = LogRecord.HardStateBytes + LogRecord.SnapshotMarkBytes;

    public static void Write(LogBatch batch, LogIdentity? identity, List<ShardLog> shards, ulong releasedThrough)
    {
        int identityBytes = identity is null ? 0 : LogRecord.IdentityBytes(identity);
        int impaired = shards.Count(static shard => shard.SealedImpaired);
        int commits = shards.Count(static shard => shard.SealedHardState.Commit > LogIndex.Zero);
        Span<byte> target = batch.AddFirst(
            identityBytes + LogRecord.ReleasedBytes + (ShardBytes * shards.Count)
            + (LogRecord.ImpairedBytes * impaired) + (LogRecord.CommitBytes * commits));
        if (identity is not null)
        {
            LogRecord.WriteIdentity(identity, target);
            target = target[identityBytes..];
        }

        LogRecord.WriteReleased(releasedThrough, target);
        target = target[LogRecord.ReleasedBytes..];
        foreach (ShardLog shard in shards)
        {
            LogRecord.WriteHardState(shard.Shard, shard.SealedHardState, target);
            target = target[LogRecord.HardStateBytes..];
            LogRecord.WriteSnapshotMark(shard.Shard, shard.SealedMark, restart: false, target);
            target = target[LogRecord.SnapshotMarkBytes..];
            if (shard.SealedHardState.Commit > LogIndex.Zero)
            {
                LogRecord.WriteCommit(shard.Shard, shard.SealedHardState.Commit, target);
                target = target[LogRecord.CommitBytes..];
            }

            if (shard.SealedImpaired)
            {
                LogRecord.WriteImpaired(shard.Shard, impaired: true, target);
                target = target[LogRecord.ImpairedBytes..];
            }
        }
    }
}
