namespace Concord.Consensus.Tests;

/// <summary>Membership, snapshots and handing over.</summary>
public sealed class PitfallTestsMembers
{
    private static readonly Membership s_withLearner = new([new(1), new(2), new(3)], [new(4)]);

    /// <summary>Ongaro's correction of 2015: before the own term has committed, a change of an earlier leader may be
    /// alive elsewhere, and two majorities without a common voter could form.</summary>
    [Fact]
    [Pitfall(1)]
    public void No_change_before_the_own_term_has_committed()
    {
        var leader = Replica.Leading(term: 2, log: [1], commit: 1, membership: s_withLearner);

        Assert.Equal(MembershipChange.TermNotCommitted, leader.Core.ChangeMembership(Replica.Voters(2)));
        Assert.Equal(MembershipChange.TermNotCommitted, leader.Core.ChangeMembership(Replica.Voters(3)));
        leader.Hears(Say.Accepted(2, 2, 2));
        leader.Changes(Replica.Voters(2));
    }

    /// <summary>A change of voters has a step in which both majorities must agree.</summary>
    [Fact]
    [Pitfall(1)]
    public void A_change_of_voters_is_joint()
    {
        var leader = Replica.Leading();
        leader.Hears(Say.Accepted(2, 1, 1));

        leader.Changes(Replica.Voters(2));

        Assert.True(leader.Core.Membership.IsJoint);
        Assert.Equal(Replica.Voters(3).Voters, leader.Core.Membership.Outgoing);
    }

    /// <summary>etcd#12359: a membership that waits for its commit or for its application lets a minority of the new
    /// one decide, and refuses candidates that are needed.</summary>
    [Fact]
    [Pitfall(15)]
    public void A_membership_is_in_force_when_it_is_appended()
    {
        var follower = new Replica(term: 1, voters: 2);

        follower.Hears(Say.Append(2, 1), Replica.Voters(2).JointWith(Replica.Voters(3)));

        Assert.Equal((0UL, 3), (follower.Commit, follower.Core.Membership.Members.Count));
        Assert.Equal([2, 3], follower.TimesOut().Select(static message => message.To.Value));
    }

    /// <summary>And in force no more when the entry is dropped.</summary>
    [Fact]
    [Pitfall(15)]
    public void A_membership_is_rolled_back_with_its_entry()
    {
        var follower = new Replica(term: 1, voters: 2);
        follower.Hears(Say.Append(2, 1), Replica.Voters(2).JointWith(Replica.Voters(3)));

        follower.Hears(Say.Append(2, 2), 2);

        Assert.Equal(Replica.Voters(2), follower.Core.Membership);
    }

    /// <summary>etcd#11038, raft#83: a leader that was removed went on as one.</summary>
    [Fact]
    [Pitfall(16)]
    public void A_removed_leader_leads_until_its_removal_is_committed_and_no_longer()
    {
        var leader = Replica.Leading();
        leader.Hears(Say.Accepted(2, 1, 1));
        leader.Changes(new([new(2), new(3)]));
        leader.Hears(Say.Accepted(2, 1, 2));
        leader.Hears(Say.Accepted(3, 1, 2));
        Assert.False(leader.Core.Membership.IsJoint);

        leader.Hears(Say.Accepted(2, 1, 3));
        Assert.Equal((Role.Leader, 2UL), (leader.Role, leader.Commit));
        IReadOnlyList<Message> said = leader.Hears(Say.Accepted(3, 1, 3));

        Assert.Equal((Role.Learner, 3UL), (leader.Role, leader.Commit));
        Assert.Equal(MessageKind.TimeoutNow, Assert.Single(said).Kind);
    }

    /// <summary>camunda#57390, logcabin#205: who was removed must learn it, or it asks for votes for ever.</summary>
    [Fact]
    [Pitfall(16)]
    public void Who_was_removed_is_told_so()
    {
        var leader = Replica.Leading();
        leader.Hears(Say.Accepted(2, 1, 1));
        leader.Hears(Say.Accepted(3, 1, 1));
        leader.Changes(Replica.Voters(2));
        leader.Hears(Say.Accepted(3, 1, 2));
        IReadOnlyList<Message> final = leader.Hears(Say.Accepted(2, 1, 2));
        Assert.Contains(final, static message => message.To.Value == 3 && message.Entries.Last == new LogIndex(3));
        leader.Hears(Say.Accepted(2, 1, 3));

        Message last = leader.Waits(Replica.HeartbeatInterval).Last(static message => message.To.Value == 3);
        Assert.Equal(MessageKind.Heartbeat, last.Kind);
        leader.Hears(Say.Accepted(3, 1, 3) with { Commit = new(3) });
        Assert.DoesNotContain(leader.Waits(Replica.HeartbeatInterval), static message => message.To.Value == 3);
    }

