using Concord.Consensus;

namespace Concord.Simulation.Consensus;

/// <content>Terms, votes and leaders (Raft sections 5.2 and 5.4).</content>
internal sealed partial class RaftRules
{
    private readonly Dictionary<(Stamp Stamp, int Voter), int> _votes = [];

    protected override void SentOwn(SimReplica replica, in Message message)
    {
        switch (message.Kind)
        {
            case MessageKind.RequestVote:
                RecordVote(replica, message, replica.Id);
                break;
            case MessageKind.RequestVoteReply when !message.Rejected:
                RecordVote(replica, message, message.To);
                break;
            case MessageKind.Append or MessageKind.Heartbeat or MessageKind.InstallSnapshot
                or MessageKind.TimeoutNow:
                CheckLeaderSpeaks(replica, message);
                break;
            case MessageKind.AppendReply when !message.Rejected:
                Acknowledged(replica, message);
                break;
        }
    }

    private void RecordVote(SimReplica replica, in Message message, NodeId candidate)
    {
        // Counted when it leaves: a vote that a crash took back before anybody heard of it was never given.
        HardState hardState = replica.Disk.HardState;
        bool durable = hardState.Stamp > message.Stamp
            || (hardState.Stamp == message.Stamp && hardState.VotedFor == candidate);
        Check(durable, "vote-durable-before-told", replica, $"says {message}, its disk says {hardState}");
        Check(!message.IsImpaired, "impaired-does-not-vote", replica, $"says {message}");
        if (!_votes.TryAdd((message.Stamp, replica.Place), candidate.Value))
        {
            int before = _votes[(message.Stamp, replica.Place)];
            Check(
                before == candidate.Value,
                "vote-once", replica, $"voted for n{before} and for {candidate} in {message.Stamp}");
        }
    }

    private static void HardStateWritten(SimReplica replica, ReplicaGhost ghost, HardState hardState)
    {
        HardState before = ghost.Submitted;
        bool grows = hardState.Stamp > before.Stamp
            || (hardState.Stamp == before.Stamp && (before.VotedFor.IsNone || before.VotedFor == hardState.VotedFor));
        Check(
            grows && hardState.Stamp >= ghost.Log.LastStamp,
            "vote-monotone", replica, $"writes {hardState} over {before}, last entry {ghost.Log.LastStamp}");
        if (hardState != before && !hardState.VotedFor.IsNone && hardState.VotedFor != replica.Id)
        {
            // Section 5.4.1, with the voter's whole log against what the candidate said of its own.
            Message request = ghost.LastVoteRequest;
            Check(
                request.From == hardState.VotedFor && request.Stamp == hardState.Stamp,
                "vote-is-asked-for", replica,
                $"votes for {hardState.VotedFor} in {hardState.Stamp}, which did not ask");
            bool upToDate = request.LogStamp > ghost.Log.LastStamp
                || (request.LogStamp == ghost.Log.LastStamp && request.Index.Value >= ghost.Log.Last);
            Check(
                upToDate, "vote-for-up-to-date-log", replica,
                $"votes for {request.From} with {request.Index}@{request.LogStamp}, "
                + $"and has {ghost.Log.Last}@{ghost.Log.LastStamp}");
            Check(
                !ghost.WasLoyalWhenAsked || request.IsTransfer,
                "loyal-to-a-living-leader", replica,
                $"votes for {request.From} in {hardState.Stamp}, and heard {ghost.LoyalTo} lead just before");
        }

        ghost.Submitted = hardState;
    }

    protected override void Elected(SimReplica replica, ReplicaGhost ghost, Stamp stamp)
    {
        _world.Faults.Count(FaultKind.LeaderElected);
        Reign reign = new(stamp, replica.Place, _ghosts.Length);
        reign.Log.CopyFrom(ghost.Log);
        bool isOnly = _reigns.TryAdd(stamp, reign);
        Check(isOnly, "election-safety", replica, $"leads {stamp}, which n{_reigns[stamp].Leader + 1} led already");
        // The own vote counts once it is durable; who is alone tells it nobody.
        HardState own = replica.Disk.HardState;
        ulong votes = own.Stamp == stamp && own.VotedFor == replica.Id ? Electorate.BitOf(replica.Place) : 0;
        for (int i = 0; i < _ghosts.Length; i++)
        {
            bool isFor = _votes.TryGetValue((stamp, i), out int candidate) && candidate == replica.Id.Value;
            votes |= isFor ? Electorate.BitOf(i) : 0;
        }

        Membership membership = MembershipAt(ghost.Log.Tip);
        Check(
            Electorate.Elects(membership, votes),
            "elected-by-quorum", replica, $"leads {stamp} with the votes of {Electorate.Tell(membership, votes)}");
        _newest = stamp > _newest ? stamp : _newest;
        LogEntry? last = LastCommittedBefore(stamp);
        Check(
            last is null || ghost.Log.Holds(last),
            "leader-completeness", replica, $"leads {stamp} without the committed entry {last}");
        ghost.Leading = reign;
    }

    private void CheckLeaderSpeaks(SimReplica replica, in Message message)
    {
        Reign reign = CheckLeads(replica, message);
        ReplicaGhost ghost = _ghosts[replica.Place];
        switch (message.Kind)
        {
            case MessageKind.Append:
                Stamp previous = reign.Log.At(message.Index.Value)?.Stamp ?? Stamp.None;
                Check(
                    previous == message.LogStamp,
                    "append-names-its-place", replica, $"says {message}, its log has {previous} there");
                break;
            case MessageKind.TimeoutNow when MembershipAt(ghost.Log.Tip).IsVoter(replica.Id):
                ulong has = reign.Acknowledged[message.To.Value - 1];
                Check(
                    has >= message.Index.Value && message.Index.Value == ghost.Log.Last,
                    "successor-has-all", replica, $"says {message}, acknowledged is {has} of {ghost.Log.Last}");
                break;
        }
    }

    private void Acknowledged(SimReplica replica, in Message message)
    {
        ulong index = message.Index.Value;
        bool isLed = _reigns.TryGetValue(message.Stamp, out Reign? reign);
        Check(isLed, "acknowledge-a-leader", replica, $"says {message}, and nobody leads that term");

        // An acknowledgement that was due in an older term may leave late: what it says was so when that term ended
        // here.
        if (replica.Disk.Stamp == message.Stamp)
        {
            Check(
                replica.Disk.Log.At(index) == reign!.Log.At(index),
                "acknowledged-is-durable-and-equal", replica,
                $"says {message}, its disk holds {replica.Disk.Log.At(index)} there, the leader {reign.Log.At(index)}");
        }

        NoteAcknowledged(replica, reign!, message);
    }
}
