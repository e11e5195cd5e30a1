namespace Concord.Consensus.Tests;

/// <summary>
/// A replica that may have forgotten what it once said: what is lost is not what never was (Alagappan and others
/// 2018, "Protocol-aware recovery for consensus-based storage").
/// </summary>
public sealed class ImpairmentTests
{
    /// <summary>It may have voted in this term, or acknowledged a longer log: it gives nobody its vote.</summary>
    [Fact]
    public void It_neither_votes_nor_says_that_it_would()
    {
        Replica replica = Asked(new(term: 1, impaired: true));

        Assert.True(Assert.Single(replica.Hears(Say.PreVote(2, 2, 9, 1))).Rejected);
        Assert.True(Assert.Single(replica.Hears(Say.RequestVote(2, 2, 9, 1))).Rejected);
        Assert.Equal(2UL, replica.Term);
    }

    /// <summary>It stands for nothing, however long nobody leads, and not when a leader asks it to.</summary>
    [Fact]
    public void It_does_not_stand()
    {
        var replica = new Replica(term: 1, impaired: true);

        Assert.All(replica.TimesOut(), static message => Assert.Equal(MessageKind.PreVote, message.Kind));
        replica.Hears(Say.TimeoutNow(2, 1));
        Assert.Equal((Role.Follower, 1UL), (replica.Role, replica.Term));
    }

    /// <summary>A replica alone has nobody to make up for what it lost.</summary>
    [Fact]
    public void Alone_it_never_stands()
    {
        var replica = new Replica(term: 1, voters: 1, impaired: true);

        replica.TimesOut();

        Assert.Equal((Role.Follower, true), (replica.Role, replica.Core.Status.IsImpaired));
    }

    /// <summary>All that it says is marked, so that nobody counts it.</summary>
    [Fact]
    public void All_that_it_says_is_marked()
    {
        Replica replica = Asked(new(term: 1, impaired: true));

        Assert.True(Assert.Single(replica.Hears(Say.Heartbeat(2, 1))).IsImpaired);
        Assert.True(Assert.Single(replica.Hears(Say.Append(2, 1), 1)).IsImpaired);
    }

    /// <summary>Every other voter has told its term, and all that the leader had is here: it counts again.</summary>
    [Fact]
    public void It_recovers_once_all_voters_told_their_term_and_it_has_what_the_leader_has()
    {
        (Replica replica, ulong number) = Following();

        replica.Hears(Say.PreVoteRefused(2, 1, last: 2, number));
        replica.Hears(Say.PreVoteRefused(3, 1, last: 2, number));
        Assert.True(replica.Core.Status.IsImpaired);
        Message said = replica.Hears(Say.Append(2, 1, 1, 1), 1)[^1];

        Assert.False(replica.Core.Status.IsImpaired);
        Assert.Equal((new LogIndex(2), false), (said.Index, said.IsImpaired));
        Assert.False(Assert.Single(replica.Hears(Say.RequestVote(3, 2, 2, 1))).Rejected);
    }

    /// <summary>Whom it takes for the leader fell, lost what it had not written yet, and answers as a follower of the
    /// same term: its last entry is no measure.</summary>
    [Fact]
    public void A_leader_that_has_fallen_does_not_say_how_far_to_catch_up()
    {
        (Replica replica, ulong number) = Following();
        replica.Hears(Say.Append(2, 1, 1, 1), 1);
        replica.Hears(Say.PreVoteRefused(2, 1, last: 1, number, leads: false));
        replica.Hears(Say.PreVoteRefused(3, 1, last: 1, number));
        Assert.True(replica.Core.Status.IsImpaired);

        replica.Hears(Say.PreVoteRefused(2, 1, last: 2, number));
        Assert.False(replica.Core.Status.IsImpaired);
    }

    /// <summary>One voter that was not asked may have asked for the vote that was forgotten.</summary>
    [Fact]
    public void It_waits_for_every_other_voter()
    {
        (Replica replica, ulong number) = Following(voters: 5);
        replica.Hears(Say.Append(2, 1, 1, 1), 1);
        foreach (int voter in (int[])[2, 3, 4])
        {
            replica.Hears(Say.PreVoteRefused(voter, 1, last: 2, number));
        }

        Assert.True(replica.Core.Status.IsImpaired);
        replica.Hears(Say.PreVoteRefused(5, 1, last: 2, number));
        Assert.False(replica.Core.Status.IsImpaired);
    }

