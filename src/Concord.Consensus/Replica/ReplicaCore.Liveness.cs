namespace Concord.Consensus;

/// <content>Who was heard when. A leader without a quorum steps down, and nobody helps to depose one that is heard
/// (thesis 4.2.3 and 6.2).</content>
public abstract partial class ReplicaCore
{
    private TimeSpan _heartbeatDue;

    /// <summary>Until then this replica gives nobody its vote, unless the leader itself hands over. Counted from when
    /// the leader's message came.</summary>
    private TimeSpan _loyalUntil = TimeSpan.MinValue;

    /// <inheritdoc/>
    public TimeSpan NextTick => _role switch
    {
        Role.Leader when IsQuiet => _now + (_options.ElectionTimeout / 4),
        Role.Leader => _heartbeatDue,
        _ when _forwarded.Count > 0 || _isImpaired || NeedsTick => _now,
        _ => _electionDeadline,
    };

    private bool IsLoyal => _options.CheckQuorum && (_role == Role.Leader || _now < _loyalUntil);

    /// <summary>Nothing is under way, and every follower has all and knows what is committed.</summary>
    private bool IsQuiet
    {
        get
        {
            bool quiet = _options.HostTellsLiveness && _pendingWrites.Count == 0 && WaitingReads == 0
                && _transferTarget.IsNone && _commitIndex == LastProposed;
            for (int i = 0; quiet && i < _followers.Count; i++)
            {
                quiet = _followers[i].HasAll(LastProposed, _commitIndex);
            }

            return quiet;
        }
    }

    /// <inheritdoc/>
    public void Alive(NodeId peer, in Standing standing, TimeSpan now)
    {
        Advance(now);
        if (_role == Role.Leader)
        {
            // One that stands elsewhere, or that forgot in a restart what is committed, is not quiet any more: it is
            // told by messages, and tells its term in its answers.
            bool follows = standing.Stamp == _stamp && !standing.Leads;
            Find(peer)?.Stands(follows, standing.Commit, _now);
        }
        else if (standing.Leads && standing.Stamp == _stamp)
        {
            FollowLeader(peer);
        }
    }

    private void HeardLeader()
    {
        _loyalUntil = _now + _options.ElectionTimeout;
        RestartElectionTimer();
    }

    private void TickLeader()
    {
        if (HasLostQuorum() || IsDiskStuck())
        {
            // Its own term and vote stay: it could still be the only one who can be elected.
            BecomeFollower(_stamp, NodeId.None);
            return;
        }

        EndLateTransfer();
        DropFormerMembers();
        foreach (Progress follower in _followers)
        {
            bool waits = follower.InflightMessages > 0 || follower.ProbeSent
                || follower.State == ProgressState.Snapshot;
            if (waits && _now - follower.LastProgress >= _options.ElectionTimeout / 2)
            {
                // Lost on the way, or the follower is slow: find out where it stands. Does not depend on traffic. A
                // probe is repeated at its place; only an answer says that it should go back.
                follower.Probe(follower.State == ProgressState.Probe ? follower.Next : follower.Match + 1);
            }
        }

        if (_now >= _heartbeatDue)
        {
            // A round of reads is asked for again: its question or its answer may be lost, and nothing else would.
            SendHeartbeats(toQuiet: !_options.HostTellsLiveness || _reads.Count > 0);
        }
    }

    private bool HasLostQuorum()
    {
        // Those that lost something count for nothing in this term any more. Where somebody has, a leader without a
        // quorum could lead for ever and never commit again, so it checks even if it need not.
        if (!_options.CheckQuorum && !_followers.Exists(static follower => follower.IsImpaired))
        {
            return false;
        }

        ulong heard = BitOf(_selfPlace);
        foreach (Progress follower in _followers)
        {
            if (!follower.IsImpaired && _now - follower.LastHeard < _options.ElectionTimeout)
            {
                heard |= BitOf(follower.Place);
            }
        }

        return !_membership.Quorum.IsReachedBy(heard);
    }

    /// <summary>A leader whose disk hangs takes writes and commits nothing of its own, while its heartbeats keep others
    /// from standing.</summary>
    private bool IsDiskStuck() => _options.CheckQuorum && _membership.Voters.Count > 1
        && _pendingWrites.TryPeek(out PendingWrite oldest) && _now - oldest.AskedAt >= _options.ElectionTimeout;

    private void SendHeartbeats(bool toQuiet)
    {
        _heartbeatDue = _now + _options.HeartbeatInterval;
        if (_options.LeaderLease)
        {
            _readSequence++;
        }

        NoteRoundSent();
        foreach (Progress follower in _followers)
        {
            if (!toQuiet && follower.HasAll(LastProposed, _commitIndex))
            {
                continue;
            }

            Send(new()
            {
                Kind = MessageKind.Heartbeat,
                To = follower.Node,
                // Never beyond what the follower is known to have: its log may end differently behind that.
                Commit = LogIndex.Min(_commitIndex, follower.Match),
                Index = LastProposed,
                Hint = follower.Match,
                ReadSequence = _readSequence,
            });
        }
    }
}
