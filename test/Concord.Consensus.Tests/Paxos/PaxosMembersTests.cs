namespace Concord.Consensus.Tests.Paxos;

/// <summary>Changes of membership: one entry, which nothing overtakes.</summary>
public sealed class PaxosMembersTests
{
    private static readonly Membership s_three = HostedReplica.Voters(3);
    private static readonly Membership s_learner = new([new(1), new(2), new(3)], [new(4)]);
    private static readonly Membership s_oneAndFour = new([new(1), new(4)]);

    [Fact]
    public void Nothing_is_proposed_behind_a_membership_until_it_is_chosen()
    {
        PaxosReplica leader = WithLearner();
        leader.Changes(s_oneAndFour);

        Assert.Equal(ProposeResult.HeldUp, leader.Core.Propose(Say.Payload, out _));
        Assert.Equal(MembershipChange.AnotherUnderWay, leader.Core.ChangeMembership(s_three));
        Assert.Equal(s_learner, leader.Core.Membership);
        leader.Hears(Tell.Promise(4, "1.1", behind: 1, last: 1, commit: 1));
        leader.Hears(Tell.Accepted(2, "1.1", 2));

        Assert.Equal(s_oneAndFour, leader.Core.Membership);
        Assert.Equal("1.1- 1.1m 1.1-", leader.Log);
        leader.Proposes(out LogIndex index);
        Assert.Equal(4UL, index.Value);
    }

    /// <summary>They are asked while the change is under way, so that nothing waits for them afterwards.</summary>
    [Fact]
    public void New_voters_are_asked_for_their_promises_at_once()
    {
        PaxosReplica leader = WithLearner();

        Message prepare = Assert.Single(
            leader.Changes(s_oneAndFour), static said => said.Kind == MessageKind.Prepare);

        Assert.Equal((new NodeId(4), Tell.Ballot("1.1"), 1UL), (prepare.To, prepare.Stamp, prepare.Index.Value));
    }

    /// <summary>A place behind the membership needs the promises of its voters: else two could propose there.</summary>
    [Fact]
    public void Nothing_is_proposed_behind_a_membership_without_the_promises_of_its_voters()
    {
        PaxosReplica leader = WithLearner();
        leader.Changes(s_oneAndFour);
        leader.Hears(Tell.Accepted(2, "1.1", 2));

        Assert.Equal("1.1- 1.1m", leader.Log);
        Assert.Equal(ProposeResult.HeldUp, leader.Core.Propose(Say.Payload, out _));
        Assert.Contains(leader.Waits(HostedReplica.HeartbeatInterval), static said =>
            said is { Kind: MessageKind.Prepare, To.Value: 4 } && said.Index.Value == 2);
        leader.Hears(Tell.Promise(4, "1.1", behind: 2, last: 2, commit: 1));
        Assert.Equal("1.1- 1.1m 1.1-", leader.Log);
    }

    /// <summary>What a new voter tells is proposed anew like anybody's, behind the membership.</summary>
    [Fact]
    public void What_new_voters_have_accepted_is_proposed_anew()
    {
        PaxosReplica leader = WithLearner();
        leader.Changes(s_oneAndFour);
        leader.Hears(Tell.Accepted(2, "1.1", 2));

        leader.Hears(Tell.Promise(4, "1.1", behind: 2, last: 4, commit: 1), "_ 0.9");

        Assert.Equal("1.1- 1.1m 1.1- 1.1/0.9", leader.Log);
    }

    /// <summary>A promise that was asked for before the places that it tells were committed stops nobody.</summary>
    [Fact]
    public void A_promise_may_tell_what_was_committed_meanwhile()
    {
        PaxosReplica leader = WithLearner();
        leader.Changes(s_oneAndFour);
        leader.Hears(Tell.Accepted(2, "1.1", 2));

        leader.Hears(Tell.Promise(4, "1.1", behind: 1, last: 2, commit: 1), "1.1");

        Assert.Equal("1.1- 1.1m 1.1-", leader.Log);
    }

    /// <summary>It has let go what is not committed here yet, so it does not tell what it accepted there.</summary>
    [Fact]
    public void A_promise_that_leaves_something_out_does_not_count()
    {
        PaxosReplica leader = WithLearner();
        leader.Changes(s_oneAndFour);

        leader.Hears(Tell.Promise(4, "1.1", behind: 2, last: 2, commit: 2));
        leader.Hears(Tell.Accepted(2, "1.1", 2));

        Assert.Equal("1.1- 1.1m", leader.Log);
    }