    /// <summary>An answer to a question from before the loss says nothing: a candidate may have asked since.</summary>
    [Fact]
    public void Answers_to_earlier_questions_do_not_count()
    {
        (Replica replica, ulong number) = Following();
        replica.Hears(Say.Append(2, 1, 1, 1), 1);

        replica.Hears(Say.PreVoteRefused(2, 1, last: 2, number));
        replica.Hears(Say.PreVoteRefused(3, 1, last: 2));
        replica.Hears(Say.PreVoteRefused(3, 1, last: 2, number + 1));
        Assert.True(replica.Core.Status.IsImpaired);
    }

    /// <summary>Two that lost something cannot vouch for each other.</summary>
    [Fact]
    public void Answers_of_impaired_peers_do_not_count()
    {
        (Replica replica, ulong number) = Following();
        replica.Hears(Say.Append(2, 1, 1, 1), 1);
        replica.Hears(Say.PreVoteRefused(2, 1, last: 2, number));

        replica.Hears(Say.PreVoteRefused(3, 1, last: 2, number) with { IsImpaired = true });

        Assert.True(replica.Core.Status.IsImpaired);
    }

    /// <summary>What another follower has says nothing about what was acknowledged to a leader.</summary>
    [Fact]
    public void Only_the_leader_says_how_far_to_catch_up()
    {
        (Replica replica, ulong number) = Following();

        replica.Hears(Say.PreVoteRefused(3, 1, last: 1, number));
        replica.Hears(Say.PreVoteGranted(2, 2, number));
        Assert.True(replica.Core.Status.IsImpaired, "the leader granted, and named no place");
        replica.Hears(Say.PreVoteRefused(2, 1, last: 1, number));
        Assert.False(replica.Core.Status.IsImpaired);
    }

    /// <summary>What is here must be here durably, or the next crash loses it again.</summary>
    [Fact]
    public void It_recovers_only_when_what_it_caught_up_is_durable()
    {
        (Replica replica, ulong number) = Following();
        replica.DiskIsSlow = true;
        replica.Hears(Say.PreVoteRefused(2, 1, last: 2, number));
        replica.Hears(Say.PreVoteRefused(3, 1, last: 2, number));

        replica.Hears(Say.Append(2, 1, 1, 1), 1);
        Assert.True(replica.Core.Status.IsImpaired);
        replica.DiskCompletes();
        Assert.False(replica.Core.Status.IsImpaired);
    }

    /// <summary>What it has must be equal to the leader's log: the own, which is as long, may be another.</summary>
    [Fact]
    public void It_recovers_with_what_the_leader_has_verified_not_with_a_log_as_long()
    {
        var replica = new Replica(term: 1, log: [1, 1], impaired: true);
        ulong number = NumberOf(replica);
        replica.Hears(Say.Heartbeat(2, 1));

        replica.Hears(Say.PreVoteRefused(2, 1, last: 2, number));
        replica.Hears(Say.PreVoteRefused(3, 1, last: 2, number));
        Assert.True(replica.Core.Status.IsImpaired);
        replica.Hears(Say.Append(2, 1, 2, 1));
        Assert.False(replica.Core.Status.IsImpaired);
    }

    /// <summary>
    /// An answer that brings a newer term ends the term in which the replica caught up: it has what an old leader had,
    /// and may have acknowledged more to the new one.
    /// </summary>
    [Fact]
    public void An_answer_of_a_newer_term_does_not_complete_the_recovery_in_the_old_one()
    {
        (Replica replica, ulong number) = Following();
        replica.Hears(Say.Append(2, 1, 1, 1), 1);
        replica.Hears(Say.PreVoteRefused(2, 1, last: 2, number));

        replica.Hears(Say.PreVoteRefused(3, 2, last: 5, number));

        Assert.Equal((2UL, true), (replica.Term, replica.Core.Status.IsImpaired));
        Assert.True(Assert.Single(replica.Hears(Say.RequestVote(2, 3, 2, 1))).Rejected);
    }

    /// <summary>A place that the leader of an earlier term named does not count in this term.</summary>
    [Fact]
    public void The_place_to_catch_up_is_named_anew_in_each_term()
    {
        (Replica replica, ulong number) = Following();
        replica.Hears(Say.PreVoteRefused(2, 1, last: 1, number));
        replica.Hears(Say.Append(3, 2, 1, 1));

        replica.Hears(Say.PreVoteRefused(3, 2, last: 9, number, leads: true));
        Assert.True(replica.Core.Status.IsImpaired, "the leader of this term has nine entries");
        replica.Hears(Say.Append(3, 2, 1, 1), 2, 2, 2, 2, 2, 2, 2, 2);
        Assert.False(replica.Core.Status.IsImpaired);
    }

