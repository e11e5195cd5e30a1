namespace Concord.Consensus.Raft;

/// <content>What becomes of the own log when a snapshot covers a part of it (Raft section 7).</content>
public sealed partial class RaftCore
{
    private protected override void BeginBehind(SnapshotPoint point)
    {
        (LogIndex index, Stamp stamp) = (point.Index, point.Stamp);
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
            ForgetFrom(index + 1);
            _unwritten = index + 1;
            _memberships.Restart(point.Membership, point.MembershipIndex);
            PutMembershipInForce();
        }
    }

    private protected override bool HoldsLikeLeader(LogIndex index, Stamp stamp) =>
        Log.Covers(index) && Log.StampAt(index) == stamp;
}
