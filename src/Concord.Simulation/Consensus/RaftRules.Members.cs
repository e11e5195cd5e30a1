using Concord.Consensus;

namespace Concord.Simulation.Consensus;

/// <content>Members (Raft section 6, thesis chapter 4), and replicas that have lost something.</content>
internal sealed partial class RaftRules
{
    protected override Membership InForce(ReplicaGhost ghost) => MembershipAt(ghost.Log.Tip);

    public override IEnumerable<LogEntry> MembershipsBehind(LogPath log, ulong index)
    {
        if (log.Tip?.Config is { } config && config.Index > index)
        {
            yield return config;
        }
    }

    /// <summary>
    /// A disk has lost something. A vote that was given to another binds for ever, but a candidacy does not outlive its
    /// candidate: nobody but itself counts its own vote, and if it was not elected nobody ever will.
    /// </summary>
    public override void Lost(SimReplica replica)
    {
        foreach (((Stamp Stamp, int Voter) vote, int candidate) in _votes)
        {
            if (vote.Voter == replica.Place && candidate == replica.Id.Value && !_reigns.ContainsKey(vote.Stamp))
            {
                _votes.Remove(vote);
            }
        }
    }

    /// <summary>It says that it has made up for what it lost: all of it that was committed lies on its disk
    /// again.</summary>
    public override void Recovered(SimReplica replica)
    {
        foreach (LogPath lost in replica.Disk.Lost)
        {
            ulong index = Math.Min(Committed.Last, lost.Last);
            while (index > 0 && !lost.Holds(Committed.At(index)!))
            {
                index--;
            }

            Check(
                index == 0 || replica.Disk.Log.Holds(Committed.At(index)!),
                "recovered-holds-what-it-held", replica,
                $"counts again, and lacks {Committed.At(index)}, which it once held");
        }
    }

    /// <summary>What counts for a commit: what lies there now, where that term is known, and what lay there and was
    /// lost later. What came to a replica after its loss does not count until it has made up for that.</summary>
    private static bool IsHeldBy(LogDisk disk, Reign reign, LogEntry entry) =>
        (disk.Log.Holds(entry) && disk.Stamp >= reign.Stamp && !disk.IsImpaired) || disk.HasLost(entry);

    /// <summary>In force is what was appended last, committed or not; equal logs have equal members.</summary>
    protected override void CheckMembership(SimReplica replica, ReplicaGhost ghost)
    {
        Membership membership = replica.Core!.Membership;
        LogEntry? config = ghost.Log.Tip?.Config;
        if (ReferenceEquals(membership, ghost.Checked.Membership) && config == ghost.Checked.Config)
        {
            return;
        }

        ghost.Checked = (membership, config);
        Membership expected = config is null && !replica.IsFounder ? Membership.None : MembershipAt(config);
        Check(
            membership.Equals(expected) || (config is null && membership.Equals(_world.Membership)),
            "members-are-those-of-the-log", replica, $"has {membership}, its log says {expected} at {config}");
    }

    private void CheckChange(SimReplica replica, ReplicaGhost ghost, LogEntry entry)
    {
        Membership before = MembershipAt(entry.Previous);
        Membership after = MembershipAt(entry);
        ulong commit = replica.Core!.Status.CommitIndex.Value;
        Check(
            (entry.Previous?.Config?.Index ?? 0) <= commit,
            "one-change-at-a-time", replica,
            $"appends {after} at {entry}, and {before} of {entry.Previous?.Config} is not committed");
        Check(
            ghost.Log.At(commit)?.Stamp == entry.Stamp,
            "change-after-own-commit", replica,
            $"appends {after} at {entry}, and has committed nothing of its term, only {ghost.Log.At(commit)}");
        bool sameVoters = after.Voters.SequenceEqual(before.Voters) && after.CommitSize == before.CommitSize;
        bool isStep = (before.IsJoint, after.IsJoint) switch
        {
            (false, false) or (true, false) => sameVoters,
            (false, true) => after.Outgoing.SequenceEqual(before.Voters)
                && after.OutgoingCommitSize == before.CommitSize,
            _ => false,
        };
        Check(isStep, "voters-change-jointly", replica, $"goes from {before} to {after} in one step");
    }
}
