namespace Concord.Consensus;

/// <content>Who stands, and when: the wait that a leader's messages begin anew (Raft section 5.2), and the question
/// before an election (thesis 9.6).</content>
public abstract partial class ReplicaCore
{
    private TimeSpan _electionDeadline;
    private ulong _randomState;
    private ulong _votes;

    /// <summary>How much longer than the first this replica waits, for its priority.</summary>
    private readonly TimeSpan _handicap;

    private protected Role RoleOfFollower => MayStand ? Role.Follower : Role.Learner;

    /// <summary>Whether this replica may stand, be it to bring about the end of its own membership.</summary>
    private protected abstract bool MayStand { get; }

    /// <summary>The stamp that this replica would lead with next.</summary>
    private protected abstract Stamp NextStamp { get; }

    private bool IsAloneToVote => _membership.Quorum.IsElectedBy(BitOf(_selfPlace));

    private protected static ulong BitOf(int place) => place < 0 ? 0 : 1UL << place;

    /// <summary>Begins an election.</summary>
    /// <param name="isTransfer">Whether the leader asked for it.</param>
    private protected abstract void BecomeCandidate(bool isTransfer);

    /// <summary>No leader is heard, and this replica may not stand.</summary>
    private protected virtual void WaitInVain()
    {
    }

    /// <summary>Whether who asks so could be elected, for all that this replica has.</summary>
    private protected abstract bool IsUpToDate(in Message message);

    /// <summary>The own vote may be durable now.</summary>
    private protected abstract void CountOwnVote();

    private void StartFirstWait()
    {
        if (IsAloneToVote)
        {
            _electionDeadline = _now;
        }
        else if (_options.FirstElectionTimeout is { } first)
        {
            _electionDeadline = _now + first;
        }
        else
        {
            RestartElectionTimer();
        }

        if (_options.LeaderLease)
        {
            // What this replica promised a leader before a restart still holds: a lease may rest on it.
            _loyalUntil = _now + _options.ElectionTimeout;
            _electionDeadline = IsAloneToVote ? _now : Max(_electionDeadline, _loyalUntil);
        }
    }

    private static TimeSpan Max(TimeSpan left, TimeSpan right) => left > right ? left : right;

    private void RestartElectionTimer() => WaitFor(_options.ElectionTimeout);

    /// <summary>An attempt that nobody answers, or that ties with another's, is made again after half the time: nobody
    /// is led meanwhile, so there is nobody to disturb.</summary>
    private void StartRetryTimer() => WaitFor(_options.ElectionTimeout / 2);

    private void WaitFor(TimeSpan least)
    {
        // Random within [least, 2 × least), drawn anew each time, so that split votes do not repeat (section 5.2).
        long spread = (long)(NextRandom() % (ulong)least.Ticks);
        _electionDeadline = _now + least + TimeSpan.FromTicks(spread) + _handicap;
    }

    private void TickFollower()
    {
        RetryForwardedReads();
        if (_isImpaired)
        {
            AskEverybodysStamp();
            return;
        }

        if (_now < _electionDeadline)
        {
            return;
        }

        if (!MayStand)
        {
            _role = Role.Learner;
            RestartElectionTimer();
            WaitInVain();
        }
        else if (_options.PreVote)
        {
            BecomePreCandidate();
        }
        else
        {
            BecomeCandidate(isTransfer: false);
        }
    }

    private void BecomePreCandidate()
    {
        // Forgets its leader: two that look for a new one must not refuse each other for the sake of the old one.
        BecomeFollower(_stamp, NodeId.None);
        StartRetryTimer();
        _role = Role.PreCandidate;
        _votes = BitOf(_selfPlace);
        if (_membership.Quorum.IsElectedBy(_votes))
        {
            BecomeCandidate(isTransfer: false);
            return;
        }

        AskVoters(new() { Kind = MessageKind.PreVote, Stamp = NextStamp });
    }

    private void HandlePreVote(in Message message)
    {
        if (_role == Role.Leader && message.Stamp.Term > _stamp.Term + 1)
        {
            // Who asks is beyond the stamp of this leader, which may not serve it and would never hear of it otherwise.
            BecomeFollower(_stamp, NodeId.None);
        }

        // Nothing is promised and no stamp moves: would I, under that one? Not while I hear a leader, and not under a
        // stamp that I know already; then the asker learns mine, or it would ask for ever.
        // One that is impaired does not stand, it only wants to know where everybody is.
        bool granted = !_isImpaired && !message.IsImpaired && !IsLoyal && _role != Role.Leader
            && message.Stamp > _stamp && IsUpToDate(message);
        Message reply = new()
        {
            Kind = MessageKind.PreVoteReply,
            To = message.From,
            Stamp = granted ? message.Stamp : default,
            Rejected = !granted,
            Index = Log.Last,
            Commit = _commitIndex,
            LogStamp = _role == Role.Leader ? _stamp : Stamp.None,
            ReadSequence = message.ReadSequence,
        };
        Send(reply, HardStateWrite);
    }

    private void CountPreVote(in Message message)
    {
        if (_role != Role.PreCandidate || message.Rejected || message.Stamp != NextStamp)
        {
            return;
        }

        _votes |= BitOf(_membership.IndexOf(message.From));
        if (_membership.Quorum.IsElectedBy(_votes))
        {
            BecomeCandidate(isTransfer: false);
        }
    }

    /// <summary>Begins to stand under the next stamp.</summary>
    private protected void StandUnder(Stamp stamp)
    {
        Invariant.Check(_role != Role.Leader && !_isImpaired, "neither a leader nor an impaired replica stands");
        BecomeFollower(stamp, NodeId.None);
        StartRetryTimer();
        _role = Role.Candidate;
        _votes = 0;
    }

    /// <summary>Somebody has this replica's vote: it is given time.</summary>
    private protected void WaitForElected()
    {
        _role = _role == Role.PreCandidate ? Role.Follower : _role;
        RestartElectionTimer();
    }

    private protected void AskVoters(Message request)
    {
        request.Index = Log.Last;
        request.LogStamp = Log.LastStamp;
        request.Commit = _commitIndex;
        foreach (NodeId member in _membership.Members)
        {
            if (member != _options.Self && _membership.IsVoter(member))
            {
                // Durable before told: stamp and own vote, or a restart could vote for another under the same stamp.
                request.To = member;
                Send(request, HardStateWrite);
            }
        }
    }

    private protected void CountVote(int place)
    {
        _votes |= BitOf(place);
        if (_membership.Quorum.IsElectedBy(_votes))
        {
            BecomeLeader();
        }
    }

    private void BecomeLeader()
    {
        Invariant.Check(_role == Role.Candidate && HardStateWrite <= _durableSequence, "a leader's stamp is durable");
        _role = Role.Leader;
        _leader = _options.Self;
        _followers.Clear();
        FollowMembership();
        _uncommittedBytes = 0;
        _heartbeatDue = _now;
        ResetReads();
        ResetLease();
        _completedMembership = null;
        BeginLeading();
    }

    // SplitMix64 (Steele, Lea and Flood 2014): enough for timeouts, and the same everywhere.
    private ulong NextRandom()
    {
        _randomState += 0x9E3779B97F4A7C15UL;
        ulong mixed = _randomState;
        mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9UL;
        mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EBUL;
        return mixed ^ (mixed >> 31);
    }
}
