namespace Concord.Consensus.Raft;

/// <content>
/// Changes of membership (Raft section 6, thesis chapter 4). A change of voters takes two entries: one in whose reign
/// both the old and the new voters must agree to everything, and, once that is committed, one with the new voters
/// alone. A membership is in force from the moment it is appended, and no more when it is truncated.
/// </content>
public sealed partial class RaftCore
{
    private readonly MembershipHistory _memberships;
    private Membership _membership;
    private int _selfPlace;
    private LogIndex? _completedMembership;
    private TimeSpan _completedAt;

    /// <inheritdoc/>
    public Membership Membership => _membership;

    /// <inheritdoc/>
    public MembershipChange ChangeMembership(Membership target)
    {
        ArgumentNullException.ThrowIfNull(target);
        if (target.IsJoint || target.Voters.Count == 0)
        {
            throw new ArgumentException("A change names the voters at its end, of which there is one at least.",
                nameof(target));
        }

        MembershipChange refusal = RefusalOf(target);
        if (refusal == MembershipChange.Accepted)
        {
            // A learner decides nothing: where voters stay, one entry will do.
            bool sameVoters = target.Voters.SequenceEqual(_membership.Voters)
                && target.CommitSize == _membership.CommitSize;
            AppendMembership(sameVoters ? target : _membership.JointWith(target));
        }

        return refusal;
    }

    private MembershipChange RefusalOf(Membership target) => this switch
    {
        { _role: not Role.Leader } => MembershipChange.NotLeader,
        { _transferTarget.IsNone: false } => MembershipChange.Transferring,

        // One at a time: two that do not know of each other could each find a majority without the other's.
        _ when _membership.IsJoint || _memberships.Index > _commitIndex => MembershipChange.AnotherUnderWay,

        // Ongaro's correction of 2015: before an entry of the own term is committed, a change of an earlier leader may
        // still be alive elsewhere, and both could win disjoint majorities.
        _ when !HasCommittedInTerm => MembershipChange.TermNotCommitted,
        _ when target.Equals(_membership) => MembershipChange.Unchanged,
        _ => RefusalOfNewVoters(target),
    };

    private MembershipChange RefusalOfNewVoters(Membership target)
    {
        foreach (NodeId voter in target.Voters)
        {
            if (_membership.Voters.Contains(voter))
            {
                continue;
            }

            if (!_membership.Learners.Contains(voter) || Find(voter) is not { } learner)
            {
                return MembershipChange.NotALearner;
            }

            // Thesis 4.2.1: a voter that has nothing yet would count towards the majority and could not commit.
            bool caughtUp = learner.Match + (ulong)_options.CatchUpEntriesMax >= Log.Last
                && learner.State == ProgressState.Replicate && !learner.IsImpaired;
            if (!caughtUp || _now - learner.LastHeard >= _options.ElectionTimeout)
            {
                return MembershipChange.LearnerBehind;
            }
        }

        return MembershipChange.Accepted;
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

    private void PutMembershipInForce()
    {
        _membership = _memberships.Current;
        _selfPlace = _membership.IndexOf(_options.Self);
        ForgetSurvey();
        if (_role == Role.Leader)
        {
            FollowMembership();
            AnswerConfirmedReads();
        }
        else if (_role is Role.Follower or Role.Learner)
        {
            _role = RoleOfFollower;
        }
        else
        {
            // Votes are counted by place among the members, and these are other members.
            BecomeFollower(_term, NodeId.None);
        }
    }

    /// <summary>One <see cref="Progress"/> for each other member. Those that are members no more are kept for now: they
    /// must learn that they were removed.</summary>
    private void FollowMembership()
    {
        foreach (NodeId member in _membership.Members)
        {
            if (member != _options.Self && Find(member) is null)
            {
                _followers.Add(new(member, Log.Last + 1, _now));
            }
        }

        foreach (Progress follower in _followers)
        {
            follower.Place = _membership.IndexOf(follower.Node);
        }
    }

    /// <summary>The entry in force is committed: what comes next?</summary>
    private void CompleteMembership()
    {
        if (_memberships.Index > _commitIndex || !HasCommittedInTerm || _completedMembership == _memberships.Index)
        {
            return;
        }

        (_completedMembership, _completedAt) = (_memberships.Index, _now);
        if (_membership.IsJoint)
        {
            AppendMembership(_membership.Final());
        }
        else if (!_membership.IsVoter(_options.Self))
        {
            // A leader that was removed leads until its removal is committed, and no longer (thesis 4.2.2).
            if (BestSuccessor() is { } successor)
            {
                SendTimeoutNow(successor);
            }

            BecomeFollower(_term, NodeId.None);
        }
    }

    /// <summary>Those that were removed are served until they know it, or for an election timeout.</summary>
    private void DropFormerMembers()
    {
        if (_completedMembership != _memberships.Index)
        {
            return;
        }

        bool timeIsUp = _now - _completedAt >= _options.ElectionTimeout;
        for (int i = _followers.Count - 1; i >= 0; i--)
        {
            Progress follower = _followers[i];
            if (follower.Place < 0 && (timeIsUp || follower.HasAll(_memberships.Index, _memberships.Index)))
            {
                _followers.RemoveAt(i);
            }
        }
    }
}
