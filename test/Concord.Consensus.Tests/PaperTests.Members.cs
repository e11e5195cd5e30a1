using Concord.Consensus.Raft;

namespace Concord.Consensus.Tests;

/// <summary>Raft section 6 and thesis chapter 4: changes of membership, the joint way.</summary>
public sealed class PaperTestsMembers
{
    private static readonly Membership s_old = new([new(1), new(2), new(3)], [new(4), new(5)]);
    private static readonly Membership s_new = new([new(1), new(4), new(5)]);

    /// <summary>While both are in force an entry needs a majority of the old and one of the new voters.</summary>
    [Theory]
    [Section("4.3")]
    [InlineData(2, 3, 4)]
    [InlineData(4, 5, 2)]
    public void A_joint_entry_is_committed_by_both_majorities(int first, int second, int last)
    {
        Replica leader = Joint();
        Assert.Equal(1UL, leader.Commit);

        leader.Hears(Say.Accepted(first, 1, 2));
        leader.Hears(Say.Accepted(second, 1, 2));
        Assert.Equal(1UL, leader.Commit);
        leader.Hears(Say.Accepted(last, 1, 2));
        Assert.Equal(2UL, leader.Commit);
    }

    /// <summary>Once the joint entry is committed the leader appends the new voters alone.</summary>
    [Fact]
    [Section("4.3")]
    public void The_second_entry_follows_by_itself_and_needs_only_the_new_voters()
    {
        Replica leader = Joint();
        leader.Hears(Say.Accepted(2, 1, 2));
        leader.Hears(Say.Accepted(4, 1, 2));
        Assert.Equal(s_new, leader.Core.Membership);

        leader.Hears(Say.Accepted(2, 1, 3));
        leader.Hears(Say.Accepted(3, 1, 3));
        Assert.Equal(2UL, leader.Commit);
        leader.Hears(Say.Accepted(4, 1, 3));
        Assert.Equal(3UL, leader.Commit);
    }

    /// <summary>So does an election.</summary>
    [Theory]
    [Section("4.3")]
    [InlineData(2, 3, 4)]
    [InlineData(4, 5, 2)]
    public void A_joint_election_needs_both_majorities(int first, int second, int last)
    {
        var replica = new Replica(term: 1, membership: s_old.JointWith(s_new));
        Assert.Equal([2, 3, 4, 5], replica.TimesOut().Select(static message => message.To.Value));

        replica.Hears(Say.Vote(first, 2));
        replica.Hears(Say.Vote(second, 2));
        Assert.Equal(Role.Candidate, replica.Role);
        replica.Hears(Say.Vote(last, 2));
        Assert.Equal(Role.Leader, replica.Role);
    }

    /// <summary>And the question before it, and every confirmation of a read.</summary>
    [Theory]
    [Section("4.3")]
    [InlineData(2, 3, 4)]
    [InlineData(4, 5, 2)]
    public void A_joint_pre_vote_and_a_joint_read_need_both_majorities(int first, int second, int last)
    {
        var replica = new Replica(term: 1, membership: s_old.JointWith(s_new), with: With.PreVote);
        replica.TimesOut();
        replica.Hears(Say.PreVoteGranted(first, 2));
        replica.Hears(Say.PreVoteGranted(second, 2));
        Assert.Equal(Role.PreCandidate, replica.Role);
        replica.Hears(Say.PreVoteGranted(last, 2));
        Assert.Equal(Role.Candidate, replica.Role);

        Replica leader = Joint();
        leader.Asks(7);
        leader.Hears(Say.HeartbeatReply(first, 1, read: 1));
        leader.Hears(Say.HeartbeatReply(second, 1, read: 1));
        Assert.Empty(leader.Reads);
        leader.Hears(Say.HeartbeatReply(last, 1, read: 1));
        Assert.Single(leader.Reads);
    }

    [Fact]
    [Section("4.1")]
    public void One_change_is_under_way_at_a_time()
    {
        Replica leader = Joint();
        Assert.Equal(MembershipChange.AnotherUnderWay, leader.Core.ChangeMembership(s_old));
        leader.Hears(Say.Accepted(2, 1, 2));
        leader.Hears(Say.Accepted(4, 1, 2));
        Assert.Equal(MembershipChange.AnotherUnderWay, leader.Core.ChangeMembership(s_old));

        leader.Hears(Say.Accepted(4, 1, 3));
        Assert.Equal(MembershipChange.Unchanged, leader.Core.ChangeMembership(s_new));
        leader.Changes(new([new(1), new(4)]));
    }

