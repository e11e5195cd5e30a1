namespace Concord.Consensus;

/// <summary>What a replica must remember through a crash besides its entries (Raft figure 2, "persistent
/// state").</summary>
/// <param name="Stamp">The newest term it has seen.</param>
/// <param name="VotedFor">Whom it gave its vote in that term; none if nobody.</param>
public readonly record struct HardState(Stamp Stamp, NodeId VotedFor);
