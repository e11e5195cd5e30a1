using Concord.Consensus;

namespace Concord.Cluster.Storage;

/// <summary>
/// Which entries a segment holds: the highest place per shard, also of entries that were truncated later. So every
/// entry that recovery reads finds its predecessor, unless a snapshot covers that one.
/// </summary>
internal sealed class SegmentContents(ulong number)
{
    private readonly Dictionary<uint, LogIndex> _last = [];

    public ulong Number { get; } = number;

    public void Add(uint shard, LogIndex last) => _last[shard] = LogIndex.Max(last, LastOf(shard));

    /// <summary>The highest entry of a shard here; zero when there is none.</summary>
    public LogIndex LastOf(uint shard) => _last.GetValueOrDefault(shard);
}
