using Concord.Consensus;

namespace Concord.Simulation.Consensus;

/// <summary>
/// What holds of Multi-Paxos besides (Lamport 2001, section 2): a ballot has one owner and proposes one value in a
/// place; a promise is durable before it is told, tells everything, and is kept; whoever proposes has the promises of a
/// quorum; and once a value is chosen, every later ballot proposes that value.
/// </summary>
internal sealed partial class PaxosRules(CoreWorld world) : SafetyRules(world)
{
    private readonly Dictionary<Stamp, ulong> _promised = [];

    public override bool PlacesStandAlone => true;

    protected override bool HasCommittedIn(ReplicaGhost ghost, Stamp stamp) =>
        ghost.Commit > 0 && _committedIn[(int)ghost.Commit - 1] >= stamp;

    protected override void CheckLog(SimReplica replica, ReplicaGhost ghost, in ReplicaStatus status)
    {
        Check(
            status.LastIndex.Value == ghost.Log.Last,
            "memory-is-written", replica, $"its log ends at {status.LastIndex}, its writes at {ghost.Log.Last}");
        ulong durable = status.DurableIndex.Value;
        LogEntry? held = replica.Disk.Log.At(durable);
        bool isDurable = durable == 0
            || (held is not null && held.IsSameValue(ghost.Log.At(durable))
                && (held.Stamp == ghost.Stamp || durable <= status.CommitIndex.Value));
        Check(
            isDurable, "durable-is-on-disk", replica,
            $"takes {durable} for durable, its disk holds {held} there, its memory {ghost.Log.At(durable)}");
    }

    protected override void SentOwn(SimReplica replica, in Message message)
    {
        switch (message.Kind)
        {
            case MessageKind.Prepare:
                Check(
                    message.Stamp.Owner == replica.Id,
                    "ballot-has-one-owner", replica, $"says {message}, which is not its ballot");
                break;
            case MessageKind.Promise when !message.Rejected:
                Promised(replica, message);
                break;
            case MessageKind.Accept or MessageKind.Heartbeat or MessageKind.InstallSnapshot or MessageKind.TimeoutNow:
                CheckLeads(replica, message);
                break;
            case MessageKind.Accepted:
                Acknowledged(replica, message);
                break;
        }
    }

    protected override void DeliveredOwn(SimReplica replica, in Message message)
    {
        if (message.Kind == MessageKind.Promise && !message.Rejected && message.Stamp == _ghosts[replica.Place].Stamp)
        {
            Hear(message);
        }
    }

    private void Promised(SimReplica replica, in Message message)
    {
        Check(!message.IsImpaired, "impaired-does-not-promise", replica, $"says {message}");
        ReplicaGhost ghost = _ghosts[replica.Place];
        Message request = ghost.LastVoteRequest;
        bool isAnswer = request.From == message.To && request.Stamp == message.Stamp;
        bool isOwnLeader = ghost.LoyalTo == message.To || replica.Core!.Status.Leader == message.To;
        Check(
            !isAnswer || !ghost.WasLoyalWhenAsked || request.IsTransfer || isOwnLeader,
            "loyal-to-a-living-leader", replica, $"says {message}, and heard {ghost.LoyalTo} lead just before");
        ulong told = message.Index.Value + (ulong)message.Entries.Count;
        bool isAll = message.Hint.Value == ghost.Log.Last && (told >= ghost.Log.Last || message.Entries.Count > 0);
        Check(isAll, "promise-tells-all", replica, $"says {message}, its log ends at {ghost.Log.Last}");
        for (ulong index = message.Index.Value + 1; index <= told; index++)
        {
            // What was accepted under this very ballot its leader knows.
            LogEntry? held = ghost.Log.At(index);
            Check(
                held == replica.Disk.Log.At(index) || held?.Stamp == message.Stamp
                    || index <= replica.Disk.SnapshotIndex,
                "promise-tells-what-is-durable", replica,
                $"says {message}, and holds {held} where its disk has {replica.Disk.Log.At(index)}");
        }

        Tell(replica, ghost, message);
        if (told >= ghost.Log.Last)
        {
            _promised[message.Stamp] = _promised.GetValueOrDefault(message.Stamp) | Electorate.BitOf(replica.Place);
        }
    }

    protected override void Elected(SimReplica replica, ReplicaGhost ghost, Stamp stamp)
    {
        _world.Faults.Count(FaultKind.LeaderElected);
        Check(
            stamp.Owner == replica.Id && !_reigns.ContainsKey(stamp),
            "ballot-not-used-again", replica, $"leads {stamp}, which was led already or is another's");
        Reign reign = new(stamp, replica.Place, _ghosts.Length);
        _reigns.Add(stamp, reign);

        // The own promise counts once it is durable; who is alone tells it nobody.
        ulong promised = _promised.GetValueOrDefault(stamp);
        promised |= replica.Disk.Stamp >= stamp ? Electorate.BitOf(replica.Place) : 0;
        Membership membership = MembershipAt(Committed.At(replica.Core!.Status.CommitIndex.Value));
        Check(
            Electorate.Elects(membership, promised),
            "elected-by-quorum", replica, $"leads {stamp} with the promises of "
                + $"{Electorate.Tell(membership, promised)}");
        CountPromises(replica, ghost, stamp);
        _newest = stamp > _newest ? stamp : _newest;
        ghost.Leading = reign;
    }

    /// <summary>All of it is chosen or was accepted under the ballot, and lies on the disk.</summary>
    private void Acknowledged(SimReplica replica, in Message message)
    {
        ReplicaGhost ghost = _ghosts[replica.Place];
        bool isLed = _reigns.TryGetValue(message.Stamp, out Reign? reign);
        Check(isLed, "acknowledge-a-leader", replica, $"says {message}, and nobody leads that ballot");
        ulong index = message.Index.Value;
        ulong before = ghost.Acknowledged.Stamp == message.Stamp ? ghost.Acknowledged.Index : 0;
        for (ulong at = Math.Max(before, replica.Disk.SnapshotIndex) + 1; at <= index; at++)
        {
            // An acknowledgement that was due under an older ballot may leave late: it was so when that ended here.
            LogEntry? held = replica.Disk.Log.At(at);
            bool isHeld = held is not null
                && (held.Stamp >= message.Stamp || (Committed.At(at) is { } chosen && chosen.IsSameValue(held)));
            Check(
                isHeld, "acknowledged-is-durable", replica, $"says {message}, its disk holds {held} at {at}");
        }

        NoteAcknowledged(replica, reign!, message);
    }
}
