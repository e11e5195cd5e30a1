namespace Concord.Consensus.Raft;

/// <content>Leader election (Raft section 5.2), who may be elected (section 5.4.1), and the question before it (thesis
/// 9.6).</content>
public sealed partial class RaftCore
{
    private TimeSpan _electionDeadline;
    private ulong _randomState;
    private ulong _votes;

    private Role RoleOfFollower => MayStand ? Role.Follower : Role.Learner;

    /// <summary>Whoever is about to be a voter no more must still stand until that is committed: it may be the only one
    /// that holds what makes the others elect somebody without it (thesis 4.2.2).</summary>
    private bool MayStand => _membership.IsVoter(_options.Self)
        || (_memberships.Index > _commitIndex
            && _memberships.At(_memberships.Index - 1).Membership.IsVoter(_options.Self));

    private bool IsAloneToVote => _membership.Quorum.IsElectedBy(BitOf(_selfPlace));

    private static ulong BitOf(int place) => place < 0 ? 0 : 1UL << place;

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

    private void RestartElectionTimer()
    {
        // Random within [timeout, 2 × timeout), drawn anew each time, so that split votes do not repeat (section 5.2).
        long spread = (long)(NextRandom() % (ulong)_options.ElectionTimeout.Ticks);
        double behind = (RaftOptions.PriorityMax - _options.Priority) / (double)RaftOptions.PriorityMax;
        _electionDeadline =
            _now + _options.ElectionTimeout + TimeSpan.FromTicks(spread) + (_options.ElectionTimeout * behind);
    }

    private void TickFollower()
    {
        RetryForwardedReads();
        if (_isImpaired)
        {
            AskEverybodysTerm();
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
        BecomeFollower(_term, NodeId.None);
        RestartElectionTimer();
        _role = Role.PreCandidate;
        _votes = BitOf(_selfPlace);
        if (_membership.Quorum.IsElectedBy(_votes))
        {
            BecomeCandidate(isTransfer: false);
            return;
        }

        AskVoters(new() { Kind = MessageKind.PreVote, Stamp = _term.NextTerm() });
    }

    private void HandlePreVote(in Message message)
    {
        // Nothing is promised and no term moves: would I, in that term? Not while I hear a leader, and not in a term
        // that I know already; then the asker learns mine, or it would ask for ever.
        // One that is impaired does not stand, it only wants to know where everybody is.
        bool granted = !_isImpaired && !message.IsImpaired && !IsLoyal && _role != Role.Leader
            && message.Stamp > _term && IsUpToDate(message);
        Message reply = new()
        {
            Kind = MessageKind.PreVoteReply,
            To = message.From,
            Stamp = granted ? message.Stamp : default,
            Rejected = !granted,
            Index = Log.Last,
            LogStamp = _role == Role.Leader ? _term : Stamp.None,
            ReadSequence = message.ReadSequence,
        };
        Send(reply, HardStateWrite);
    }

    private void CountPreVote(in Message message)
    {
        if (_role != Role.PreCandidate || message.Rejected || message.Stamp != _term.NextTerm())
        {
            return;
        }

        _votes |= BitOf(_membership.IndexOf(message.From));
        if (_membership.Quorum.IsElectedBy(_votes))
        {
            BecomeCandidate(isTransfer: false);
        }
    }

    private void BecomeCandidate(bool isTransfer)
    {
        Invariant.Check(_role != Role.Leader && !_isImpaired, "neither a leader nor an impaired replica stands");
        BecomeFollower(_term.NextTerm(), NodeId.None);
        RestartElectionTimer();
        _role = Role.Candidate;
        _votedFor = _options.Self;
        _votes = 0;
        _hardStateDirty = true;
        AskVoters(new() { Kind = MessageKind.RequestVote, IsTransfer = isTransfer });
    }

    private void AskVoters(Message request)
    {
        request.Index = Log.Last;
        request.LogStamp = Log.LastStamp;
        foreach (NodeId member in _membership.Members)
        {
            if (member != _options.Self && _membership.IsVoter(member))
            {
                // Durable before told: term and own vote, or a restart could vote for another in the same term.
                request.To = member;
                Send(request, HardStateWrite);
            }
        }
    }

    private void HandleRequestVote(in Message message)
    {
        // One vote per term (section 5.2), and only for a log that is at least as up to date as the own one. Membership
        // is not asked: a voter may not know yet that it is one.
        bool free = _votedFor.IsNone || _votedFor == message.From;
        bool granted = !_isImpaired && free && IsUpToDate(message);
        if (granted)
        {
            _hardStateDirty |= _votedFor != message.From;
            _votedFor = message.From;
            _role = _role == Role.PreCandidate ? Role.Follower : _role;
            RestartElectionTimer();
        }

        Send(new() { Kind = MessageKind.RequestVoteReply, To = message.From, Rejected = !granted }, HardStateWrite);
    }

    /// <summary>Section 5.4.1: a later last term wins, else the longer log.</summary>
    private bool IsUpToDate(in Message message) =>
        message.LogStamp > Log.LastStamp || (message.LogStamp == Log.LastStamp && message.Index >= Log.Last);

    private void HandleRequestVoteReply(in Message message)
    {
        if (_role == Role.Candidate && !message.Rejected)
        {
            CountVote(_membership.IndexOf(message.From));
        }
    }

    /// <summary>The own vote counts once it is durable, like anybody's.</summary>
    private void CountOwnVote()
    {
        if (_role == Role.Candidate && HardStateWrite <= _durableSequence)
        {
            CountVote(_selfPlace);
        }
    }

    private void CountVote(int place)
    {
        _votes |= BitOf(place);
        if (_membership.Quorum.IsElectedBy(_votes))
        {
            BecomeLeader();
        }
    }

    private void BecomeLeader()
    {
        Invariant.Check(_role == Role.Candidate && HardStateWrite <= _durableSequence, "a leader's term is durable");
        _role = Role.Leader;
        _leader = _options.Self;
        _followers.Clear();
        FollowMembership();
        _uncommittedBytes = 0;
        _heartbeatDue = _now;
        ResetReads();
        ResetLease();
        _completedMembership = null;

        // Section 5.4.2 and thesis 6.4: nothing of earlier terms is committed, and nothing is read, before an entry of
        // the own term is.
        _firstOfTerm = AppendOwn(EntryKind.NoOp, []);
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
