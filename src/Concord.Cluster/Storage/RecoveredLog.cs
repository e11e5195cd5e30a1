using Concord.Consensus;

namespace Concord.Cluster.Storage;

/// <summary>What was found on the disk at the start.</summary>
/// <param name="Identity">Whose log it is; null when nothing was ever written.</param>
/// <param name="Shards">In the order of their numbers.</param>
/// <param name="Position">Where to go on.</param>
/// <param name="Segments">The segments in use, oldest first; the last one is the one to go on in.</param>
/// <param name="TornTail">What was cut and where the copy is; null when the last write was whole.</param>
internal sealed record RecoveredLog(
    LogIdentity? Identity,
    IReadOnlyList<RecoveredShard> Shards,
    LogPosition Position,
    IReadOnlyList<SegmentContents> Segments,
    string? TornTail)
{
    /// <summary>A log that has not been begun, of which nothing lies anywhere: for a node without a disk.</summary>
    public static RecoveredLog Empty() =>
        new(null, [], new(1, 0, 1, 0, 1, 1), [new SegmentContents(1)], null);

    /// <summary>What could not be read, in the order of the log.</summary>
    public IReadOnlyList<DamagedRange> Damage { get; init; } = [];

    /// <summary>What is damaged, what was kept and where the copies are; null when nothing is.</summary>
    public string? DamageReport { get; init; }

    /// <summary>
    /// Whether a shard may have forgotten something that it promised: it neither votes nor counts until it has been
    /// repaired from its peers.
    /// </summary>
    public bool IsImpaired(uint shard)
    {
        foreach (RecoveredShard recovered in Shards)
        {
            if (recovered.Shard == shard)
            {
                return recovered.Impaired;
            }
        }

        // Nothing of it was found. If something could not be read, that may have been all of it.
        return Damage.Count > 0;
    }
}

/// <summary>What a shard's replica remembers.</summary>
/// <param name="Shard">The shard.</param>
/// <param name="HardState">Its term and vote; the term is at least that of every entry. How far it was committed is
/// said only as far as what is held is surely what was committed.</param>
/// <param name="SnapshotIndex">Up to here a snapshot covers the log; zero when there is none.</param>
/// <param name="SnapshotStamp">The stamp there.</param>
/// <param name="Log">The entries behind the snapshot; in Multi-Paxos with the gaps that there were.</param>
internal sealed record RecoveredShard(
    uint Shard, HardState HardState, LogIndex SnapshotIndex, Stamp SnapshotStamp, LogBuffer Log)
{
    /// <summary>
    /// Something that the replica promised may be lost: entries that it acknowledged, a vote, a term. What is here is
    /// what it once held, perhaps less than it held last.
    /// </summary>
    public bool Impaired { get; init; }

    /// <summary>Which protocol wrote it. A node of the other protocol must not go on with it.</summary>
    public LogForm Form { get; init; }
}

/// <summary>Where the log goes on.</summary>
/// <param name="Segment">The segment.</param>
/// <param name="Offset">The first free byte in it.</param>
/// <param name="Sequence">The sequence of the next batch.</param>
/// <param name="PreviousChecksum">The checksum of the last batch.</param>
/// <param name="FirstSegment">The oldest segment file; one when there is none.</param>
/// <param name="LastSegment">The newest segment file, which may be prepared and unused; zero when there is
/// none.</param>
internal sealed record LogPosition(
    ulong Segment, int Offset, ulong Sequence, uint PreviousChecksum, ulong FirstSegment, ulong LastSegment)
{
    /// <summary>Segments on sectors that could not be read: never used again.</summary>
    public IReadOnlyList<ulong> DamagedSegments { get; init; } = [];
}
