using System.Runtime.CompilerServices;
using Concord.Consensus;

namespace Concord.Simulation.Consensus;

/// <summary>
/// What must hold after every single step, seen from outside the cores: from what they write, send, are told, and from
/// what lies on the disks. Costs only as much as has changed. What is told counts when it leaves, what is durable when
/// the disk has it, so that nothing is blamed before anybody could have seen it.
/// </summary>
internal abstract partial class SafetyRules
{
    protected readonly CoreWorld _world;
    protected readonly ReplicaGhost[] _ghosts;
    protected readonly EntryTree _entries = new();
    protected readonly Dictionary<Stamp, Reign> _reigns = [];
    protected Stamp _newest;

    protected SafetyRules(CoreWorld world)
    {
        _world = world;
        _ghosts = new ReplicaGhost[world.Replicas.Length];
        for (int i = 0; i < _ghosts.Length; i++)
        {
            _ghosts[i] = new(_ghosts.Length);
        }
    }

    /// <summary>The entry that a replica holds at a place; null if it holds none.</summary>
    public LogEntry? EntryOf(SimReplica replica, ulong index) => _ghosts[replica.Place].Log.At(index);

    /// <summary>The log that a replica has in memory, or had when it fell.</summary>
    public LogPath LogOf(SimReplica replica) => _ghosts[replica.Place].Log;

    /// <summary>Whether a place of the log says nothing of those before.</summary>
    public abstract bool PlacesStandAlone { get; }

    public void Started(SimReplica replica)
    {
        ReplicaGhost ghost = _ghosts[replica.Place];
        ghost.Restart(replica.Disk);
        ghost.LoyalUntil = _world.Profile.LeaderLease
            ? replica.Clock + TimeSpan.FromMicroseconds(_world.Profile.ElectionTimeout)
            : TimeSpan.MinValue;
        ReplicaStatus status = replica.Core!.Status;
        Check(
            status.Stamp >= replica.Disk.Stamp,
            "term-survives-restart", replica, $"has {status.Stamp}, its disk says {replica.Disk.Stamp}");
    }

    /// <summary>A message is about to be given to a replica that has drained everything that came before.</summary>
    public void Delivered(SimReplica replica, in Message message, long sentAt)
    {
        ReplicaGhost ghost = _ghosts[replica.Place];
        if (message.Kind is MessageKind.RequestVote or MessageKind.Prepare)
        {
            ghost.LastVoteRequest = message;
            ghost.WasLoyalWhenAsked = IsLoyal(replica, ghost);
        }
        else if (message.Kind == MessageKind.HeartbeatReply && !message.Rejected && !message.IsImpaired)
        {
            ref (Stamp Stamp, long Step) confirmed = ref ghost.Confirmed[message.From.Value - 1];
            if (message.Stamp > confirmed.Stamp || (message.Stamp == confirmed.Stamp && sentAt > confirmed.Step))
            {
                confirmed = (message.Stamp, sentAt);
            }
        }

        NoteLoyalty(replica, ghost, message);
        DeliveredOwn(replica, message);
    }

    /// <summary>A message is about to be given to a replica: what the protocol has to remember of it.</summary>
    protected virtual void DeliveredOwn(SimReplica replica, in Message message)
    {
    }

    /// <summary>A message leaves: what it says must be durable here.</summary>
    public void Sent(SimReplica replica, in Message message)
    {
        LogDisk disk = replica.Disk;
        bool asksOfNext = message.Kind == MessageKind.PreVote;
        bool answersOfNext = message.Kind == MessageKind.PreVoteReply && !message.Rejected;
        ulong most = disk.Stamp.Term + (asksOfNext ? 1UL : 0UL);
        Check(
            answersOfNext || message.Stamp <= disk.Stamp || (asksOfNext && message.Stamp.Term <= most),
            "term-durable-before-told", replica, $"says {message}, its disk is at {disk.Stamp}");
        SentOwn(replica, message);
    }

    /// <summary>A message leaves: what the protocol has to say of it.</summary>
    protected abstract void SentOwn(SimReplica replica, in Message message);

