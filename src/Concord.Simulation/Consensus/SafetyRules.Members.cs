using Concord.Consensus;

namespace Concord.Simulation.Consensus;

/// <content>Members (Raft section 6, thesis chapter 4), what a replica promises a leader (thesis 4.2.3), and replicas
/// that have lost something.</content>
internal abstract partial class SafetyRules
{
    /// <summary>The membership in force behind an entry.</summary>
    public Membership MembershipAt(LogEntry? tip)
    {
        if (tip?.Config is not { } config)
        {
            return _world.Membership;
        }

        return config.Membership ?? throw new ViolatedException("membership-is-readable", $"{config} names nobody");
    }

    /// <summary>The membership that a replica has to go by.</summary>
    protected abstract Membership InForce(ReplicaGhost ghost);

    /// <summary>The memberships in a log behind a place.</summary>
    public abstract IEnumerable<LogEntry> MembershipsBehind(LogPath log, ulong index);

    /// <summary>The membership before the one that was committed last, while some may still go by it.</summary>
    public virtual Membership? NotLeftYet => null;

    /// <summary>A disk has lost something.</summary>
    public abstract void Lost(SimReplica replica);

    /// <summary>It says that it has made up for what it lost: all of it that was committed lies on its disk
    /// again.</summary>
    public abstract void Recovered(SimReplica replica);

    /// <summary>A replica found out by what its leader counts on that it has lost something.</summary>
    public static void BecameImpaired(SimReplica replica) =>
        Check(replica.Disk.HasRegressed, "impaired-for-a-reason", replica, $"takes itself for impaired, and is whole");

    /// <summary>A snapshot was taken here, or came from elsewhere.</summary>
    public void CheckPoint(SimReplica replica, LogEntry entry, SnapshotPoint point) => Check(
        point.Membership.Equals(MembershipAt(entry)) && point.MembershipIndex.Value == (entry.Config?.Index ?? 0),
        "snapshot-names-its-members", replica,
        $"has a snapshot at {entry} with {point.Membership} of {point.MembershipIndex}, "
        + $"in force was {MembershipAt(entry)} of {entry.Config}");

    protected bool IsLoyal(SimReplica replica, ReplicaGhost ghost) => _world.Profile.CheckQuorum
        && (ghost.Leading is not null || replica.Clock < ghost.LoyalUntil);

    private void NoteLoyalty(SimReplica replica, ReplicaGhost ghost, in Message message)
    {
        bool fromLeader = message.Kind is MessageKind.Append or MessageKind.Accept or MessageKind.Heartbeat
            or MessageKind.InstallSnapshot or MessageKind.TimeoutNow or MessageKind.ReadIndexReply;
        if (fromLeader && message.Stamp >= ghost.Stamp)
        {
            ghost.LoyalTo = message.From;
            ghost.LoyalUntil = replica.Clock + TimeSpan.FromMicroseconds(_world.Profile.ElectionTimeout);
        }
        else if (message.Kind == MessageKind.PreVote && message.From == ghost.LoyalTo && message.Stamp > ghost.Stamp)
        {
            // It leads no more: it asks itself whether it would be elected.
            ghost.LoyalUntil = TimeSpan.MinValue;
        }
    }
}
