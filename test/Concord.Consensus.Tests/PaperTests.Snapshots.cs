namespace Concord.Consensus.Tests;

/// <summary>Raft section 7 (log compaction), as far as the core takes part.</summary>
public sealed class PaperTestsSnapshots
{
    /// <summary>What a snapshot covers is forgotten; the last index and term of it stay known for the consistency
    /// check.</summary>
    [Fact]
    [Section("7")]
    public void A_snapshot_lets_the_log_before_it_go_but_keeps_its_last_term()
    {
        var replica = new Replica(term: 2, log: [1, 1, 2, 2], commit: 4);

        replica.Core.SnapshotTaken(new(3), retainedEntries: 0);

        Assert.Equal([2], replica.LogTerms);
        Assert.Equal((3UL, 2UL), (replica.Core.Log.Base.Value, replica.Core.Log.BaseStamp.Term));
        Assert.False(Assert.Single(replica.Hears(Say.Append(2, 2, 3, 2), 2)).Rejected);
    }

    /// <summary>Some entries may be kept for followers that lag a little.</summary>
    [Theory]
    [Section("7")]
    [InlineData(1, 2)]
    [InlineData(2, 1)]
    [InlineData(3, 0)]
    [InlineData(9, 0)]
    public void Entries_may_be_kept_behind_a_snapshot(int retained, ulong expectedBase)
    {
        var replica = new Replica(term: 2, log: [1, 1, 2, 2], commit: 4);

        replica.Core.SnapshotTaken(new(3), retained);

        Assert.Equal(expectedBase, replica.Core.Log.Base.Value);
    }

    /// <summary>A snapshot covers committed, durable entries only.</summary>
    [Fact]
    [Section("7")]
    public void A_snapshot_of_what_is_not_committed_stops_the_node()
    {
        var replica = new Replica(term: 2, log: [1, 1, 2, 2], commit: 2);

        Assert.Throws<InvariantViolationException>(() => replica.Core.SnapshotTaken(new(3), 0));
    }

    /// <summary>A leader that no longer has the next entry of a follower tells it to fetch the snapshot.</summary>
    [Fact]
    [Section("7")]
    public void A_follower_behind_the_log_is_told_to_fetch_a_snapshot_and_then_goes_on()
    {
        Replica replica = CompactedLeader();

        Message told = Assert.Single(replica.Hears(Say.Refused(3, 2, previous: 3, hint: 0)));
        Assert.Equal("n1->n3 InstallSnapshot t2 snapshot=4@t2", told.ToString());
        Assert.DoesNotContain(replica.Proposes(out _), static message => message.To == new NodeId(3));

        Message next = Assert.Single(replica.Hears(Say.Accepted(3, 2, match: 4)));
        Assert.Equal("n1->n3 Append t2 prev=4@t2 entries=[5] commit=4", next.ToString());
    }

    /// <summary>Nothing depends on that one message: it is repeated until the follower has moved on.</summary>
    [Fact]
    [Section("7")]
    public void The_follower_is_told_again_until_it_has_the_snapshot()
    {
        Replica replica = CompactedLeader();
        replica.Hears(Say.Refused(3, 2, previous: 3, hint: 0));

        Assert.Contains(
            "n1->n3 InstallSnapshot t2 snapshot=4@t2",
            replica.Waits(Replica.ElectionTimeout / 2).Select(static message => message.ToString()));
    }

    /// <summary>A follower that lacks what the snapshot covers asks its host to fetch it from the leader.</summary>
    [Fact]
    [Section("7")]
    public void A_follower_that_is_told_asks_for_the_leader_s_snapshot()
    {
        var replica = new Replica(term: 2, log: [1]);

        replica.Hears(Say.InstallSnapshot(3, 2, 4, 2));

        Assert.Equal(new NodeId(3), replica.SnapshotWantedFrom);
    }

    /// <summary>
    /// A snapshot of what the follower has already is not wanted; it must say so, for its leader waits for an answer
    /// (the acknowledgement may have been lost, or the follower has restarted since).
    /// </summary>
    [Theory]
    [Section("7")]
    [InlineData(0)]
    [InlineData(2)]
    [InlineData(4)]
    public void A_snapshot_that_brings_nothing_is_not_wanted_but_acknowledged(ulong commit)
    {
        var replica = new Replica(term: 2, log: [1, 1, 2, 2], commit: commit);

        Message reply = Assert.Single(replica.Hears(Say.InstallSnapshot(3, 2, 3, 2)));

        Assert.True(replica.SnapshotWantedFrom.IsNone);
        Assert.Equal("n1->n3 AppendReply t2 match=3", reply.ToString());
        Assert.Equal(Math.Max(commit, 3), replica.Commit);
    }

    /// <summary>The same when the log begins at the snapshot, or behind it.</summary>
    [Theory]
    [Section("7")]
    [InlineData(3)]
    [InlineData(2)]
    public void A_snapshot_that_was_installed_already_is_acknowledged_again(ulong index)
    {
        var replica = new Replica(term: 2);
        replica.Core.SnapshotInstalled(Replica.PointAt(new(3), Stamp.FromTerm(2)));

        Message reply = Assert.Single(replica.Hears(Say.InstallSnapshot(3, 2, index, 2)));

        Assert.Equal($"n1->n3 AppendReply t2 match={index}", reply.ToString());
    }