    [Fact]
    [Section("4.1")]
    public void A_change_that_cannot_be_is_refused()
    {
        Assert.Equal(MembershipChange.NotLeader, new Replica().Core.ChangeMembership(s_old));
        Replica leader = Leader();
        Assert.Throws<ArgumentException>(() => leader.Core.ChangeMembership(s_old.JointWith(s_new)));
        Assert.Throws<ArgumentException>(() => leader.Core.ChangeMembership(Membership.None));
        Assert.Equal(MembershipChange.NotALearner, leader.Core.ChangeMembership(new([new(1), new(9)])));
        Assert.Equal(s_old, leader.Core.Membership);
    }

    /// <summary>Where the voters stay the same one entry will do: learners decide nothing.</summary>
    [Fact]
    [Section("4.2.1")]
    public void Learners_come_and_go_with_one_entry()
    {
        Replica leader = Leader();

        leader.Changes(new([new(1), new(2), new(3)], [new(9)]));

        Assert.False(leader.Core.Membership.IsJoint);
        leader.Hears(Say.Accepted(2, 1, 2));
        Assert.Equal(2UL, leader.Commit);
    }

    /// <summary>Another commit size is a change of voters: what was committed under the old one must be found by those
    /// whom the new one elects.</summary>
    [Fact]
    [Section("4.3")]
    public void Another_commit_size_is_joint_too()
    {
        Replica leader = Leader();

        leader.Changes(new([new(1), new(2), new(3)], [new(4), new(5)], commitSize: 1));

        Assert.True(leader.Core.Membership.IsJoint);
    }

    /// <summary>A voter that has nothing yet would count towards the majority and could not commit.</summary>
    [Theory]
    [Section("4.2.1")]
    [InlineData(11UL, 0, MembershipChange.Accepted)]
    [InlineData(10UL, 0, MembershipChange.Accepted)]
    [InlineData(9UL, 0, MembershipChange.LearnerBehind)]
    [InlineData(11UL, 1000, MembershipChange.LearnerBehind)]
    public void A_learner_becomes_a_voter_when_it_has_nearly_all_and_is_heard(
        ulong match, int silence, MembershipChange expected)
    {
        var leader = Replica.Leading(
            with: static options => options with { CatchUpEntriesMax = 1 },
            membership: new([new(1), new(2), new(3)], [new(4)]));
        for (int i = 0; i < 10; i++)
        {
            leader.Proposes(out _);
        }

        leader.Hears(Say.Accepted(2, 1, 11));
        leader.Hears(Say.Accepted(4, 1, match));
        leader.Waits(TimeSpan.FromMilliseconds(silence));

        Assert.Equal(expected, leader.Core.ChangeMembership(Replica.Voters(4)));
    }

    [Fact]
    [Section("4.2.1")]
    public void A_learner_gets_everything_and_never_stands()
    {
        Replica leader = Leader();
        Assert.Contains(leader.Proposes(out _), static message => message.To.Value == 4);

        var learner = new Replica(membership: new([new(2), new(3)], [new(1)]), with: With.Both);
        Assert.Empty(learner.TimesOut());
        Assert.Equal(new LogIndex(1), Assert.Single(learner.Hears(Say.Append(2, 1), 1)).Index);
        Assert.Empty(learner.TimesOut());
        Assert.Equal(Role.Learner, learner.Role);
    }

    /// <summary>A removed leader replicates the entry that removes it and does not count itself.</summary>
    [Fact]
    [Section("4.2.2")]
    public void A_leader_that_is_no_voter_does_not_count_itself()
    {
        var leader = Replica.Leading();
        leader.Hears(Say.Accepted(2, 1, 1));
        leader.Changes(new([new(2), new(3)], [new(1)]));
        leader.Hears(Say.Accepted(2, 1, 2));
        Assert.Equal(1UL, leader.Commit);
        leader.Hears(Say.Accepted(3, 1, 2));
        Assert.Equal(2UL, leader.Commit);

        leader.Hears(Say.Accepted(2, 1, 3));
        leader.Asks(7);
        leader.Hears(Say.HeartbeatReply(2, 1, read: 1));
        Assert.Equal((2UL, 0), (leader.Commit, leader.Reads.Count));
        leader.Hears(Say.HeartbeatReply(3, 1, read: 1));
        Assert.Single(leader.Reads);
    }

