using Concord.Consensus;

namespace Concord.Cluster.Storage;

/// <summary>
/// What the appender remembers of one shard. "Sealed" is what the records on their way to the disk say: a segment's
/// head repeats that, and nothing newer, so that it never runs ahead of the records before and behind it.
/// </summary>
internal sealed class ShardLog(uint shard)
{
    public uint Shard { get; } = shard;

    /// <summary>What kind of log its records make.</summary>
    public LogForm Form { get; set; }

    public HardState SealedHardState { get; set; }

    /// <summary>The newest that was given, on its way or not.</summary>
    public HardState QueuedHardState { get; set; }

    /// <summary>What the records on their way say: something that the replica promised may be lost.</summary>
    public bool SealedImpaired { get; set; }

    /// <summary>The start found the shard impaired, and the log has not been told how it goes on.</summary>
    public bool MustResume { get; set; }

    public SnapshotMark SealedMark { get; set; }

    public SnapshotMark QueuedMark { get; set; }

    public SnapshotMark DurableMark { get; set; }

    /// <summary>The newest write in the list of completions being built; zero when it is not in the list yet.</summary>
    public ulong CompletedSequence { get; set; }
}
