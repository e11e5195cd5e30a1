namespace Concord.Consensus.Raft;

/// <content>
/// Forgetting what a snapshot covers (Raft section 7). A follower that needs what its leader has forgotten is told so,
/// and its host fetches the leader's snapshot: the follower asks for pieces at its own pace, the leader keeps no state.
/// </content>
public sealed partial class RaftCore
{
    private bool _snapshotWanted;

    /// <inheritdoc/>
    public void SnapshotTaken(LogIndex index, int retainedEntries)
    {
        Invariant.Check(index <= _commitIndex && index <= _durableIndex, "a snapshot covers only what was applied");
        ArgumentOutOfRangeException.ThrowIfNegative(retainedEntries);
        if (index.Value > (ulong)retainedEntries)
        {
            Log.DiscardThrough(index - (ulong)retainedEntries);
            _memberships.DiscardThrough(Log.Base);
        }
    }

    /// <inheritdoc/>
    public SnapshotPoint PointAt(LogIndex index)
    {
        (LogIndex membershipIndex, Membership membership) = _memberships.At(index);
        return new(index, Log.StampAt(index), membership, membershipIndex);
    }

    /// <inheritdoc/>
    public void SnapshotInstalled(SnapshotPoint point)
    {
        ArgumentNullException.ThrowIfNull(point);
        (LogIndex index, Stamp stamp) = (point.Index, point.Stamp);
        if (index <= _commitIndex)
        {
            return;
        }

        // An entry of a term says that the term was reached; its leader is not the one that is followed now.
        if (stamp > _term)
        {
            BecomeFollower(stamp, NodeId.None);
        }

        if (Log.Covers(index) && Log.StampAt(index) == stamp)
        {
            // What follows may have been acknowledged already, and stays.
            Log.DiscardThrough(LogIndex.Min(index, _durableIndex));
            _memberships.DiscardThrough(Log.Base);
            _commitIndex = index;
        }
        else
        {
            Log.Restart(index, stamp);
            _commitIndex = index;
            ForgetWritesFrom(index + 1);
            _unwritten = index + 1;
            _memberships.Restart(point.Membership, point.MembershipIndex);
            PutMembershipInForce();
        }

        _durableIndex = LogIndex.Max(_durableIndex, index);
        if (!_leader.IsNone && _role is Role.Follower or Role.Learner)
        {
            _verified = LogIndex.Max(_verified, index);
            _acknowledgeDue = true;
            RecoverWhenCaughtUp();
        }
    }

    private void HandleInstallSnapshot(in Message message)
    {
        bool has = message.Index <= _commitIndex
            || (Log.Covers(message.Index) && Log.StampAt(message.Index) == message.LogStamp);
        if (!has)
        {
            _snapshotWanted = true;
            return;
        }

        // What a snapshot covers is committed, so it is equal. The leader waits for this answer and sends nothing else:
        // an earlier one may have been lost.
        _verified = LogIndex.Max(_verified, message.Index);
        _acknowledgeDue = true;
        CommitTo(LogIndex.Max(_commitIndex, message.Index));
    }

    private NodeId TakeSnapshotWanted()
    {
        NodeId from = _snapshotWanted ? _leader : NodeId.None;
        _snapshotWanted = false;
        return from;
    }
}