    /// <summary>A leader finds a joint membership of an earlier term: it completes it with the first commit of its
    /// own.</summary>
    [Fact]
    [Section("4.3")]
    public void A_new_leader_completes_what_it_finds()
    {
        var leader = new Replica(term: 1, membership: s_old, fill: static log =>
            log.Append(Stamp.FromTerm(1), EntryKind.Membership, MembershipCodec.Encode(s_old.JointWith(s_new))));
        leader.TimesOut();
        leader.Hears(Say.Vote(2, 2));
        leader.Hears(Say.Vote(4, 2));
        Assert.Equal(Role.Leader, leader.Role);

        leader.Hears(Say.Accepted(2, 2, 2));
        Assert.True(leader.Core.Membership.IsJoint);
        leader.Hears(Say.Accepted(4, 2, 2));
        Assert.Equal((s_new, new LogIndex(3)), (leader.Core.Membership, leader.Core.Log.Last));
    }

    /// <summary>Votes of those who were removed do not count.</summary>
    [Fact]
    [Section("4.3")]
    public void Who_was_removed_elects_nobody()
    {
        var replica = new Replica(term: 1, membership: s_old, fill: static log =>
            log.Append(Stamp.FromTerm(1), EntryKind.Membership, MembershipCodec.Encode(s_new)));
        Assert.Equal([4, 5], replica.TimesOut().Select(static message => message.To.Value));

        replica.Hears(Say.Vote(2, 2));
        replica.Hears(Say.Vote(3, 2));
        Assert.Equal(Role.Candidate, replica.Role);
        replica.Hears(Say.Vote(5, 2));
        Assert.Equal(Role.Leader, replica.Role);
    }

    /// <summary>Howard, Malkhi and Spiegelman 2016: fewer may commit where more elect.</summary>
    [Fact]
    public void A_smaller_commit_size_takes_more_votes()
    {
        Membership flexible = new(Replica.Voters(5).Voters, commitSize: 2);
        var replica = new Replica(membership: flexible);
        replica.TimesOut();
        replica.Hears(Say.Vote(2, 1));
        replica.Hears(Say.Vote(3, 1));
        Assert.Equal(Role.Candidate, replica.Role);
        replica.Hears(Say.Vote(4, 1));
        Assert.Equal(Role.Leader, replica.Role);

        replica.Hears(Say.Accepted(5, 1, 1));
        Assert.Equal(1UL, replica.Commit);
    }

    /// <summary>Every entry has a head, so that even empty ones fill what may be uncommitted.</summary>
    [Fact]
    public void Empty_proposals_are_refused_too_while_too_much_is_not_committed()
    {
        var leader = Replica.Leading(with: static options => options with { UncommittedBytesMax = 30 });

        Assert.Equal(ProposeResult.Accepted, leader.Core.Propose([], out _));
        Assert.Equal(ProposeResult.Overloaded, leader.Core.Propose([], out _));
        leader.Settle();
        leader.Hears(Say.Accepted(2, 1, 2));
        Assert.Equal(ProposeResult.Accepted, leader.Core.Propose([], out _));
    }

    /// <summary>A leader keeps its office only while it hears both.</summary>
    [Theory]
    [Section("4.3")]
    [Section("6.2")]
    [InlineData(2, 3, Role.Follower)]
    [InlineData(4, 5, Role.Follower)]
    [InlineData(2, 4, Role.Leader)]
    public void A_joint_leader_hears_both_majorities(int first, int second, Role expected)
    {
        Replica leader = Leader(With.CheckQuorum);
        leader.Changes(s_new);

        for (int i = 0; i < 11; i++)
        {
            leader.Waits(Replica.HeartbeatInterval);
            leader.Hears(Say.HeartbeatReply(first, 1));
            leader.Hears(Say.HeartbeatReply(second, 1));
        }

        Assert.Equal(expected, leader.Role);
    }

    private static Replica Leader(Func<ReplicaOptions, ReplicaOptions>? with = null)
    {
        var leader = Replica.Leading(with: with, membership: s_old);
        foreach (int follower in (int[])[2, 4, 5])
        {
            leader.Hears(Say.Accepted(follower, 1, 1));
        }

        Assert.Equal(1UL, leader.Commit);
        return leader;
    }

    private static Replica Joint()
    {
        Replica leader = Leader();
        leader.Changes(s_new);
        return leader;
    }
}
