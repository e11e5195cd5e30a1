using Concord.Consensus;
using Concord.Engines;

namespace Concord.Cluster.State;

/// <summary>What a snapshot is of.</summary>
/// <param name="Shard">The shard.</param>
/// <param name="Index">The last entry that it contains.</param>
/// <param name="Stamp">The stamp of that entry.</param>
/// <param name="Revision">The revision of the keyspace.</param>
/// <param name="Time">The time of that entry.</param>
/// <param name="Extra">What others keep beside the records, at most <see cref="SnapshotFormat.ExtraBytesMax"/>.</param>
internal sealed record SnapshotHead(
    uint Shard, LogIndex Index, Stamp Stamp, long Revision, LogTime Time, ReadOnlyMemory<byte> Extra);
