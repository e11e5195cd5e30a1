namespace Concord.Consensus;

/// <summary>What a replica must remember through a crash besides its entries (Raft figure 2, "persistent
/// state").</summary>
/// <param name="Stamp">The newest term it has seen.</param>
/// <param name="VotedFor">Whom it gave its vote in that term; none if nobody.</param>
public readonly record struct HardState(Stamp Stamp, NodeId VotedFor)
{
    /// <summary>How far the log was known to be committed when a membership came into force by that; zero in Raft,
    /// where it is in force from when it is appended. Without it a replica of Multi-Paxos would ask the wrong ones
    /// after a restart.</summary>
    public LogIndex Commit { get; init; }
}
