using Concord.Consensus.Raft;

namespace Concord.Consensus.Tests;

/// <summary>Thesis 4.2.3 and 6.2: servers that disturb, and leaders without a quorum.</summary>
public sealed class PaperTestsDisruption
{
    /// <summary>Whoever heard of a leader within an election timeout helps nobody to depose it, and takes no term from
    /// who tries.</summary>
    [Fact]
    [Section("4.2.3")]
    public void A_voter_that_hears_a_leader_refuses_others()
    {
        var replica = new Replica(term: 1, with: With.CheckQuorum);
        replica.Waits(Replica.ElectionTimeout / 2);
        replica.Hears(Say.Heartbeat(2, 1));
        replica.Waits(Replica.ElectionTimeout - TimeSpan.FromTicks(1));

        Assert.True(Assert.Single(replica.Hears(Say.PreVote(3, 7, 9, 9))).Rejected);
        Assert.True(Assert.Single(replica.Hears(Say.RequestVote(3, 7, 9, 6))).Rejected);
        Assert.Equal((1UL, new NodeId(2)), (replica.Term, replica.Core.Status.Leader));
        replica.Waits(TimeSpan.FromTicks(1));
        Assert.False(Assert.Single(replica.Hears(Say.RequestVote(3, 7, 9, 6))).Rejected);
    }

    [Theory]
    [Section("4.2.3")]
    [InlineData(MessageKind.Append)]
    [InlineData(MessageKind.Heartbeat)]
    [InlineData(MessageKind.InstallSnapshot)]
    public void Every_message_of_the_leader_renews_that(MessageKind kind)
    {
        var replica = new Replica(term: 1, with: With.CheckQuorum);

        replica.Hears(Say.Heartbeat(2, 1) with { Kind = kind });

        Assert.True(replica.Hears(Say.RequestVote(3, 2))[^1].Rejected);
        Assert.Equal(1UL, replica.Term);
    }

    [Fact]
    [Section("4.2.3")]
    public void A_leader_is_not_deposed_by_a_candidate_that_hears_nobody()
    {
        var leader = Replica.Leading(with: With.CheckQuorum);

        Assert.True(Assert.Single(leader.Hears(Say.RequestVote(3, 7, 9, 6))).Rejected);

        Assert.Equal((Role.Leader, 1UL), (leader.Role, leader.Term));
    }

    /// <summary>What the leader itself asked for is not against it.</summary>
    [Fact]
    [Section("4.2.3")]
    [Section("3.10")]
    public void A_vote_for_a_hand_over_is_given_although_a_leader_is_heard()
    {
        var replica = new Replica(term: 1, with: With.CheckQuorum);
        replica.Hears(Say.Heartbeat(2, 1));

        Assert.False(Assert.Single(replica.Hears(Say.RequestVote(3, 2) with { IsTransfer = true })).Rejected);
        var leader = Replica.Leading(with: With.CheckQuorum);
        Assert.False(Assert.Single(leader.Hears(Say.RequestVote(3, 2, 1, 1) with { IsTransfer = true })).Rejected);
    }

    [Theory]
    [Section("6.2")]
    [InlineData(3, 1, true)]
    [InlineData(3, 0, false)]
    [InlineData(5, 2, true)]
    [InlineData(5, 1, false)]
    public void A_leader_without_a_quorum_steps_down(int voters, int heard, bool stays)
    {
        var leader = Replica.Leading(voters: voters, with: With.CheckQuorum);
        leader.Asks(7);
        for (int i = 0; i < 10; i++)
        {
            leader.Waits(Replica.HeartbeatInterval);
            for (int other = 0; other < heard; other++)
            {
                leader.Hears(Say.HeartbeatReply(2 + other, 1));
            }
        }

        Assert.Equal(stays ? Role.Leader : Role.Follower, leader.Role);
        Assert.Equal(1UL, leader.Term);
        Assert.Equal(stays ? [] : [new ReadResult(7, default, Failed: true)], leader.Reads);
    }

    /// <summary>Who is no voter keeps no leader in office.</summary>
    [Fact]
    [Section("6.2")]
    public void Learners_are_no_quorum()
    {
        var leader = Replica.Leading(with: With.CheckQuorum, membership: new([new(1), new(2), new(3)], [new(4)]));

        leader.Waits(Replica.ElectionTimeout / 2);
        leader.Hears(Say.HeartbeatReply(4, 1));
        leader.Waits(Replica.ElectionTimeout / 2);

        Assert.Equal(Role.Follower, leader.Role);
    }

    /// <summary>Says who comes first, and never who may.</summary>
    [Theory]
    [InlineData(100, 1.0, 2.0)]
    [InlineData(50, 1.5, 2.5)]
    [InlineData(0, 2.0, 3.0)]
    public void Less_priority_is_a_longer_wait(int priority, double least, double most)
    {
        for (ulong seed = 1; seed <= 50; seed++)
        {
            var replica = new Replica(seed: seed, with: options => options with { Priority = priority });

            Assert.InRange(replica.Core.NextTick, Replica.ElectionTimeout * least, Replica.ElectionTimeout * most);
        }
    }

    [Fact]
    public void Settings_that_contradict_each_other_are_refused()
    {
        foreach (Func<ReplicaOptions, ReplicaOptions> with in (Func<ReplicaOptions, ReplicaOptions>[])
            [
                static options => options with { LeaderLease = true },
                static options => options with { Priority = 101 },
                static options => options with { Priority = -1 },
                static options => options with { ClockDriftMax = 1 },
                static options => options with { ClockDriftMax = -0.1 },
                static options => options with { ElectionTimeout = TimeSpan.Zero },
                static options => options with { HeartbeatInterval = TimeSpan.Zero },
                static options => options with { HeartbeatInterval = Replica.ElectionTimeout },
            ])
        {
            Assert.Throws<ArgumentException>(() => new Replica(with: with));
        }
    }
}
