namespace Concord.Consensus;

/// <summary>What a snapshot must say of the log that it stands for, all of the same moment.</summary>
/// <param name="Index">The last entry that it covers.</param>
/// <param name="Stamp">The stamp of that entry.</param>
/// <param name="Membership">Who belonged to the group at that entry.</param>
/// <param name="MembershipIndex">The entry that this membership came with; zero for the one it began with.</param>
public sealed record SnapshotPoint(LogIndex Index, Stamp Stamp, Membership Membership, LogIndex MembershipIndex);