    /// <summary>Nor does it, when all have answered and the new leader has merely not said yet how far it is.</summary>
    [Fact]
    public void A_place_of_an_earlier_term_is_not_what_to_catch_up_with()
    {
        (Replica replica, ulong number) = Following();
        replica.Hears(Say.PreVoteRefused(2, 1, last: 2, number));
        replica.Hears(Say.PreVoteRefused(3, 1, last: 2, number));

        replica.Hears(Say.Append(3, 2, 1, 1), 2);

        Assert.True(replica.Core.Status.IsImpaired, "nobody said how far the leader of this term is");
    }

    /// <summary>Other members: others must be asked.</summary>
    [Fact]
    public void With_another_membership_everybody_is_asked_anew()
    {
        (Replica replica, ulong number) = Following();
        replica.Hears(Say.PreVoteRefused(2, 1, last: 2, number));
        replica.Hears(Say.PreVoteRefused(3, 1, last: 2, number));

        replica.Hears(Say.Append(2, 1, 1, 1), Replica.Voters(3).JointWith(Replica.Voters(4)));

        Assert.True(replica.Core.Status.IsImpaired);
        Assert.Equal([2, 3, 4], replica.Waits(Replica.HeartbeatInterval).Select(static message => message.To.Value));
    }

    /// <summary>Questions and answers are lost: it asks again.</summary>
    [Fact]
    public void It_asks_again()
    {
        var replica = new Replica(term: 1, impaired: true);
        replica.Settle();

        Assert.Equal(2, replica.Waits(Replica.ElectionTimeout).Count);
        Assert.Empty(replica.Waits(Replica.HeartbeatInterval));
        Assert.Equal(2, replica.Waits(Replica.ElectionTimeout / 2).Count);
    }

    /// <summary>The leader counts on more than is here: so something was lost, and nobody had noticed.</summary>
    [Fact]
    public void A_follower_that_its_leader_thinks_further_is_impaired()
    {
        var replica = new Replica(term: 1, log: [1]);

        Message said = Assert.Single(replica.Hears(Say.Heartbeat(2, 1) with { Hint = new(2) }));

        Assert.True(replica.Core.Status.IsImpaired && said.IsImpaired);
        Assert.False(new Replica(term: 1, log: [1, 1]).Hears(Say.Heartbeat(2, 1) with { Hint = new(2) })[0].IsImpaired);
    }

    /// <summary>
    /// A heartbeat's commit rests on what the replica had acknowledged before the loss. What it has instead may be what
    /// had been overwritten: it is not committed before this leader has verified it.
    /// </summary>
    [Theory]
    [InlineData(true, 4UL)]
    [InlineData(false, 5UL)]
    public void A_heartbeat_commits_nothing_that_was_not_verified_since_the_loss(bool noticed, ulong counted)
    {
        var replica = new Replica(term: 3, log: [1, 3, 3, 3], impaired: noticed);

        replica.Hears(Say.Heartbeat(2, 5, commit: counted) with { Hint = new(counted) });

        Assert.Equal(0UL, replica.Commit);
        replica.Hears(Say.Append(2, 5, 1, 1, commit: 4), 5, 5, 5);
        Assert.Equal((4UL, 4UL), (replica.Commit, replica.Applicable));
    }

    /// <summary>What an impaired follower acknowledged counts for nothing, before and after.</summary>
    [Fact]
    public void A_leader_does_not_count_an_impaired_follower()
    {
        var leader = Replica.Leading(voters: 3);
        leader.Hears(Say.Accepted(2, 1, 1) with { IsImpaired = true });
        Assert.Equal(0UL, leader.Commit);

        leader.Hears(Say.Accepted(2, 1, 1));
        Assert.Equal(0UL, leader.Commit);
        leader.Hears(Say.Accepted(3, 1, 1));
        Assert.Equal(1UL, leader.Commit);
    }

