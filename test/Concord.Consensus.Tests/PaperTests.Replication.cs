namespace Concord.Consensus.Tests;

/// <summary>Raft section 5.3 (log replication): the follower's side.</summary>
public sealed class PaperTestsReplication
{
    /// <summary>A follower appends entries that it does not have, and acknowledges them.</summary>
    [Fact]
    [Section("5.3")]
    public void A_follower_appends_new_entries_and_acknowledges_the_last_of_them()
    {
        var replica = new Replica(term: 1, log: [1]);

        Message reply = Assert.Single(replica.Hears(Say.Append(2, 1, previous: 1, previousTerm: 1), 1, 1));

        Assert.Equal([1, 1, 1], replica.LogTerms);
        Assert.Equal("n1->n2 AppendReply t1 match=3", reply.ToString());
    }

    /// <summary>It refuses if its log has no entry at the place before with the term before.</summary>
    [Theory]
    [Section("5.3")]
    [InlineData(3, 1, 2)] // no entry there: the hint is the end of the log
    [InlineData(2, 2, 0)] // another term there: the hint is before all of that term
    [InlineData(9, 3, 2)]
    public void A_follower_refuses_entries_behind_a_place_that_does_not_match(ulong previous, ulong previousTerm,
        ulong hint)
    {
        var replica = new Replica(term: 3, log: [1, 1]);

        Message reply = Assert.Single(replica.Hears(Say.Append(2, 3, previous, previousTerm), 3));

        Assert.Equal($"n1->n2 AppendReply t3 rejected={previous} hint={hint}", reply.ToString());
        Assert.Equal([1, 1], replica.LogTerms);
    }

    /// <summary>The hint skips the whole conflicting term at once, but nothing that is committed.</summary>
    [Fact]
    [Section("5.3")]
    public void The_hint_skips_one_term_and_stops_at_what_is_committed()
    {
        var skips = new Replica(term: 4, log: [1, 1, 2, 2, 2]);
        var stops = new Replica(term: 4, log: [1, 1, 2, 2, 2], commit: 4);

        Assert.Equal(2UL, Assert.Single(skips.Hears(Say.Append(2, 4, 5, 3))).Hint.Value);
        Assert.Equal(4UL, Assert.Single(stops.Hears(Say.Append(2, 4, 5, 3))).Hint.Value);
    }

    /// <summary>An entry that conflicts with a new one goes, and all that follow it.</summary>
    [Fact]
    [Section("5.3")]
    public void A_conflicting_entry_is_dropped_with_all_behind_it()
    {
        var replica = new Replica(term: 3, log: [1, 2, 2, 2]);

        Message reply = Assert.Single(replica.Hears(Say.Append(2, 3, previous: 1, previousTerm: 1), 3));

        Assert.Equal([1, 3], replica.LogTerms);
        Assert.Equal(2UL, reply.Index.Value);
        Assert.Equal(new LogIndex(2), replica.Writes[^1].TruncateFrom);
        Assert.Equal(new LogRange(new(2), 1), replica.Writes[^1].Entries);
    }

    /// <summary>Without a conflict nothing is dropped: a late, short message says nothing about what follows.</summary>
    [Theory]
    [Section("5.3")]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void A_late_short_append_drops_nothing(int entries)
    {
        var replica = new Replica(term: 2, log: [1]);
        replica.Hears(Say.Append(2, 2, 1, 1), 2, 2, 2);

        replica.Hears(Say.Append(2, 2, 1, 1), [.. Enumerable.Repeat(2UL, entries)]);

        Assert.Equal([1, 2, 2, 2], replica.LogTerms);
        Assert.All(replica.Writes, static write => Assert.Null(write.TruncateFrom));
    }

