namespace Concord.Consensus.Tests;

/// <summary>Raft section 5.2 (leader election) and 5.4.1 (election restriction).</summary>
public sealed class PaperTestsElections
{
    /// <summary>Servers begin as followers.</summary>
    [Fact]
    [Section("5.2")]
    public void A_replica_begins_as_a_follower_of_nobody()
    {
        var replica = new Replica();

        Assert.Equal(Role.Follower, replica.Role);
        Assert.True(replica.Core.Status.Leader.IsNone);
        Assert.Empty(replica.Settle());
    }

    /// <summary>To begin an election, a follower raises its term, becomes a candidate, votes for itself and asks all
    /// others.</summary>
    [Fact]
    [Section("5.2")]
    public void A_follower_that_hears_nobody_asks_all_others_for_votes_in_the_next_term()
    {
        var replica = new Replica(term: 4, log: [1, 4]);

        IReadOnlyList<Message> said = replica.TimesOut();

        Assert.Equal(Role.Candidate, replica.Role);
        Assert.Equal(new HardState(Stamp.FromTerm(5), new(1)), replica.LastHardState);
        Assert.Equal(["n1->n2 RequestVote t5 last=2@t4", "n1->n3 RequestVote t5 last=2@t4"], said.Select(Text));
    }

    /// <summary>A follower stays one as long as it gets messages of a leader.</summary>
    [Theory]
    [Section("5.2")]
    [InlineData(MessageKind.Append)]
    [InlineData(MessageKind.Heartbeat)]
    [InlineData(MessageKind.InstallSnapshot)]
    public void A_message_of_the_leader_puts_off_the_election(MessageKind kind)
    {
        var replica = new Replica(term: 1);
        for (int i = 0; i < 20; i++)
        {
            replica.Waits(Replica.ElectionTimeout * 0.99);
            replica.Hears(Say.Heartbeat(2, 1) with { Kind = kind });
        }

        Assert.Equal(Role.Follower, replica.Role);
        Assert.Equal(new NodeId(2), replica.Core.Status.Leader);
    }

    /// <summary>Granting a vote puts off the own election (figure 2, followers).</summary>
    [Fact]
    [Section("5.2")]
    public void Granting_a_vote_puts_off_the_own_election()
    {
        var replica = new Replica();
        for (ulong term = 1; term < 20; term++)
        {
            replica.Waits(Replica.ElectionTimeout * 0.99);
            Assert.False(Assert.Single(replica.Hears(Say.RequestVote(2, term))).Rejected);
        }

        Assert.Equal(Role.Follower, replica.Role);
    }

    /// <summary>Only a leader's message or a granted vote counts as a sign of life: a refused candidate puts nothing
    /// off (figure 2).</summary>
    [Fact]
    [Section("5.2")]
    public void Refusing_a_candidate_of_a_newer_term_does_not_put_off_the_own_election()
    {
        var replica = new Replica(term: 1, log: [1]);
        ulong term = 1;
        for (int i = 0; i < 20 && replica.Role == Role.Follower; i++)
        {
            replica.Waits(Replica.ElectionTimeout * 0.2);
            if (replica.Role == Role.Follower)
            {
                Assert.True(Assert.Single(replica.Hears(Say.RequestVote(2, ++term))).Rejected);
            }
        }

        Assert.Equal(Role.Candidate, replica.Role);
    }

    /// <summary>A candidate wins with the votes of a majority of the whole cluster.</summary>
    [Theory]
    [Section("5.2")]
    [InlineData(2, 1)]
    [InlineData(3, 1)]
    [InlineData(4, 2)]
    [InlineData(5, 2)]
    [InlineData(7, 3)]
    [InlineData(16, 8)]
    public void A_candidate_leads_with_a_majority_and_not_before(int voters, int othersNeeded)
    {
        var replica = new Replica(voters: voters);
        replica.TimesOut();
        for (int voter = 2; voter <= othersNeeded; voter++)
        {
            replica.Hears(Say.Vote(voter, 1));
        }

        Assert.Equal(Role.Candidate, replica.Role);
        replica.Hears(Say.Vote(othersNeeded + 1, 1));
        Assert.Equal(Role.Leader, replica.Role);
    }

