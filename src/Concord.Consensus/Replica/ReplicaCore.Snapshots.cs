namespace Concord.Consensus;

/// <content>
/// Forgetting what a snapshot covers (Raft section 7). A follower that needs what its leader has forgotten is told so,
/// and its host fetches the leader's snapshot: the follower asks for pieces at its own pace, the leader keeps no state.
/// </content>
public abstract partial class ReplicaCore
{
    private protected NodeId _snapshotWantedFrom;

    /// <summary>Lets the log begin behind what a snapshot covers.</summary>
    private protected abstract void BeginBehind(SnapshotPoint point);

    /// <summary>Whether the own log is the leader's up to <paramref name="index"/>, where it has
    /// <paramref name="stamp"/>.</summary>
    private protected abstract bool HoldsLikeLeader(LogIndex index, Stamp stamp);

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
        if (stamp > _stamp)
        {
            BecomeFollower(stamp, NodeId.None);
        }

        BeginBehind(point);
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
        if (message.Index > _commitIndex && !HoldsLikeLeader(message.Index, message.LogStamp))
        {
            _snapshotWantedFrom = message.From;
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
        NodeId from = _snapshotWantedFrom;
        _snapshotWantedFrom = NodeId.None;
        return from;
    }
}
