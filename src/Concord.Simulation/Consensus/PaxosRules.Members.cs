using Concord.Consensus;

namespace Concord.Simulation.Consensus;

/// <content>Members, and replicas that have lost something.</content>
internal sealed partial class PaxosRules
{
    protected override Membership InForce(ReplicaGhost ghost) => MembershipAt(Committed.At(ghost.Commit));

    /// <summary>Until something behind it is committed those who stay may not know of it.</summary>
    public override Membership? NotLeftYet =>
        Committed.Tip is { Kind: EntryKind.Membership } tip ? MembershipAt(tip.Previous) : null;

    public override IEnumerable<LogEntry> MembershipsBehind(LogPath log, ulong index)
    {
        for (ulong at = Math.Max(index, Committed.Tip?.Config?.Index ?? 0) + 1; at <= log.Last; at++)
        {
            if (log.At(at) is { Kind: EntryKind.Membership } config)
            {
                yield return config;
            }
        }
    }

    public override void Lost(SimReplica replica)
    {
        // A promise that was told binds for ever, and one that was not binds nobody: nothing to take back.
    }

    public override void Recovered(SimReplica replica)
    {
        foreach (LogPath lost in replica.Disk.Lost)
        {
            ulong last = Math.Min(Committed.Last, lost.Last);
            for (ulong index = replica.Disk.SnapshotIndex + 1; index <= last; index++)
            {
                LogEntry chosen = Committed.At(index)!;
                bool counted = lost.At(index) is { } held && held.IsSameValue(chosen)
                    && held.Stamp >= _committedIn[(int)index - 1];
                Check(
                    !counted || replica.Disk.Log.HoldsValue(chosen),
                    "recovered-holds-what-it-held", replica, $"counts again, and lacks {chosen}, which it once held");
            }
        }
    }

    /// <summary>The membership that governs a place: the last one that was chosen before it.</summary>
    private Membership Governing(ulong index) => MembershipAt(Committed.At(Math.Min(index - 1, Committed.Last)));

    /// <summary>In force is what is known to be chosen.</summary>
    protected override void CheckMembership(SimReplica replica, ReplicaGhost ghost)
    {
        Membership membership = replica.Core!.Membership;
        ulong commit = replica.Core.Status.CommitIndex.Value;
        LogEntry? config = Committed.At(Math.Min(commit, Committed.Last))?.Config;
        if (commit > Committed.Last
            || (ReferenceEquals(membership, ghost.Checked.Membership) && config == ghost.Checked.Config))
        {
            return;
        }

        ghost.Checked = (membership, config);
        Membership expected = config is null && !replica.IsFounder ? Membership.None : MembershipAt(config);
        Check(
            membership.Equals(expected) || (config is null && membership.Equals(_world.Membership)),
            "members-are-those-of-the-log", replica, $"has {membership}, chosen is {expected} at {config}");
    }
}