    /// <summary>A snapshot beyond the log, or of another history, replaces the log, and is acknowledged to the
    /// leader.</summary>
    [Theory]
    [Section("7")]
    [InlineData(6, 2)] // beyond the log
    [InlineData(3, 2)] // the entry there is another one
    public void A_snapshot_of_what_the_log_does_not_have_replaces_the_log(ulong index, ulong term)
    {
        var replica = new Replica(term: 2, log: [1, 1, 1, 1]);
        replica.Hears(Say.InstallSnapshot(3, 2, index, term));

        replica.Core.SnapshotInstalled(Replica.PointAt(new(index), Stamp.FromTerm(term)));
        Message reply = Assert.Single(replica.Settle());

        Assert.Empty(replica.LogTerms);
        Assert.Equal((index, index, index), (replica.Core.Log.Base.Value, replica.Commit, replica.Applicable));
        Assert.Equal($"n1->n3 AppendReply t2 match={index}", reply.ToString());
        Assert.False(Assert.Single(replica.Hears(Say.Append(3, 2, index, term), 2)).Rejected);
    }

    /// <summary>If the log has the snapshot's last entry, what follows it is kept: it may have been
    /// acknowledged.</summary>
    [Fact]
    [Section("7")]
    public void A_snapshot_of_a_prefix_keeps_what_follows_it()
    {
        var replica = new Replica(term: 2);
        replica.Hears(Say.Append(3, 2), 1, 1, 2, 2);

        replica.Core.SnapshotInstalled(Replica.PointAt(new(2), Stamp.FromTerm(1)));

        Assert.Equal([2, 2], replica.LogTerms);
        Assert.Equal("n1->n3 AppendReply t2 match=4", Assert.Single(replica.Settle()).ToString());
        Assert.Equal(4UL, replica.Core.Status.DurableIndex.Value);
    }

    /// <summary>The same while the entries are still being written: a late completion counts for what it
    /// wrote.</summary>
    [Fact]
    [Section("7")]
    public void A_snapshot_that_overtakes_the_disk_keeps_what_is_being_written()
    {
        var replica = new Replica(term: 2) { DiskIsSlow = true };
        replica.Hears(Say.Append(3, 2), 1, 1, 2, 2);

        replica.Core.SnapshotInstalled(Replica.PointAt(new(2), Stamp.FromTerm(1)));
        Assert.Empty(replica.Settle());
        Assert.Equal((2UL, 2UL), (replica.Core.Status.DurableIndex.Value, replica.Applicable));

        Assert.All(replica.DiskCompletes(), static reply => Assert.Equal(4UL, reply.Index.Value));
        Assert.Equal(4UL, replica.Core.Status.DurableIndex.Value);
    }

    /// <summary>A snapshot never takes a replica back.</summary>
    [Fact]
    [Section("7")]
    public void An_older_snapshot_changes_nothing()
    {
        var replica = new Replica(term: 2, log: [1, 1, 2], commit: 3);

        replica.Core.SnapshotInstalled(Replica.PointAt(new(2), Stamp.FromTerm(1)));

        Assert.Equal([1, 1, 2], replica.LogTerms);
        Assert.Equal(3UL, replica.Commit);
    }

    /// <summary>An entry of a term says that the term was reached, in a snapshot as in a log.</summary>
    [Fact]
    [Section("7")]
    public void A_snapshot_of_a_newer_term_brings_the_term_with_it()
    {
        var replica = new Replica(term: 2, votedFor: 1, log: [1]);
        replica.Hears(Say.InstallSnapshot(3, 2, 4, 2));

        replica.Core.SnapshotInstalled(Replica.PointAt(new(9), Stamp.FromTerm(5)));

        Assert.Empty(replica.Settle()); // the leader of term 2 may not have what the snapshot holds
        Assert.Equal((5UL, 9UL), (replica.Term, replica.Commit));
        Assert.Equal(5UL, replica.LastHardState!.Value.Stamp.Term);
        Assert.All(replica.TimesOut(), static request =>
            Assert.Equal("RequestVote t6 last=9@t5", request.ToString()[7..]));
    }

    /// <summary>Entries that a snapshot covers are committed, so that an append that begins before it
    /// matches.</summary>
    [Fact]
    [Section("7")]
    public void An_append_that_begins_before_the_snapshot_is_taken_from_there_on()
    {
        var replica = new Replica(term: 2, log: [1, 1, 2, 2], commit: 4);
        replica.Core.SnapshotTaken(new(3), 0);

        Message reply = Assert.Single(replica.Hears(Say.Append(2, 2, 1, 1), 1, 2, 2, 2));
        Assert.Equal(5UL, reply.Index.Value);
        Assert.Equal([2, 2], replica.LogTerms);

        Assert.Equal(5UL, Assert.Single(replica.Hears(Say.Append(2, 2, 0, 0), 1)).Index.Value);
    }

    /// <summary>A leader of term 2 whose log begins behind 4 and whose follower n3 has said nothing yet.</summary>
    private static Replica CompactedLeader()
    {
        var replica = Replica.Leading(term: 2, log: [1, 1, 1]);
        replica.Hears(Say.Accepted(2, 2, 4));
        replica.Core.SnapshotTaken(new(4), 0);
        return replica;
    }
}
