namespace Concord.Consensus;

/// <content>
/// Handing leadership over (thesis 3.10): the leader takes nothing new, waits until the target has its whole log, and
/// asks it to stand at once. The others give their vote although they hear a leader, because the leader asked for it.
/// </content>
public abstract partial class ReplicaCore
{
    private NodeId _transferTarget;
    private TimeSpan _transferDeadline;
    private bool _timeoutNowSent;

    /// <inheritdoc/>
    public TransferResult TransferLeadership(NodeId target)
    {
        if (_role != Role.Leader)
        {
            return TransferResult.NotLeader;
        }

        if (!_transferTarget.IsNone || _membership.IsJoint)
        {
            return TransferResult.AnotherUnderWay;
        }

        if (target == _options.Self)
        {
            return TransferResult.AlreadyLeads;
        }

        if (target.IsNone)
        {
            target = BestSuccessor()?.Node ?? NodeId.None;
        }

        if (Find(target) is not { } follower || !_membership.Voters.Contains(target))
        {
            return TransferResult.NotAVoter;
        }

        if (follower.IsImpaired || _now - follower.LastHeard >= _options.ElectionTimeout)
        {
            return TransferResult.NotReachable;
        }

        _transferTarget = target;
        _transferDeadline = _now + _options.ElectionTimeout;
        _timeoutNowSent = false;
        return TransferResult.Accepted;
    }

    /// <summary>Whether this replica has the log that the leader's message names.</summary>
    private protected abstract bool HasLogOf(in Message message);

    /// <summary>The voter that was heard lately and has most of the log.</summary>
    private Progress? BestSuccessor()
    {
        Progress? best = null;
        foreach (Progress follower in _followers)
        {
            bool can = follower.Place >= 0 && _membership.Voters.Contains(follower.Node) && !follower.IsImpaired
                && _now - follower.LastHeard < _options.ElectionTimeout;
            if (can && (best is null || follower.Match > best.Match))
            {
                best = follower;
            }
        }

        return best;
    }

    private void HandOverWhenReady()
    {
        if (_transferTarget.IsNone || _timeoutNowSent || Find(_transferTarget) is not { } target)
        {
            return;
        }

        // Without the whole log it would lose the election, and the group would be without a leader for nothing.
        if (target.Match == LastProposed)
        {
            SendTimeoutNow(target);
        }
    }

    private void SendTimeoutNow(Progress target)
    {
        // From here on others may elect it within what they promised this leader.
        ForfeitLease();
        _timeoutNowSent = true;
        Send(new() { Kind = MessageKind.TimeoutNow, To = target.Node, Index = Log.Last, LogStamp = Log.LastStamp });
    }

    private void EndLateTransfer()
    {
        if (_now >= _transferDeadline)
        {
            EndTransfer();
        }
    }

    private void EndTransfer() => _transferTarget = NodeId.None;

    private void HandleTimeoutNow(in Message message)
    {
        // The request may come late: it stands only with the log that the leader meant, and only a voter can win.
        if (HasLogOf(message) && !_isImpaired && _membership.IsVoter(_options.Self))
        {
            BecomeCandidate(isTransfer: true);
        }
    }
}