    /// <summary>Up to a membership the old voters decide, behind it the new ones.</summary>
    [Fact]
    public void Old_voters_choose_a_membership_and_new_ones_what_follows()
    {
        PaxosReplica leader = WithLearner();
        leader.Changes(s_oneAndFour);
        leader.Hears(Tell.Promise(4, "1.1", behind: 1, last: 1, commit: 1));
        leader.Hears(Tell.Accepted(4, "1.1", 2));
        Assert.Equal(1UL, leader.Commit);
        leader.Hears(Tell.Accepted(3, "1.1", 2));
        Assert.Equal(2UL, leader.Commit);

        leader.Hears(Tell.Accepted(2, "1.1", 3));
        leader.Hears(Tell.Accepted(3, "1.1", 3));
        Assert.Equal(2UL, leader.Commit);
        leader.Hears(Tell.Accepted(4, "1.1", 3));
        Assert.Equal(3UL, leader.Commit);
    }

    [Fact]
    public void A_candidate_that_finds_a_membership_proposes_it_anew_to_the_old_voters_and_goes_on_with_the_new_ones()
    {
        var candidate = new PaxosReplica("2.2", membership: s_three);
        candidate.TimesOut();
        LogBuffer told = Tell.Entries(new(), "2.2");
        told.Put(new(2), Tell.Ballot("2.2"), Tell.Ballot("2.2"), EntryKind.Membership,
            MembershipCodec.Encode(s_oneAndFour));
        told.Put(new(3), Tell.Ballot("2.2"), Tell.Ballot("2.2"), EntryKind.Command, "x"u8);
        candidate.Hears(Tell.Promise(2, "3.1", last: 3), told);

        Assert.Equal("3.1/2.2 3.1/2.2m", candidate.Log);
        IReadOnlyList<Message> said = candidate.Hears(Tell.Accepted(3, "3.1", 2));
        Assert.Contains(said, static m => m is { Kind: MessageKind.Prepare, To.Value: 4 });
        candidate.Hears(Tell.Promise(4, "3.1", behind: 2, last: 2, commit: 2));

        Assert.Equal("3.1/2.2 3.1/2.2m 3.1/2.2 3.1-", candidate.Log);
    }

    /// <summary>Votes are of a membership: if what is told shows that another is in force, others must be
    /// asked.</summary>
    [Fact]
    public void A_candidate_that_learns_of_another_membership_stands_again_under_it()
    {
        var candidate = new PaxosReplica("2.2", membership: s_three);
        candidate.TimesOut();
        var told = new LogBuffer();
        told.Put(new(1), Tell.Ballot("2.2"), Tell.Ballot("2.2"), EntryKind.Membership,
            MembershipCodec.Encode(s_oneAndFour));

        candidate.Hears(Tell.Promise(2, "3.1", last: 1, commit: 1), told);

        Assert.Equal((Role.Follower, 1UL, s_oneAndFour), (candidate.Role, candidate.Commit, candidate.Core.Membership));
        Assert.Equal(
            [4], candidate.TimesOut().Where(static m => m.Kind == MessageKind.Prepare).Select(static m => m.To.Value));
    }

    /// <summary>A follower takes a membership for the one in force when it knows it to be chosen.</summary>
    [Fact]
    public void A_membership_is_in_force_when_it_is_chosen()
    {
        var replica = new PaxosReplica("2.2", membership: s_three);

        replica.Hears(Tell.Accept("2.2"), "2.2", s_oneAndFour);
        Assert.Equal(s_three, replica.Core.Membership);
        replica.Hears(Tell.Heartbeat("2.2", commit: 1));
        Assert.Equal(s_oneAndFour, replica.Core.Membership);
    }

    /// <summary>Another value in its place, and there is nothing left of it.</summary>
    [Fact]
    public void A_membership_that_gave_way_is_forgotten()
    {
        var replica = new PaxosReplica("2.2", membership: s_three);
        replica.Hears(Tell.Accept("2.2"), "2.2", s_oneAndFour);

        replica.Hears(Tell.Accept("3.3", commit: 1), "3.3");

        Assert.Equal((1UL, s_three), (replica.Commit, replica.Core.Membership));
    }

