namespace Concord.Consensus.Tests;

/// <summary>What counts for a commit, and when.</summary>
public sealed class PitfallTestsCommit
{
    /// <summary>logcabin#44, CCF PR#4485; figure 8 of the paper.</summary>
    [Fact]
    [Pitfall(2)]
    public void Entries_of_earlier_terms_are_not_committed_by_counting()
    {
        var leader = Replica.Leading(term: 4, log: [1, 2], voters: 5);

        leader.Hears(Say.Accepted(2, 4, 2));
        leader.Hears(Say.Accepted(3, 4, 2));
        Assert.Equal(0UL, leader.Commit);
        leader.Hears(Say.Accepted(2, 4, 3));
        leader.Hears(Say.Accepted(3, 4, 3));
        Assert.Equal(3UL, leader.Commit);
    }

    /// <summary>raft PR#105, openraft#1246: a replica alone knows after a restart less than it once acknowledged.
    /// It reads nothing until the first entry of its new term is durable, and then it has all.</summary>
    [Fact]
    [Pitfall(5)]
    public void A_replica_alone_reads_after_a_restart_only_when_its_term_has_committed()
    {
        var replica = new Replica(term: 1, log: [1, 1, 1], voters: 1, with: With.Lease) { DiskIsSlow = true };
        replica.Waits(TimeSpan.Zero);
        replica.DiskCompletes();
        Assert.Equal(Role.Leader, replica.Role);

        replica.Asks(7);
        Assert.Empty(replica.Reads);
        replica.DiskCompletes();
        Assert.Equal([new ReadResult(7, new(4), Failed: false)], replica.Reads);
    }

    /// <summary>etcd#14370: a node alone acknowledged a write before it was on its disk.</summary>
    [Fact]
    [Pitfall(6)]
    public void A_leader_counts_itself_only_for_what_is_durable()
    {
        var leader = Replica.Leading(voters: 1);
        leader.DiskIsSlow = true;
        leader.Proposes(out LogIndex index);

        Assert.True(leader.Commit < index.Value && leader.Applicable < index.Value);
        leader.DiskCompletes();
        Assert.Equal(index.Value, leader.Applicable);
    }

    /// <summary>openraft#2118: what a new leader has not synced yet does not become synced by its election.</summary>
    [Fact]
    [Pitfall(6)]
    public void Becoming_leader_makes_nothing_durable()
    {
        var replica = new Replica(voters: 3) { DiskIsSlow = true };
        replica.Hears(Say.Append(2, 1), 1);
        replica.DiskCompletes(1);
        replica.Hears(Say.Append(2, 1, 1, 1), 1);
        replica.TimesOut();
        replica.DiskCompletes(3);
        replica.Hears(Say.Vote(3, 2));
        Assert.Equal(Role.Leader, replica.Role);

        Assert.Equal(new LogIndex(2), replica.Core.Status.DurableIndex);
        replica.Hears(Say.Accepted(3, 2, 3));
        Assert.Equal(0UL, replica.Commit);
    }

    /// <summary>etcd's async_storage_writes_append_aba_race: a completion says nothing about the entries that took the
    /// place of those that it stored.</summary>
    [Fact]
    [Pitfall(7)]
    public void A_completion_counts_for_its_own_write_and_for_no_successor()
    {
        var replica = new Replica { DiskIsSlow = true };
        replica.Hears(Say.Append(2, 1), 1, 1);
        replica.Hears(Say.Append(3, 2), 2, 2);
        replica.Hears(Say.Append(2, 3), 3, 3);

        IReadOnlyList<Message> said = replica.DiskCompletes(2);
        Assert.Equal(LogIndex.Zero, replica.Core.Status.DurableIndex);
        Assert.DoesNotContain(said, static message => message.Stamp.Term == 3);
        Assert.Equal(new LogIndex(2), Assert.Single(replica.DiskCompletes(3)).Index);
    }

    /// <summary>openraft#1960: completions out of order wedged a cluster.</summary>
    [Fact]
    [Pitfall(8)]
    public void Completions_out_of_order_and_repeated_never_go_back()
    {
        var replica = new Replica { DiskIsSlow = true };
        replica.Hears(Say.Append(2, 1), 1);
        replica.Hears(Say.Append(2, 1, 1, 1), 1);
        replica.Hears(Say.Append(2, 1, 2, 1), 1);

        replica.DiskCompletes(3);
        replica.DiskCompletes(1);
        replica.DiskCompletes(2);

        Assert.Equal(new LogIndex(3), replica.Core.Status.DurableIndex);
        Assert.Equal(0, replica.WaitingMessages);
    }

