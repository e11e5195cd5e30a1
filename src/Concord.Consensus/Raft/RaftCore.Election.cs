namespace Concord.Consensus.Raft;

/// <content>Leader election (Raft section 5.2) and who may be elected (section 5.4.1).</content>
public sealed partial class RaftCore
{
    private TimeSpan _electionDeadline;
    private ulong _randomState;
    private ulong _votes;

    private void StartFirstWait()
    {
        if (_quorum.Voters == 1)
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
    }

    private void RestartElectionTimer()
    {
        // Random within [timeout, 2 × timeout), drawn anew each time, so that split votes do not repeat (section 5.2).
        long spread = (long)(NextRandom() % (ulong)_options.ElectionTimeout.Ticks);
        _electionDeadline = _now + _options.ElectionTimeout + TimeSpan.FromTicks(spread);
    }

    private void BecomeCandidate()
    {
        Invariant.Check(_role != Role.Leader, "a leader does not stand against itself");
        BecomeFollower(_term.NextTerm(), NodeId.None);
        RestartElectionTimer();
        _role = Role.Candidate;
        _votedFor = _options.Self;
        _votes = 0;
        _hardStateDirty = true;
        foreach (NodeId voter in _options.Membership.Voters)
        {
            if (voter != _options.Self)
            {
                // Durable before told: term and own vote, or a restart could vote for another in the same term.
                Message request =
                    new() { Kind = MessageKind.RequestVote, To = voter, Index = Log.Last, LogStamp = Log.LastStamp };
                Send(request, HardStateWrite);
            }
        }
    }

    private void HandleRequestVote(in Message message)
    {
        // One vote per term (section 5.2), and only for a log that is at least as up to date as the own one: a later
        // last term wins, else the longer log (section 5.4.1). Membership is not asked: a voter may not know yet that
        // it is one.
        bool free = _votedFor.IsNone || _votedFor == message.From;
        bool upToDate = message.LogStamp > Log.LastStamp
            || (message.LogStamp == Log.LastStamp && message.Index >= Log.Last);
        bool granted = _role == Role.Follower && free && upToDate;
        if (granted)
        {
            _hardStateDirty |= _votedFor != message.From;
            _votedFor = message.From;
            RestartElectionTimer();
        }

        Send(new() { Kind = MessageKind.RequestVoteReply, To = message.From, Rejected = !granted }, HardStateWrite);
    }

    private void HandleRequestVoteReply(in Message message)
    {
        if (_role == Role.Candidate && !message.Rejected)
        {
            CountVote(_options.Membership.IndexOf(message.From));
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
        if (place >= 0)
        {
            _votes |= 1UL << place;
        }

        if (_quorum.IsWon(_votes))
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
        foreach (NodeId voter in _options.Membership.Voters)
        {
            if (voter != _options.Self)
            {
                _followers.Add(new(voter, Log.Last + 1));
            }
        }

        _uncommittedBytes = 0;
        _heartbeatDue = _now;
        ResetReads();

        // Section 5.4.2 and thesis 6.4: nothing of earlier terms is committed, and nothing is read, before an entry of
        // the own term is.
        _firstOfTerm = Log.Append(_term, EntryKind.NoOp, []);
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
