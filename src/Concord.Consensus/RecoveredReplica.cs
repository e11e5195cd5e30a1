namespace Concord.Consensus;

/// <summary>What a replica found on its disk; all of it is durable.</summary>
public sealed record RecoveredReplica
{
    /// <summary>What it had promised; default for a new one.</summary>
    public HardState HardState { get; init; }

    /// <summary>Its entries. The core owns them from now on.</summary>
    public required LogBuffer Log { get; init; }

    /// <summary>How far the log is known to be committed: at least what a snapshot covers.</summary>
    public LogIndex CommitIndex { get; init; }

    /// <summary>The membership that its snapshot names, or that the group began with; <see cref="Membership.None"/> for
    /// a node that joins a group which it does not know yet.</summary>
    public required Membership Membership { get; init; }

    /// <summary>The entry that <see cref="Membership"/> came with; zero for the one the group began with. Newer ones
    /// are read from the log.</summary>
    public LogIndex MembershipIndex { get; init; }

    /// <summary>
    /// Whether something that was durable here is lost or cannot be read: entries that were acknowledged, a vote, a
    /// term. Such a replica decides nothing until it has made up for it (see <see cref="ReplicaStatus.IsImpaired"/>).
    /// </summary>
    public bool IsImpaired { get; init; }
}