    /// <summary>The same vote told twice, a refusal and the vote of a stranger do not add up to a majority.</summary>
    [Fact]
    [Section("5.2")]
    public void Repeated_votes_refusals_and_strangers_do_not_count()
    {
        var replica = new Replica(voters: 5);
        replica.TimesOut();

        replica.Hears(Say.Vote(2, 1));
        replica.Hears(Say.Vote(2, 1));
        replica.Hears(Say.NoVote(3, 1));
        replica.Hears(Say.Vote(9, 1));

        Assert.Equal(Role.Candidate, replica.Role);
    }

    /// <summary>A vote counts in its own term only.</summary>
    [Fact]
    [Section("5.2")]
    public void A_vote_of_an_earlier_term_does_not_count()
    {
        var replica = new Replica();
        replica.TimesOut();
        replica.TimesOut();

        replica.Hears(Say.Vote(2, 1));

        Assert.Equal(2UL, replica.Term);
        Assert.Equal(Role.Candidate, replica.Role);
    }

    /// <summary>A new leader tells everybody at once, so that no other election begins.</summary>
    [Fact]
    [Section("5.2")]
    public void A_new_leader_speaks_at_once()
    {
        var replica = new Replica();
        replica.TimesOut();

        IReadOnlyList<Message> said = replica.Hears(Say.Vote(2, 1));

        Assert.Equal([new NodeId(2), new NodeId(3)], said.Where(static m => m.Kind == MessageKind.Append)
            .Select(static m => m.To));
    }

    /// <summary>A candidate that hears a leader of its own term recognizes it and follows.</summary>
    [Theory]
    [Section("5.2")]
    [InlineData(MessageKind.Append)]
    [InlineData(MessageKind.Heartbeat)]
    [InlineData(MessageKind.InstallSnapshot)]
    public void A_candidate_follows_a_leader_of_its_term(MessageKind kind)
    {
        var replica = new Replica();
        replica.TimesOut();

        replica.Hears(Say.Heartbeat(3, 1) with { Kind = kind });

        Assert.Equal((Role.Follower, new NodeId(3)), (replica.Role, replica.Core.Status.Leader));
    }

    /// <summary>A candidate refuses a leader of an older term and goes on.</summary>
    [Fact]
    [Section("5.2")]
    public void A_candidate_refuses_a_leader_of_an_older_term()
    {
        var replica = new Replica(term: 4);
        replica.TimesOut();

        Message reply = Assert.Single(replica.Hears(Say.Append(3, 4)));

        Assert.True(reply.Rejected);
        Assert.Equal(5UL, reply.Stamp.Term);
        Assert.Equal(Role.Candidate, replica.Role);
    }

    /// <summary>If nobody wins, each candidate times out and begins a new election in another term.</summary>
    [Fact]
    [Section("5.2")]
    public void A_candidate_without_a_majority_tries_again_in_the_next_term()
    {
        var replica = new Replica();
        replica.TimesOut();

        replica.TimesOut();

        Assert.Equal((Role.Candidate, 2UL), (replica.Role, replica.Term));
    }

    /// <summary>Each server votes for at most one candidate in a term, first come, first served.</summary>
    [Fact]
    [Section("5.2")]
    public void A_replica_votes_once_in_a_term()
    {
        var replica = new Replica();

        Assert.False(Assert.Single(replica.Hears(Say.RequestVote(2, 1))).Rejected);
        Assert.True(Assert.Single(replica.Hears(Say.RequestVote(3, 1))).Rejected);
    }

    /// <summary>The same candidate may ask again (its first request or our answer was lost) and gets the same
    /// vote.</summary>
    [Fact]
    [Section("5.2")]
    public void A_replica_repeats_its_vote_for_the_same_candidate()
    {
        var replica = new Replica();
        replica.Hears(Say.RequestVote(2, 1));

        Assert.False(Assert.Single(replica.Hears(Say.RequestVote(2, 1))).Rejected);
        Assert.Single(replica.Writes);
    }

    /// <summary>The vote is part of what survives a crash.</summary>
    [Fact]
    [Section("5.2")]
    public void A_vote_given_before_a_crash_binds_after_it()
    {
        var replica = new Replica(term: 3, votedFor: 2);

        Assert.True(Assert.Single(replica.Hears(Say.RequestVote(3, 3))).Rejected);
        Assert.False(Assert.Single(replica.Hears(Say.RequestVote(2, 3))).Rejected);
    }

    /// <summary>Stepping down within a term does not free the vote of that term.</summary>
    [Fact]
    [Section("5.2")]
    public void A_candidate_that_steps_down_within_its_term_keeps_its_vote()
    {
        var replica = new Replica();
        replica.TimesOut();
        replica.Hears(Say.Heartbeat(2, 1));

        Assert.True(Assert.Single(replica.Hears(Say.RequestVote(3, 1))).Rejected);
    }

