namespace Concord.Consensus.Raft;

/// <content>
/// Changes of membership (Raft section 6, thesis chapter 4). A change of voters takes two entries: one in whose reign
/// both the old and the new voters must agree to everything, and, once that is committed, one with the new voters
/// alone. A membership is in force from the moment it is appended, and no more when it is truncated.
/// </content>
public sealed partial class RaftCore
{
    /// <inheritdoc/>
    public override bool IsMembershipFinal => _memberships.Index <= _commitIndex && !_membership.IsJoint;

    private protected override void BeginChange(Membership target)
    {
        // A learner decides nothing: where voters stay, one entry will do.
        bool sameVoters = target.Voters.SequenceEqual(_membership.Voters)
            && target.CommitSize == _membership.CommitSize;
        AppendMembership(sameVoters ? target : _membership.JointWith(target));
    }

    private protected override void AfterCommit()
    {
        if (_role == Role.Leader)
        {
            // Not before an entry of the own term is committed: a change of an earlier leader may still be alive.
            if (_membership.IsJoint && _memberships.Index <= _commitIndex && HasCommittedInTerm)
            {
                AppendMembership(_membership.Final());
            }
        }
        else
        {
            _role = _role is Role.Follower ? RoleOfFollower : _role;
        }
    }

    private void AppendMembership(Membership membership)
    {
        byte[] payload = MembershipCodec.Encode(membership);
        AdoptMembership(AppendOwn(EntryKind.Membership, payload), payload);
    }

    private void AdoptMembership(LogIndex index, ReadOnlySpan<byte> payload)
    {
        _memberships.Append(index, payload);
        PutMembershipInForce();
    }

    private void RevertMembership(LogIndex from)
    {
        if (_memberships.TruncateFrom(from))
        {
            PutMembershipInForce();
        }
    }
}
