namespace Concord.Consensus;

/// <content>
/// Who belongs to the group, and changes of that (Raft section 6, thesis chapter 4). How a change is brought about is
/// the protocol's: by two entries in Raft, by one that nothing overtakes in Multi-Paxos.
/// </content>
public abstract partial class ReplicaCore
{
    private protected readonly MembershipHistory _memberships;
    private protected Membership _membership;
    private protected int _selfPlace;
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
            BeginChange(target);
        }

        return refusal;
    }

    /// <inheritdoc/>
    public abstract bool IsMembershipFinal { get; }

    /// <summary>Begins to make <paramref name="target"/> the membership in force.</summary>
    private protected abstract void BeginChange(Membership target);

    private MembershipChange RefusalOf(Membership target) => this switch
    {
        { _role: not Role.Leader } => MembershipChange.NotLeader,
        { _transferTarget.IsNone: false } => MembershipChange.Transferring,

        // One at a time: two that do not know of each other could each find a majority without the other's.
        _ when !IsMembershipFinal => MembershipChange.AnotherUnderWay,

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
            bool caughtUp = learner.Match + (ulong)_options.CatchUpEntriesMax >= LastProposed
                && learner.State == ProgressState.Replicate && !learner.IsImpaired;
            if (!caughtUp || _now - learner.LastHeard >= _options.ElectionTimeout)
            {
                return MembershipChange.LearnerBehind;
            }
        }

        return MembershipChange.Accepted;
    }

    private protected void PutMembershipInForce()
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
            BecomeFollower(_stamp, NodeId.None);
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
                _followers.Add(new(member, LastProposed + 1, _now));
            }
        }

        foreach (Progress follower in _followers)
        {
            follower.Place = _membership.IndexOf(follower.Node);
        }
    }

    /// <summary>No change is under way any more: what comes next?</summary>
    private void CompleteMembership()
    {
        if (!IsMembershipFinal || !HasCommittedInTerm || _completedMembership == _memberships.Index)
        {
            return;
        }

        (_completedMembership, _completedAt) = (_memberships.Index, _now);
        if (!_membership.IsVoter(_options.Self))
        {
            // A leader that was removed leads until its removal is committed, and no longer (thesis 4.2.2).
            if (BestSuccessor() is { } successor)
            {
                SendTimeoutNow(successor);
            }

            BecomeFollower(_stamp, NodeId.None);
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
