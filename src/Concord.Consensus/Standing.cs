namespace Concord.Consensus;

/// <summary>Where a replica stands, as its node tells others beside the protocol.</summary>
/// <param name="Stamp">Its stamp.</param>
/// <param name="Leads">Whether it leads.</param>
/// <param name="Commit">How far it knows the log to be committed.</param>
public readonly record struct Standing(Stamp Stamp, bool Leads, LogIndex Commit);