    /// <summary>openraft's io_ordering: an entry of a term that is on the disk says that the term was reached, although
    /// the record that says so came later and was lost.</summary>
    [Fact]
    [Pitfall(9)]
    public void An_entry_says_that_its_term_was_reached()
    {
        var replica = new Replica(term: 1, votedFor: 3, log: [1, 4]);

        Assert.Equal(4UL, replica.Term);
        Assert.True(Assert.Single(replica.Hears(Say.RequestVote(2, 3, 9, 3))).Rejected);
        Assert.False(Assert.Single(replica.Hears(Say.RequestVote(2, 4, 9, 4))).Rejected);
    }

    /// <summary>Term and vote stand in the same write as the entries that follow them, before them.</summary>
    [Fact]
    [Pitfall(9)]
    public void Term_and_entries_go_into_one_write()
    {
        var replica = new Replica { DiskIsSlow = true };

        replica.Hears(Say.Append(2, 3), 3);

        LogWrite write = Assert.Single(replica.Writes);
        Assert.Equal((Stamp.FromTerm(3), 1), (write.HardState!.Value.Stamp, write.Entries.Count));
    }

    /// <summary>openraft#1802 committed with less than a quorum; d60f1e8 read with one too few. By definition, for all
    /// states of five voters.</summary>
    [Fact]
    [Pitfall(18)]
    public void A_commit_is_what_at_least_a_quorum_has()
    {
        for (int state = 0; state < 4 * 4 * 4 * 4 * 4; state++)
        {
            ulong[] reached = [.. Enumerable.Range(0, 5).Select(place => (ulong)(state >> (2 * place)) & 3)];
            for (int size = 1; size <= 3; size++)
            {
                int needed = size;
                ulong expected = Enumerable.Range(0, 4).Select(static i => (ulong)i)
                    .Last(i => reached.Count(at => at >= i) >= needed);
                Assert.Equal(expected, Quorum.Of(0b11111, size).Reached(reached));
            }
        }
    }

    /// <summary>CCF (NSDI 2025), openraft 9540c904: a late or short append must not truncate what came after
    /// it.</summary>
    [Fact]
    [Pitfall(19)]
    public void Only_a_conflict_truncates()
    {
        var replica = new Replica(term: 2, log: [1, 2, 2, 2]);

        replica.Hears(Say.Append(2, 2, 1, 1), 2);
        replica.Hears(Say.Append(2, 2, 0, 0));
        Assert.Equal([1UL, 2, 2, 2], replica.LogTerms);
        replica.Hears(Say.Append(3, 3, 1, 1), 3);
        Assert.Equal([1UL, 3], replica.LogTerms);
    }

    /// <summary>And its answer reaches as far as the message did, not to the end of the log.</summary>
    [Fact]
    [Pitfall(19)]
    public void An_acknowledgement_ends_where_the_message_ended()
    {
        var replica = new Replica(term: 2, log: [1, 2, 2, 2]);

        Assert.Equal(new LogIndex(2), Assert.Single(replica.Hears(Say.Append(2, 3, 1, 1, commit: 4), 2)).Index);
        Assert.Equal(2UL, replica.Commit);
    }

    /// <summary>etcd 3.5's corruption, tikv#4560: the state must not be ahead of the log under it.</summary>
    [Fact]
    [Pitfall(28)]
    public void Nothing_is_applied_before_it_is_committed_and_durable_here()
    {
        var replica = new Replica { DiskIsSlow = true };

        replica.Hears(Say.Append(2, 1, commit: 2), 1, 1, 1);
        Assert.Equal((2UL, 0UL), (replica.Commit, replica.Applicable));
        replica.DiskCompletes();
        Assert.Equal(2UL, replica.Applicable);
    }

    /// <summary>dragonboat#106: what decides nothing holds nothing up either: learners do not count for
    /// durability, nor is there a witness, which would count without the entry.</summary>
    [Fact]
    [Pitfall(34)]
    public void Only_voters_with_the_entry_count_for_a_commit()
    {
        var leader = Replica.Leading(membership: new([new(1), new(2), new(3)], [new(4), new(5)]));

        leader.Hears(Say.Accepted(4, 1, 1));
        leader.Hears(Say.Accepted(5, 1, 1));
        Assert.Equal(0UL, leader.Commit);
        leader.Hears(Say.Accepted(2, 1, 1));
        Assert.Equal(1UL, leader.Commit);
    }
}