    /// <summary>openraft dba24036, matrixone PR23279: a snapshot without the last membership, or with the wrong place
    /// for it.</summary>
    [Fact]
    [Pitfall(20)]
    public void A_snapshot_names_the_membership_of_its_place_and_where_it_came_from()
    {
        var follower = new Replica(term: 1, log: [1], voters: 2);
        Membership joint = Replica.Voters(2).JointWith(Replica.Voters(3));
        follower.Hears(Say.Append(2, 1, 1, 1), joint);
        follower.Hears(Say.Append(2, 1, 2, 1), 1);
        follower.Hears(Say.Append(2, 1, 3, 1, commit: 4), joint.Final());

        Assert.Equal(new(new(1), Stamp.FromTerm(1), Replica.Voters(2), default), follower.Core.PointAt(new(1)));
        Assert.Equal(new(new(3), Stamp.FromTerm(1), joint, new(2)), follower.Core.PointAt(new(3)));
        follower.Core.SnapshotTaken(new(3), 0);
        Assert.Equal(new(new(3), Stamp.FromTerm(1), joint, new(2)), follower.Core.PointAt(new(3)));
        Assert.Equal(joint.Final(), follower.Core.Membership);
    }

    /// <summary>A replica that was installed a snapshot has its members.</summary>
    [Fact]
    [Pitfall(20)]
    public void An_installed_snapshot_brings_its_membership()
    {
        var joining = new Replica(membership: Membership.None);
        Assert.Equal(Role.Learner, joining.Role);
        joining.Hears(Say.InstallSnapshot(2, 1, 5, 1));

        joining.Core.SnapshotInstalled(new(new(5), Stamp.FromTerm(1), Replica.Voters(3), new(2)));

        Assert.Equal((Role.Follower, Replica.Voters(3)), (joining.Role, joining.Core.Membership));
        Assert.Equal(new(new(5), Stamp.FromTerm(1), Replica.Voters(3), new(2)), joining.Core.PointAt(new(5)));
    }

    /// <summary>openraft eed681d5, etcd#18055: an older snapshot, or one that the log has overtaken, leaves no
    /// gap.</summary>
    [Fact]
    [Pitfall(21)]
    public void A_snapshot_leaves_no_gap_and_takes_nothing_back()
    {
        var follower = new Replica(term: 1, log: [1, 1, 1], commit: 2);

        follower.Core.SnapshotInstalled(Replica.PointAt(new(1), Stamp.FromTerm(1)));
        Assert.Equal(LogIndex.Zero, follower.Core.Log.Base);
        follower.Core.SnapshotInstalled(Replica.PointAt(new(9), Stamp.FromTerm(1)));
        Assert.Equal((new LogIndex(9), new LogIndex(9)), (follower.Core.Log.Base, follower.Core.Log.Last));
        follower.Hears(Say.Append(2, 1, 9, 1), 1);
        Assert.Equal(new LogRange(new(10), 1), follower.Writes[^1].Entries);
    }

    /// <summary>hashicorp#696: the flag was stuck, and the leader refused all writes for ever.</summary>
    [Fact]
    [Pitfall(33)]
    public void Handing_over_ends_with_its_time_and_with_the_term()
    {
        var leader = Replica.Leading();
        leader.Transfers(2);
        Assert.Equal(ProposeResult.Transferring, leader.Core.Propose(Say.Payload, out _));
        leader.Waits(Replica.ElectionTimeout);
        leader.Proposes(out _);

        Assert.Equal(TransferResult.NotReachable, leader.Core.TransferLeadership(new(3)));
        leader.Hears(Say.HeartbeatReply(3, 1));
        leader.Transfers(3);
        leader.Hears(Say.Heartbeat(2, 2));
        leader.TimesOut();
        leader.Hears(Say.Vote(2, 3));
        Assert.Equal(Role.Leader, leader.Role);
        leader.Proposes(out _);
    }

    /// <summary>consul#7031: leadership was handed to one that may not vote.</summary>
    [Fact]
    [Pitfall(33)]
    public void Leadership_is_handed_to_voters_only()
    {
        var leader = Replica.Leading(membership: s_withLearner);

        Assert.Equal(TransferResult.NotAVoter, leader.Core.TransferLeadership(new(4)));
        var learner = new Replica(term: 1, membership: new([new(2), new(3)], [new(1)]));
        Assert.Empty(learner.Hears(Say.TimeoutNow(2, 1)));
        Assert.Equal(Role.Learner, learner.Role);
    }

    /// <summary>openraft#1805: the target must have what the leader had when it asked.</summary>
    [Fact]
    [Pitfall(33)]
    public void Who_is_asked_to_stand_stands_only_with_the_log_that_was_meant()
    {
        var target = new Replica(term: 1, log: [1, 1]);

        Assert.Empty(target.Hears(Say.TimeoutNow(2, 1, 3, 1)));
        Assert.Equal((Role.Follower, 1UL), (target.Role, target.Term));
        Assert.All(target.Hears(Say.TimeoutNow(2, 1, 2, 1)), static message => Assert.True(message.IsTransfer));
        Assert.Equal((Role.Candidate, 2UL), (target.Role, target.Term));
    }

    /// <summary>etcd 3.5 to 3.6 kept members in two places. Here whatever a replica is told at its start gives way to
    /// its log.</summary>
    [Fact]
    [Pitfall(36)]
    public void The_log_alone_says_who_the_members_are()
    {
        Membership inLog = new([new(1), new(7)], [new(8)]);

        var replica = new Replica(
            voters: 3,
            fill: log => log.Append(Stamp.FromTerm(1), EntryKind.Membership, MembershipCodec.Encode(inLog)));

        Assert.Equal(inLog, replica.Core.Membership);
        Assert.Equal(7, Assert.Single(replica.TimesOut()).To.Value);
    }
}