    /// <summary>A new term frees the vote.</summary>
    [Fact]
    [Section("5.2")]
    public void A_newer_term_frees_the_vote()
    {
        var replica = new Replica(term: 3, votedFor: 2);

        Assert.False(Assert.Single(replica.Hears(Say.RequestVote(3, 4))).Rejected);
        Assert.Equal(new HardState(Stamp.FromTerm(4), new(3)), replica.LastHardState);
    }

    /// <summary>A voter refuses a candidate whose log is less up to date: an older last term, or the same and
    /// shorter.</summary>
    [Theory]
    [Section("5.4.1")]
    [InlineData(3, 2, true)] // the same
    [InlineData(4, 2, true)] // longer
    [InlineData(1, 3, true)] // shorter, but a later last term wins
    [InlineData(2, 2, false)] // shorter
    [InlineData(9, 1, false)] // longer, but an earlier last term loses
    [InlineData(0, 0, false)] // empty
    public void A_voter_compares_last_terms_first_and_lengths_second(ulong last, ulong lastTerm, bool granted)
    {
        var replica = new Replica(term: 3, log: [1, 2, 2]);

        Assert.Equal(granted, !Assert.Single(replica.Hears(Say.RequestVote(2, 4, last, lastTerm))).Rejected);
    }

    /// <summary>A replica alone is a majority; it leads once its vote is durable.</summary>
    [Fact]
    [Section("5.2")]
    public void A_replica_alone_leads_once_its_vote_is_durable()
    {
        var replica = new Replica(voters: 1) { DiskIsSlow = true };
        replica.TimesOut();
        Assert.Equal(Role.Candidate, replica.Role);

        replica.DiskCompletes();

        Assert.Equal(Role.Leader, replica.Role);
    }

    /// <summary>The vote of an earlier candidacy, durable late, is not the vote of this one.</summary>
    [Fact]
    [Section("5.2")]
    public void A_vote_that_becomes_durable_late_does_not_count_in_the_next_term()
    {
        var replica = new Replica(voters: 1) { DiskIsSlow = true };
        replica.TimesOut();
        replica.TimesOut();

        replica.DiskCompletes(replica.Writes[^2].Sequence);
        Assert.Equal(Role.Candidate, replica.Role);

        replica.DiskCompletes();
        Assert.Equal((Role.Leader, replica.LastHardState!.Value.Stamp.Term), (replica.Role, replica.Term));
    }

    /// <summary>A follower's waits are drawn anew from [T, 2T), so that split votes are rare; a candidate that nobody
    /// elects tries again after half of that, drawn anew, so that they do not repeat.</summary>
    [Fact]
    [Section("5.2")]
    public void Election_timeouts_are_spread_over_one_to_two_times_the_setting_and_half_of_that_for_a_candidate()
    {
        var waits = new List<double>();
        var retries = new List<double>();
        for (ulong seed = 0; seed < 200; seed++)
        {
            var replica = new Replica(seed: seed);
            for (ulong round = 1; round <= 5; round++)
            {
                int milliseconds = 0;
                for (; replica.Term < round; milliseconds += 10)
                {
                    replica.Waits(TimeSpan.FromMilliseconds(10));
                }

                (round == 1 ? waits : retries).Add(milliseconds);
            }
        }

        AssertSpread(waits, 1000);
        AssertSpread(retries, 500);
    }

    private static void AssertSpread(List<double> waits, double least)
    {
        Assert.InRange(waits.Min(), least, least * 1.05);
        Assert.InRange(waits.Max(), least * 1.95, least * 2);
        Assert.InRange(waits.Average(), least * 1.42, least * 1.58);
        Assert.True(waits.Distinct().Count() > 40, "the timeouts of different replicas and rounds differ");
    }

    /// <summary>A host spreads leaders over its nodes by a shorter first wait.</summary>
    [Fact]
    [Section("5.2")]
    public void The_first_wait_may_be_set()
    {
        var replica =
            new Replica(with: static options => options with { FirstElectionTimeout = TimeSpan.FromMilliseconds(50) });

        replica.Waits(TimeSpan.FromMilliseconds(49));
        Assert.Equal(Role.Follower, replica.Role);
        replica.Waits(TimeSpan.FromMilliseconds(1));
        Assert.Equal(Role.Candidate, replica.Role);
    }

    private static string Text(Message message) => message.ToString();
}