    /// <summary>Nor does its confirmation of a read.</summary>
    [Fact]
    public void A_leader_confirms_no_read_with_an_impaired_follower()
    {
        var leader = Replica.Leading(voters: 3);
        leader.Hears(Say.Accepted(3, 1, 1));
        leader.Asks(7);

        leader.Hears(Say.HeartbeatReply(2, 1, read: 1) with { IsImpaired = true });
        leader.Hears(Say.HeartbeatReply(2, 1, read: 1));
        Assert.Empty(leader.Reads);
        leader.Hears(Say.HeartbeatReply(3, 1, read: 1));
        Assert.Single(leader.Reads);
    }

    /// <summary>Nor does hearing it keep a leader in office: nothing could be committed with it.</summary>
    [Fact]
    public void A_leader_that_hears_only_impaired_followers_steps_down()
    {
        var leader = Replica.Leading(voters: 3, with: static options => options with { CheckQuorum = true });

        for (int i = 0; i < 12; i++)
        {
            leader.Hears(Say.HeartbeatReply(2, 1) with { IsImpaired = true });
            leader.Waits(Replica.HeartbeatInterval);
        }

        Assert.Equal(Role.Follower, leader.Role);
    }

    /// <summary>Leadership is not handed to a replica that may not stand.</summary>
    [Fact]
    public void Leadership_is_not_handed_to_an_impaired_follower()
    {
        var leader = Replica.Leading(voters: 3);
        leader.Hears(Say.Accepted(2, 1, 1) with { IsImpaired = true });
        leader.Hears(Say.Accepted(3, 1, 1));

        Assert.Equal(TransferResult.NotReachable, leader.Core.TransferLeadership(new(2)));
        Assert.Equal(TransferResult.Accepted, leader.Core.TransferLeadership(NodeId.None));
        Assert.Equal(3, Assert.Single(leader.Settle()).To.Value);
    }

    /// <summary>What it lost is sent to it again, with no other traffic.</summary>
    [Fact]
    public void An_impaired_follower_is_given_what_it_lost()
    {
        var leader = Replica.Leading(log: [1, 1], term: 2, voters: 3);
        leader.Hears(Say.Accepted(2, 2, 3));
        leader.Hears(Say.Accepted(3, 2, 3));

        Message probe = Assert.Single(leader.Hears(Say.HeartbeatReply(2, 2) with { IsImpaired = true }));
        Assert.Equal((MessageKind.Append, new LogIndex(3)), (probe.Kind, probe.Index));
        Message again = Assert.Single(leader.Hears(Say.Refused(2, 2, 3, hint: 0) with { IsImpaired = true }));
        Assert.Equal(new LogRange(new(1), 3), again.Entries);
    }

    /// <summary>An acknowledgement from before the loss comes late: the leader still goes back to what the follower
    /// has.</summary>
    [Fact]
    public void A_late_acknowledgement_does_not_keep_an_impaired_follower_from_what_it_lost()
    {
        var leader = Replica.Leading(log: [1, 1], term: 2, voters: 3);
        leader.Hears(Say.HeartbeatReply(2, 2) with { IsImpaired = true });
        leader.Hears(Say.Accepted(2, 2, 3));
        leader.Proposes(out _);

        Message again = Assert.Single(leader.Hears(Say.Refused(2, 2, 3, hint: 0) with { IsImpaired = true }));

        Assert.Equal(new LogRange(new(1), 4), again.Entries);
    }

    /// <summary>With a leader that would grant a pre-vote the impaired could never learn how far to catch up.</summary>
    [Fact]
    public void A_leader_grants_nobody_a_pre_vote()
    {
        var leader = Replica.Leading(voters: 3);

        Message said = Assert.Single(leader.Hears(Say.PreVote(2, 2, 1, 1, number: 77)));

        Assert.Equal(
            (true, new LogIndex(1), 77UL, 1UL), (said.Rejected, said.Index, said.ReadSequence, said.Stamp.Term));
    }

    private static (Replica Replica, ulong Number) Following(int voters = 3)
    {
        var replica = new Replica(term: 1, log: [1], voters: voters, impaired: true);
        ulong number = NumberOf(replica);
        replica.Hears(Say.Append(2, 1, 1, 1));
        return (replica, number);
    }

    /// <summary>Its first questions have left.</summary>
    private static Replica Asked(Replica replica)
    {
        Assert.Equal(MessageKind.PreVote, replica.Settle()[0].Kind);
        return replica;
    }

    private static ulong NumberOf(Replica replica) => replica.Waits(Replica.ElectionTimeout)[0].ReadSequence;
}