    /// <summary>A message that only a leader sends leaves.</summary>
    protected Reign CheckLeads(SimReplica replica, in Message message)
    {
        bool leads = _reigns.TryGetValue(message.Stamp, out Reign? reign) && reign.Leader == replica.Place;
        Check(leads, "only-the-leader-leads", replica, $"says {message}, and does not lead");
        ReplicaGhost ghost = _ghosts[replica.Place];
        Check(
            message.Commit.Value <= ghost.Commit,
            "commit-before-told", replica, $"says {message}, committed is {ghost.Commit}");
        ulong known = reign!.Acknowledged[message.To.Value - 1];
        Check(
            message.Kind != MessageKind.Heartbeat || message.Commit.Value <= known,
            "heartbeat-commits-what-is-verified", replica, $"says {message}, acknowledged is {known}");
        return reign;
    }

    /// <summary>An acknowledgement leaves, and was found to be true.</summary>
    protected void NoteAcknowledged(SimReplica replica, Reign reign, in Message message)
    {
        ulong index = message.Index.Value;
        ReplicaGhost ghost = _ghosts[replica.Place];
        reign.Acknowledged[replica.Place] = Math.Max(reign.Acknowledged[replica.Place], index);
        if (message.Stamp > ghost.Acknowledged.Stamp
            || (message.Stamp == ghost.Acknowledged.Stamp && index > ghost.Acknowledged.Index))
        {
            ghost.Acknowledged = (message.Stamp, index);
        }
    }

    /// <summary>A replica leads.</summary>
    protected abstract void Elected(SimReplica replica, ReplicaGhost ghost, Stamp stamp);

    /// <summary>What a replica takes for durable, and how its log ends.</summary>
    protected abstract void CheckLog(SimReplica replica, ReplicaGhost ghost, in ReplicaStatus status);

    /// <summary>Who a replica takes for members.</summary>
    protected abstract void CheckMembership(SimReplica replica, ReplicaGhost ghost);

    /// <summary>A replica has drained its outbox; nothing of it has been done yet.</summary>
    /// <returns>Whether it appended entries.</returns>
    public bool Drained(SimReplica replica, Outbox outbox, in ReplicaStatus status)
    {
        ReplicaGhost ghost = _ghosts[replica.Place];
        Check(status.Stamp >= ghost.Stamp, "term-monotone", replica, $"fell from {ghost.Stamp} to {status.Stamp}");
        ghost.Stamp = status.Stamp;
        ghost.InForceBefore = InForce(ghost);

        // Whoever commits his own removal leads no more in the same moment, and what he appended until then he
        // appended as the leader.
        bool leads = status.Role == Role.Leader;
        if (!leads && ghost.Leading?.Stamp != status.Stamp)
        {
            ghost.Leading = null;
        }
        else if (leads && ghost.Leading?.Stamp != status.Stamp)
        {
            Elected(replica, ghost, status.Stamp);
        }

        bool appended = outbox.Write is { } write && Written(replica, ghost, write);
        CheckLog(replica, ghost, status);
        CheckMembership(replica, ghost);
        CommitSeen(replica, ghost, status);
        CheckMatches(replica, ghost);
        ulong durable = status.DurableIndex.Value;
        ulong applicable = outbox.CommitIndex.Value;
        Check(
            applicable <= Math.Max(ghost.Applied, Math.Min(ghost.Commit, durable)),
            "apply-committed-and-durable", replica,
            $"may apply {applicable}, committed is {ghost.Commit}, durable {durable}");
        ghost.Leading = leads ? ghost.Leading : null;
        return appended;
    }

    private static void CheckMatches(SimReplica replica, ReplicaGhost ghost)
    {
        if (ghost.Leading is not { } reign || replica.Core is not ReplicaCore core)
        {
            return;
        }

        // White box: a leader believes only what was acknowledged to it in its own term.
        IReadOnlyList<Progress> followers = core.Followers;
        for (int i = 0; i < followers.Count; i++)
        {
            int place = followers[i].Node.Value - 1;
            ulong match = followers[i].Match.Value;
            Check(
                match <= reign.Acknowledged[place],
                "match-is-acknowledged", replica,
                $"takes n{place + 1} to have {match}, it acknowledged {reign.Acknowledged[place]} in {reign.Stamp}");
        }
    }

    protected static void Check(
        bool holds, string rule, SimReplica replica, [InterpolatedStringHandlerArgument("holds")] RuleText text)
    {
        if (!holds)
        {
            throw new ViolatedException(rule, $"{replica.Id} {text.ToStringAndClear()}");
        }
    }
}
