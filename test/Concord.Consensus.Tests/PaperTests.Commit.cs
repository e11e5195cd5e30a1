namespace Concord.Consensus.Tests;

/// <summary>Raft section 5.4.2 (committing entries from previous terms) and what is durable before it counts.</summary>
public sealed class PaperTestsCommit
{
    /// <summary>An entry is committed once a majority, of which the leader is one, has stored it.</summary>
    [Theory]
    [Section("5.3")]
    [InlineData(3, 1)]
    [InlineData(4, 2)]
    [InlineData(5, 2)]
    public void An_entry_is_committed_with_a_majority_and_not_before(int voters, int othersNeeded)
    {
        var replica = Replica.Leading(voters: voters);
        for (int follower = 2; follower <= othersNeeded; follower++)
        {
            replica.Hears(Say.Accepted(follower, 1, 1));
        }

        Assert.Equal(0UL, replica.Commit);
        replica.Hears(Say.Accepted(othersNeeded + 1, 1, 1));
        Assert.Equal(1UL, replica.Commit);
    }

    /// <summary>Followers that lag do not hold up the majority.</summary>
    [Fact]
    [Section("5.3")]
    public void The_commit_index_is_what_a_majority_has_not_what_all_have()
    {
        var replica = Replica.Leading(voters: 5);
        replica.Proposes(out _);
        replica.Proposes(out _);

        replica.Hears(Say.Accepted(2, 1, 3));
        replica.Hears(Say.Accepted(3, 1, 2));

        Assert.Equal(2UL, replica.Commit);
    }

    /// <summary>Only entries of the leader's own term are committed by counting (figure 8); they take the older ones
    /// along.</summary>
    [Fact]
    [Section("5.4.2")]
    public void An_entry_of_an_older_term_is_not_committed_by_counting()
    {
        var replica = Replica.Leading(term: 4, log: [1, 2]);

        replica.Hears(Say.Accepted(2, 4, 2));
        replica.Hears(Say.Accepted(3, 4, 2));
        Assert.Equal(0UL, replica.Commit);

        replica.Hears(Say.Accepted(2, 4, 3));
        Assert.Equal(3UL, replica.Commit);
    }

    /// <summary>A new leader appends an empty entry of its term, whose commit commits what is before it.</summary>
    [Fact]
    [Section("5.4.2")]
    public void A_new_leader_appends_an_empty_entry_of_its_term()
    {
        var replica = Replica.Leading(term: 4, log: [1, 2]);

        Assert.Equal([1, 2, 4], replica.LogTerms);
        Assert.Equal(EntryKind.NoOp, replica.Core.Log.KindAt(new(3)));
        Assert.Equal(0, replica.Core.Log.PayloadLengthAt(new(3)));
    }

    /// <summary>The leader is one acker among others: its own entries count once they are durable.</summary>
    [Fact]
    [Section("thesis 10.2.1")]
    public void A_leader_s_own_entries_count_only_once_they_are_durable()
    {
        var replica = Replica.Leading();
        replica.Hears(Say.Accepted(2, 1, 1));
        replica.DiskIsSlow = true;
        replica.Proposes(out _);

        replica.Hears(Say.Accepted(2, 1, 2));
        Assert.Equal(1UL, replica.Commit);

        replica.DiskCompletes();
        Assert.Equal((2UL, 2UL), (replica.Commit, replica.Applicable));
    }

    /// <summary>The leader sends entries while it still writes them, and a majority of others may commit them without
    /// it.</summary>
    [Fact]
    [Section("thesis 10.2.1")]
    public void Others_may_commit_what_the_leader_still_writes_but_it_applies_it_only_when_durable()
    {
        var replica = Replica.Leading();
        replica.DiskIsSlow = true;
        Assert.Equal(MessageKind.Append, Assert.Single(replica.Hears(Say.Accepted(2, 1, 1))
            .Concat(replica.Proposes(out _))).Kind);
        replica.Hears(Say.Accepted(2, 1, 2));
        replica.Hears(Say.Accepted(3, 1, 2));

        Assert.Equal((2UL, 1UL), (replica.Commit, replica.Applicable));
        replica.DiskCompletes();
        Assert.Equal(2UL, replica.Applicable);
    }

