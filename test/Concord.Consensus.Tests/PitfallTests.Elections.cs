namespace Concord.Consensus.Tests;

/// <summary>Votes, pre-votes and promises.</summary>
public sealed class PitfallTestsElections
{
    /// <summary>jraft's default does not sync the vote; paxi keeps its ballot in memory.</summary>
    [Fact]
    [Pitfall(10)]
    public void No_vote_and_no_refusal_leaves_before_term_and_vote_are_durable()
    {
        var replica = new Replica(term: 1) { DiskIsSlow = true };

        Assert.Empty(replica.Hears(Say.RequestVote(2, 2)));
        Assert.Equal(new HardState(Stamp.FromTerm(2), new(2)), replica.LastHardState);
        Assert.Empty(replica.Hears(Say.RequestVote(3, 2)));
        Assert.Equal([false, true], replica.DiskCompletes().Select(static message => message.Rejected));
    }

    /// <summary>etcd#8243, openraft#1796: a replica in a newer term that answers nothing keeps the others asking in an
    /// older one for ever.</summary>
    [Fact]
    [Pitfall(11)]
    public void A_pre_vote_of_an_older_term_is_answered_with_the_newer_one()
    {
        var replica = new Replica(term: 7, log: [1], with: With.PreVote);

        Message said = Assert.Single(replica.Hears(Say.PreVote(2, 4, 9, 3)));

        Assert.Equal((MessageKind.PreVoteReply, true, 7UL), (said.Kind, said.Rejected, said.Stamp.Term));
    }

    /// <summary>The asker takes the newer term from the refusal, and asks in the one after it next time.</summary>
    [Fact]
    [Pitfall(11)]
    public void A_pre_candidate_adopts_the_newer_term_of_a_refusal()
    {
        var replica = new Replica(term: 3, with: With.PreVote);
        replica.TimesOut();

        replica.Hears(Say.PreVoteRefused(2, 7));

        Assert.Equal((Role.Follower, 7UL), (replica.Role, replica.Term));
        Assert.All(replica.TimesOut(), static message => Assert.Equal(8UL, message.Stamp.Term));
    }

    /// <summary>etcd PR#8334: two that look for a new leader refuse each other for the sake of the old one.</summary>
    [Fact]
    [Pitfall(12)]
    public void A_pre_candidate_has_forgotten_its_leader()
    {
        var replica = new Replica(term: 1, with: With.Both);
        replica.Hears(Say.Heartbeat(2, 1));

        replica.TimesOut();

        Assert.Equal((Role.PreCandidate, NodeId.None), (replica.Role, replica.Core.Status.Leader));
        Assert.False(Assert.Single(replica.Hears(Say.PreVote(3, 2))).Rejected);
    }

    /// <summary>Howard and Abraham 2020: where not everybody hears everybody, pre-vote alone does not elect, and
    /// check-quorum alone does not keep who is elected.</summary>
    [Fact]
    [Pitfall(13)]
    public void Pre_vote_and_check_quorum_are_both_on_unless_switched_off()
    {
        var options = new ReplicaOptions { Self = new(1), Seed = 1 };

        Assert.True(options.PreVote && options.CheckQuorum);
    }

    /// <summary>The one that the others do not hear gives up office, so that they may elect.</summary>
    [Fact]
    [Pitfall(13)]
    public void A_leader_that_hears_no_quorum_makes_way()
    {
        var leader = Replica.Leading(voters: 5, with: With.Both);

        leader.Waits(Replica.ElectionTimeout / 2);
        leader.Hears(Say.HeartbeatReply(2, 1));
        leader.Waits(Replica.ElectionTimeout / 2);

        Assert.Equal((Role.Follower, 1UL, NodeId.None), (leader.Role, leader.Term, leader.Core.Status.Leader));
    }

    /// <summary>etcd PR#10998, CCF#3167: a learner that was promoted does not know it yet, and its vote is
    /// needed.</summary>
    [Fact]
    [Pitfall(14)]
    public void A_vote_does_not_depend_on_who_the_voter_thinks_is_a_voter()
    {
        var learner = new Replica(term: 1, log: [1], membership: new([new(2), new(3)], [new(1)]));

        Assert.False(Assert.Single(learner.Hears(Say.PreVote(9, 2, 1, 1))).Rejected);
        Assert.False(Assert.Single(learner.Hears(Say.RequestVote(9, 2, 1, 1))).Rejected);
    }

    /// <summary>A candidate counts only the voters that it knows.</summary>
    [Fact]
    [Pitfall(14)]
    public void A_candidate_counts_neither_strangers_nor_learners()
    {
        var replica = new Replica(membership: new([new(1), new(2), new(3)], [new(4)]));
        replica.TimesOut();

        replica.Hears(Say.Vote(4, 1));
        replica.Hears(Say.Vote(9, 1));

        Assert.Equal(Role.Candidate, replica.Role);
    }

    /// <summary>In etcd, dragonboat and raft-rs a voter that restarts has forgotten its leader and votes within that
    /// leader's lease.</summary>
    [Fact]
    [Pitfall(32)]
    public void A_voter_keeps_the_promise_that_a_lease_rests_on_over_a_restart()
    {
        var restarted = new Replica(term: 1, with: With.Lease);
        restarted.Waits(Replica.ElectionTimeout - TimeSpan.FromTicks(1));

        Assert.True(Assert.Single(restarted.Hears(Say.PreVote(2, 2))).Rejected);
        Assert.True(Assert.Single(restarted.Hears(Say.RequestVote(2, 2))).Rejected);
        Assert.Equal(1UL, restarted.Term);
        restarted.Waits(TimeSpan.FromTicks(1));
        Assert.False(restarted.Hears(Say.RequestVote(2, 2))[0].Rejected);
    }

    /// <summary>Nor does it stand itself, however short its first wait.</summary>
    [Fact]
    [Pitfall(32)]
    public void A_voter_does_not_stand_within_the_promise_either()
    {
        var restarted = new Replica(
            term: 1, with: static options => With.Lease(options) with { FirstElectionTimeout = TimeSpan.Zero });

        Assert.Empty(restarted.Waits(Replica.ElectionTimeout - TimeSpan.FromTicks(1)));
        Assert.NotEmpty(restarted.Waits(TimeSpan.FromTicks(1)));
    }

    /// <summary>TigerBeetle PR#2295: nothing that says a new term leaves before the term is durable.</summary>
    [Fact]
    [Pitfall(39)]
    public void Nothing_is_said_in_a_term_that_is_not_durable()
    {
        var replica = new Replica(term: 1, log: [1]) { DiskIsSlow = true };

        Assert.Empty(replica.Hears(Say.Heartbeat(2, 5)));
        Assert.Empty(replica.Hears(Say.Append(2, 5, 1, 1), 5));
        Assert.Empty(replica.Hears(Say.PreVote(3, 3)));
        Assert.Empty(replica.Hears(Say.Append(3, 2)));
        Assert.All(replica.DiskCompletes(), static message => Assert.Equal(5UL, message.Stamp.Term));
    }
}