    /// <summary>What is acknowledged is what the message has reached, not the end of the own log, which may
    /// differ.</summary>
    [Fact]
    [Section("5.3")]
    public void An_acknowledgement_never_goes_beyond_what_the_message_has_reached()
    {
        var replica = new Replica(term: 3, log: [1, 1, 2, 2]);

        Assert.Equal(2UL, Assert.Single(replica.Hears(Say.Append(2, 3, 1, 1), 1)).Index.Value);
        Assert.Equal(1UL, Assert.Single(new Replica(term: 3, log: [1, 2, 2]).Hears(Say.Append(2, 3, 1, 1)))
            .Index.Value);
    }

    /// <summary>What one leader has verified counts for nothing under the next.</summary>
    [Fact]
    [Section("5.3")]
    public void A_new_leader_s_acknowledgement_does_not_include_what_an_earlier_leader_verified()
    {
        var replica = new Replica(term: 1);
        replica.Hears(Say.Append(2, 1), 1, 1, 1);

        Assert.Equal(1UL, Assert.Single(replica.Hears(Say.Append(3, 2, 1, 1))).Index.Value);
    }

    /// <summary>The follower's commit index is the smaller of the leader's and the last entry that is known to be the
    /// leader's.</summary>
    [Theory]
    [Section("5.3")]
    [InlineData(1, 1)]
    [InlineData(2, 2)]
    [InlineData(9, 2)] // the third entry may not be the leader's
    public void A_follower_commits_up_to_the_leader_s_commit_but_not_beyond_what_was_verified(ulong leaderCommit,
        ulong commit)
    {
        var replica = new Replica(term: 3, log: [1, 2, 2]);

        replica.Hears(Say.Append(2, 3, previous: 1, previousTerm: 1, commit: leaderCommit), 2);

        Assert.Equal((commit, commit), (replica.Commit, replica.Applicable));
    }

    /// <summary>A commit index never falls.</summary>
    [Fact]
    [Section("5.3")]
    public void A_commit_index_never_falls()
    {
        var replica = new Replica(term: 1);
        replica.Hears(Say.Append(2, 1, commit: 2), 1, 1);

        replica.Hears(Say.Append(2, 1, commit: 1), 1);
        replica.Hears(Say.Heartbeat(2, 1, commit: 0));

        Assert.Equal(2UL, replica.Commit);
    }

    /// <summary>A heartbeat tells how far the follower is known to agree and to be committed.</summary>
    [Fact]
    [Section("5.3")]
    public void A_heartbeat_advances_the_commit_within_the_log()
    {
        var replica = new Replica(term: 1, log: [1, 1]);

        replica.Hears(Say.Heartbeat(2, 1, commit: 1));
        Assert.Equal(1UL, replica.Commit);
        replica.Hears(Say.Heartbeat(2, 1, commit: 7));
        Assert.Equal(2UL, replica.Commit);
    }

    /// <summary>A committed entry is never dropped; a message that would is a defect, and the node stops before it
    /// acts.</summary>
    [Fact]
    [Section("5.3")]
    public void Dropping_a_committed_entry_stops_the_node()
    {
        var replica = new Replica(term: 3, log: [1, 2], commit: 2);

        var broken = Assert.Throws<InvariantViolationException>(() => replica.Hears(Say.Append(2, 3, 1, 1), 3));

        Assert.Contains("never truncated", broken.Rule, StringComparison.Ordinal);
    }

    /// <summary>Many appends before a drain get one answer, for all of them.</summary>
    [Fact]
    [Section("5.3")]
    public void Appends_that_came_together_are_acknowledged_once()
    {
        var replica = new Replica(term: 1);
        Say.Deliver(replica.Core, Say.Append(2, 1), default, 1);
        Say.Deliver(replica.Core, Say.Append(2, 1, 1, 1), default, 1);
        Say.Deliver(replica.Core, Say.Append(2, 1, 2, 1), default, 1);

        Assert.Equal("n1->n2 AppendReply t1 match=3", Assert.Single(replica.Settle()).ToString());
        Assert.Single(replica.Writes);
    }
}