    /// <summary>A follower, too, applies only what is committed and durable.</summary>
    [Fact]
    [Section("5.3")]
    public void A_follower_applies_only_what_is_durable()
    {
        var replica = new Replica(term: 1) { DiskIsSlow = true };

        replica.Hears(Say.Append(2, 1, commit: 1), 1, 1);
        Assert.Equal((1UL, 0UL), (replica.Commit, replica.Applicable));

        replica.DiskCompletes();
        Assert.Equal(1UL, replica.Applicable);
    }

    /// <summary>A vote is durable before it is told, also when the term was known before.</summary>
    [Fact]
    [Section("figure 2")]
    public void A_vote_is_durable_before_it_is_told()
    {
        var replica = new Replica(term: 1) { DiskIsSlow = true };

        Assert.Empty(replica.Hears(Say.RequestVote(2, 1)));
        Assert.Equal(new HardState(Stamp.FromTerm(1), new(2)), replica.LastHardState);

        Assert.False(Assert.Single(replica.DiskCompletes()).Rejected);
    }

    /// <summary>A candidate's term and its vote for itself are durable before it asks others.</summary>
    [Fact]
    [Section("figure 2")]
    public void A_candidacy_is_durable_before_it_is_told()
    {
        var replica = new Replica { DiskIsSlow = true };

        Assert.Empty(replica.TimesOut());
        Assert.Equal(2, replica.DiskCompletes().Count);
    }

    /// <summary>Entries are durable before they are acknowledged.</summary>
    [Fact]
    [Section("figure 2")]
    public void Entries_are_durable_before_they_are_acknowledged()
    {
        var replica = new Replica(term: 1) { DiskIsSlow = true };

        Assert.Empty(replica.Hears(Say.Append(2, 1), 1));
        Assert.Empty(replica.Hears(Say.Append(2, 1), 1)); // the same again, while the write is under way
        Assert.Empty(replica.Hears(Say.Append(2, 1, 1, 1)));

        Assert.All(replica.DiskCompletes(), static reply => Assert.Equal(1UL, reply.Index.Value));
    }

    /// <summary>
    /// Completion is told by the number of the write. A late one, of entries that were overwritten since, says nothing
    /// about their successors at the same places.
    /// </summary>
    [Fact]
    [Section("thesis 10.2.1")]
    public void A_late_completion_of_overwritten_entries_says_nothing_about_their_successors()
    {
        var replica = new Replica(term: 1) { DiskIsSlow = true };
        replica.Hears(Say.Append(2, 1), 1, 1, 1);
        ulong overwritten = replica.Writes[^1].Sequence;
        replica.Hears(Say.Append(3, 2, 0, 0, commit: 3), 2, 2, 2);

        // The answer to the old leader is released; it is of the old term and counts with nobody any more.
        Assert.All(replica.DiskCompletes(overwritten), static reply => Assert.Equal(1UL, reply.Stamp.Term));
        Assert.Equal((0UL, 0UL), (replica.Core.Status.DurableIndex.Value, replica.Applicable));

        Assert.Equal("n1->n3 AppendReply t2 match=3", Assert.Single(replica.DiskCompletes()).ToString());
        Assert.Equal(3UL, replica.Applicable);
    }

    /// <summary>Completions may come late, twice or out of order; only the highest counts.</summary>
    [Fact]
    [Section("thesis 10.2.1")]
    public void Completions_that_come_late_or_twice_change_nothing()
    {
        var replica = new Replica(term: 1) { DiskIsSlow = true };
        replica.Hears(Say.Append(2, 1), 1);
        replica.Hears(Say.Append(2, 1, 1, 1), 1);

        Assert.NotEmpty(replica.DiskCompletes(2));
        Assert.Empty(replica.DiskCompletes(1));
        Assert.Empty(replica.DiskCompletes(2));
        Assert.Equal(2UL, replica.Core.Status.DurableIndex.Value);
        Assert.Throws<InvariantViolationException>(() => replica.Core.DurableTo(3));
    }
}