    /// <summary>It leads until what stands behind its removal is chosen, by the others alone.</summary>
    [Fact]
    public void A_leader_that_is_removed_leads_until_that_is_final()
    {
        var leader = PaxosReplica.Leading();
        leader.Hears(Tell.Accepted(2, "1.1", 1));
        leader.Hears(Tell.Accepted(3, "1.1", 1));
        leader.Changes(new([new(2), new(3)]));
        leader.Hears(Tell.Promise(3, "1.1", behind: 1, last: 1, commit: 1));
        leader.Hears(Tell.Accepted(2, "1.1", 2));
        Assert.Equal((Role.Leader, 2UL), (leader.Role, leader.Commit));

        leader.Hears(Tell.Accepted(2, "1.1", 3));
        Assert.Equal(Role.Leader, leader.Role);
        IReadOnlyList<Message> said = leader.Hears(Tell.Accepted(3, "1.1", 3));

        Assert.Equal((Role.Learner, 3UL), (leader.Role, leader.Commit));
        Assert.Contains(said, static message => message.Kind == MessageKind.TimeoutNow);
    }

    /// <summary>Who decides must not be forgotten in a restart: those that decided before may be gone.</summary>
    [Fact]
    public void A_membership_that_was_chosen_is_in_force_after_a_restart()
    {
        var replica = new PaxosReplica("2.2", membership: s_three);
        replica.Hears(Tell.Accept("2.2"), "2.2", s_oneAndFour);
        replica.Hears(Tell.Accept("2.2", behind: 1, commit: 1), "2.2");
        Assert.Equal((1UL, s_oneAndFour), (replica.LastHardState!.Value.Commit.Value, replica.Core.Membership));

        PaxosReplica again = replica.Restarted();

        Assert.Equal((1UL, s_oneAndFour), (again.Commit, again.Core.Membership));
    }

    /// <summary>Whoever acknowledges what stands behind a membership has made durable that it was chosen: only then may
    /// those be shut down that were left out.</summary>
    [Fact]
    public void What_stands_behind_a_membership_is_acknowledged_once_it_is_durable_that_it_was_chosen()
    {
        var replica = new PaxosReplica("2.2", membership: s_three) { DiskIsSlow = true };
        replica.Hears(Tell.Accept("2.2"), "2.2", s_oneAndFour);
        replica.DiskCompletes();
        IReadOnlyList<Message> said = replica.Hears(Tell.Accept("2.2", behind: 1, commit: 1), "2.2");
        Assert.DoesNotContain(said, static message => message.Kind == MessageKind.Accepted && message.Index.Value > 1);

        Message accepted = Assert.Single(
            replica.DiskCompletes(), static message => message.Kind == MessageKind.Accepted);

        Assert.Equal((2UL, 1UL), (accepted.Index.Value, replica.LastHardState!.Value.Commit.Value));
    }

    /// <summary>The commit index is about the entries, and comes behind them in a write: torn off, it says
    /// nothing.</summary>
    [Theory]
    [InlineData("2.2 2.2", 2, 2)]
    [InlineData("2.2 _ 2.2", 3, 1)]
    [InlineData("", 2, 0)]
    public void What_is_known_to_be_chosen_is_what_is_there_without_a_gap(string log, ulong known, ulong commit)
    {
        var replica = new PaxosReplica("2.2", log, knownCommit: known);

        Assert.Equal(commit, replica.Commit);
    }

    [Fact]
    public void A_snapshot_brings_its_membership()
    {
        var replica = new PaxosReplica("2.2", membership: s_three);
        replica.Hears(Tell.Accept("2.2"), "2.2", s_learner);

        replica.Core.SnapshotInstalled(new(new(3), Tell.Ballot("2.2"), s_oneAndFour, new(2)));
        replica.Hears(Tell.Accept("2.2", behind: 3, commit: 4), "2.2");

        Assert.Equal((s_oneAndFour, 4UL), (replica.Core.Membership, replica.Commit));
    }

    /// <summary>It may only not know that it is a voter by now.</summary>
    [Fact]
    public void A_learner_without_a_leader_asks_what_was_chosen_and_promises_when_it_is_asked()
    {
        var learner = new PaxosReplica("2.2", membership: new([new(2), new(3)], [new(1)]));

        Assert.Equal(MessageKind.Learn, Assert.Single(learner.TimesOut()).Kind);
        Assert.False(Assert.Single(learner.Hears(Tell.Prepare("3.3"))).Rejected);
    }

    private static PaxosReplica WithLearner()
    {
        var leader = PaxosReplica.Leading(membership: s_learner);
        leader.Hears(Tell.Accepted(2, "1.1", 1));
        leader.Hears(Tell.Accepted(3, "1.1", 1));
        leader.Hears(Tell.Accepted(4, "1.1", 1, commit: 1));
        return leader;
    }
}
