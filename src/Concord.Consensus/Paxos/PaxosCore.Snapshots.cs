namespace Concord.Consensus.Paxos;

/// <content>What becomes of the own log when a snapshot covers a part of it. What was accepted behind it stays: it may
/// be what makes a value chosen.</content>
public sealed partial class PaxosCore
{
    private protected override void BeginBehind(SnapshotPoint point)
    {
        LogIndex index = point.Index;
        Log.DiscardThrough(index, point.Stamp);
        ForgetChangesThrough(index);
        _undecidedMemberships.RemoveAll(at => at <= index);
        _commitIndex = index;
        _memberships.Restart(point.Membership, point.MembershipIndex);
        PutMembershipInForce();
        ExtendVerified();
        if (_verified > index)
        {
            // What is whole now was written long ago, and no write that is to come would stand for it.
            WriteWhole(index + 1);
            WriteWhole(_verified);
        }
    }

    private protected override bool HoldsLikeLeader(LogIndex index, Stamp stamp) => _verified >= index;
}
