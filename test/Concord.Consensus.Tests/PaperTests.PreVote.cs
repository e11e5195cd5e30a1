namespace Concord.Consensus.Tests;

/// <summary>Thesis section 9.6: a replica first asks whether it would be elected. Nothing is promised by the
/// answer.</summary>
public sealed class PaperTestsPreVote
{
    /// <summary>Who was cut off must not come back with a term that deposes the leader.</summary>
    [Fact]
    [Section("9.6")]
    public void A_replica_that_hears_nobody_asks_without_a_new_term()
    {
        var replica = new Replica(term: 3, votedFor: 2, log: [1, 3], with: With.PreVote);

        for (int i = 0; i < 5; i++)
        {
            IReadOnlyList<Message> said = replica.TimesOut();
            Assert.Equal([2, 3], said.Select(static message => message.To.Value));
            Assert.All(said, static message => Assert.Equal(
                (MessageKind.PreVote, 4UL, new LogIndex(2), 3UL),
                (message.Kind, message.Stamp.Term, message.Index, message.LogStamp.Term)));
        }

        Assert.Equal((Role.PreCandidate, 3UL), (replica.Role, replica.Term));
        Assert.Empty(replica.Writes);
    }

    [Theory]
    [Section("9.6")]
    [InlineData(3, 1)]
    [InlineData(5, 2)]
    public void With_the_word_of_a_majority_it_stands(int voters, int othersNeeded)
    {
        var replica = new Replica(voters: voters, with: With.PreVote);
        replica.TimesOut();
        for (int other = 0; other < othersNeeded; other++)
        {
            Assert.Equal(Role.PreCandidate, replica.Role);
            replica.Hears(Say.PreVoteGranted(2 + other, 1));
            replica.Hears(Say.PreVoteGranted(2, 1));
        }

        Assert.Equal((Role.Candidate, 1UL), (replica.Role, replica.Term));
    }

    /// <summary>Refusals, strangers, learners and answers for other terms count for nothing.</summary>
    [Fact]
    [Section("9.6")]
    public void Only_words_of_voters_for_the_next_term_count()
    {
        var replica = new Replica(term: 2, with: With.PreVote, membership: new([new(1), new(2), new(3)], [new(4)]));
        replica.TimesOut();

        replica.Hears(Say.PreVoteRefused(2, 2));
        replica.Hears(Say.PreVoteGranted(2, 2));
        replica.Hears(Say.PreVoteGranted(2, 4));
        replica.Hears(Say.PreVoteGranted(4, 3));
        replica.Hears(Say.PreVoteGranted(9, 3));
        Assert.Equal((Role.PreCandidate, 2UL), (replica.Role, replica.Term));
        replica.Hears(Say.PreVoteGranted(3, 3));
        Assert.Equal(Role.Candidate, replica.Role);
    }

    /// <summary>The question moves no term and takes no vote.</summary>
    [Fact]
    [Section("9.6")]
    public void Being_asked_changes_nothing()
    {
        var replica = new Replica(term: 1, with: With.PreVote);

        Message said = Assert.Single(replica.Hears(Say.PreVote(2, 9)));

        Assert.Equal((MessageKind.PreVoteReply, false, 9UL), (said.Kind, said.Rejected, said.Stamp.Term));
        Assert.Equal((1UL, 0), (replica.Term, replica.Writes.Count));
        Assert.False(Assert.Single(replica.Hears(Say.PreVote(3, 9))).Rejected);
        Assert.False(replica.Hears(Say.RequestVote(3, 2))[0].Rejected);
    }

    [Theory]
    [Section("9.6")]
    [Section("5.4.1")]
    [InlineData(2UL, 3UL, true)]
    [InlineData(1UL, 3UL, false)]
    [InlineData(9UL, 2UL, false)]
    [InlineData(1UL, 4UL, true)]
    public void The_word_is_given_for_a_log_that_is_up_to_date(ulong last, ulong lastTerm, bool granted)
    {
        var replica = new Replica(term: 4, log: [1, 3], with: With.PreVote);

        Assert.Equal(!granted, Assert.Single(replica.Hears(Say.PreVote(2, 5, last, lastTerm))).Rejected);
    }

    /// <summary>In the own term the vote may be given away already.</summary>
    [Fact]
    [Section("9.6")]
    public void The_word_is_given_for_newer_terms_only()
    {
        var replica = new Replica(term: 4, votedFor: 3, with: With.PreVote);

        Assert.True(Assert.Single(replica.Hears(Say.PreVote(2, 4))).Rejected);
    }

    /// <summary>The election wait of who is asked goes on: a word is no vote.</summary>
    [Fact]
    [Section("9.6")]
    public void Giving_the_word_does_not_put_off_the_own_election()
    {
        var replica = new Replica(with: With.PreVote);
        TimeSpan deadline = replica.Core.NextTick;

        replica.Waits(Replica.ElectionTimeout / 2);
        replica.Hears(Say.PreVote(2, 1));

        Assert.Equal(deadline, replica.Core.NextTick);
    }

    [Fact]
    [Section("9.6")]
    public void A_pre_candidate_follows_a_leader_and_votes_for_a_candidate()
    {
        var replica = new Replica(term: 1, with: With.PreVote);
        replica.TimesOut();
        replica.Hears(Say.Heartbeat(2, 1));
        Assert.Equal((Role.Follower, new NodeId(2)), (replica.Role, replica.Core.Status.Leader));

        replica.TimesOut();
        Assert.False(replica.Hears(Say.RequestVote(3, 2))[0].Rejected);
        replica.Hears(Say.PreVoteGranted(2, 2));
        replica.Hears(Say.PreVoteGranted(2, 3));
        Assert.Equal((Role.Follower, 2UL), (replica.Role, replica.Term));
    }

    /// <summary>Who asks for term 6 is in term 5: this leader's is over, and nobody else may ever tell it.</summary>
    [Fact]
    [Section("9.6")]
    public void A_leader_that_is_asked_by_somebody_of_a_later_term_steps_down()
    {
        Replica leader = Replica.Leading(term: 2, with: With.PreVote);
        leader.Hears(Say.PreVote(2, 3));
        Assert.Equal(Role.Leader, leader.Role);

        leader.Hears(Say.PreVote(2, 6));

        Assert.Equal((Role.Follower, 2UL), (leader.Role, leader.Term));
    }

    /// <summary>Alone there is nobody to ask.</summary>
    [Fact]
    [Section("9.6")]
    public void A_replica_alone_leads_at_once()
    {
        var replica = new Replica(voters: 1, with: With.Both);
        replica.Waits(TimeSpan.Zero);

        Assert.Equal(Role.Leader, replica.Role);
    }
}
