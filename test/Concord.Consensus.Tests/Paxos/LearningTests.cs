namespace Concord.Consensus.Tests.Paxos;

/// <summary>What was chosen is learned from anybody who knows it.</summary>
public sealed class LearningTests
{
    private static readonly TimeSpan s_patience = 2 * HostedReplica.HeartbeatInterval;

    [Fact]
    public void Who_hears_that_more_is_chosen_and_does_not_get_it_asks_one_after_the_other()
    {
        var replica = new PaxosReplica("2.2", "2.2", commit: 1);
        replica.Hears(Tell.Heartbeat("2.2", commit: 3));

        Assert.DoesNotContain(replica.Waits(s_patience - TimeSpan.FromTicks(1)), IsQuestion);
        Message first = Assert.Single(replica.Waits(TimeSpan.FromTicks(1)), IsQuestion);
        Assert.DoesNotContain(replica.Waits(s_patience - TimeSpan.FromTicks(1)), IsQuestion);
        Message second = Assert.Single(replica.Waits(TimeSpan.FromTicks(1)), IsQuestion);
        Message third = Assert.Single(replica.Waits(s_patience), IsQuestion);

        Assert.Equal([2, 3, 2], [first.To.Value, second.To.Value, third.To.Value]);
        Assert.Equal(1UL, first.Index.Value);
    }

    [Fact]
    public void Who_has_all_that_is_known_to_be_chosen_asks_nobody()
    {
        var replica = new PaxosReplica("2.2", "2.2", commit: 1);
        replica.Hears(Tell.Heartbeat("2.2", commit: 1));

        Assert.DoesNotContain(replica.Waits(s_patience), IsQuestion);
    }

    [Fact]
    public void A_replica_tells_what_it_knows_to_be_chosen_and_has_durably()
    {
        var replica = new PaxosReplica("2.2", "1.2 1.2") { DiskIsSlow = true };
        replica.Hears(Tell.Accept("2.2", commit: 2), "2.2/1.2 2.2");
        Assert.Empty(replica.Hears(Tell.Learn(3, "1.3")));
        replica.DiskCompletes();

        Message reply = Assert.Single(replica.Hears(Tell.Learn(3, "1.3", behind: 1)));

        Assert.Equal((MessageKind.LearnReply, 1UL, "2.2"), (reply.Kind, reply.Index.Value, replica.Text(reply)));
        Assert.Empty(replica.Hears(Tell.Learn(3, "1.3", behind: 2)));
    }

    /// <summary>What is only accepted is nobody's to learn.</summary>
    [Fact]
    public void What_is_not_known_to_be_chosen_is_not_told()
    {
        var replica = new PaxosReplica("2.2", "2.2 2.2 2.2", commit: 1);

        Assert.Equal("2.2", replica.Text(Assert.Single(replica.Hears(Tell.Learn(3, "2.2")))));
    }

    [Fact]
    public void A_reply_says_what_a_snapshot_covers_and_who_hears_that_fetches_it()
    {
        var teacher = new PaxosReplica("2.2", "2.2 2.2 2.2", commit: 3);
        teacher.Core.SnapshotTaken(new(2), retainedEntries: 0);
        var pupil = new PaxosReplica("2.2");

        Message reply = Assert.Single(teacher.Hears(Tell.Learn(3, "2.2")));
        pupil.Hears(Tell.LearnReply(3, "2.2", behind: 2, commit: 3), "2.2");

        Assert.Equal((2UL, "2.2"), (reply.Index.Value, teacher.Text(reply)));
        Assert.Equal((0UL, new NodeId(3)), (pupil.Commit, pupil.SnapshotWantedFrom));
    }

    /// <summary>Found by the simulator: the answer named entries that a snapshot covered before it left.</summary>
    [Fact]
    public void A_reply_tells_what_is_held_when_it_leaves()
    {
        var teacher = new PaxosReplica("2.2", "2.2 2.2 2.2", commit: 3);
        teacher.Notes(Tell.Learn(3, "2.2"));
        teacher.Core.SnapshotTaken(new(2), retainedEntries: 0);

        Message reply = Assert.Single(teacher.Settle());

        Assert.Equal((MessageKind.LearnReply, 2UL, "2.2"), (reply.Kind, reply.Index.Value, teacher.Text(reply)));
    }

    [Fact]
    public void What_is_learned_is_committed_whatever_was_accepted_there_before()
    {
        var replica = new PaxosReplica("3.3", "1.2 1.3 _ 3.3");
        replica.Hears(Tell.Heartbeat("3.3"));

        replica.Hears(Tell.LearnReply(2, "2.2", commit: 3), "2.2/1.2 2.2 2.2");

        Assert.Equal("2.2/1.2 2.2 2.2 3.3", replica.Log);
        Assert.Equal((3UL, 3UL), (replica.Commit, replica.Applicable));
    }

    /// <summary>And the leader hears of it: it is one more that has it, and what follows it is whole now.</summary>
    [Fact]
    public void What_is_learned_is_acknowledged_to_the_leader_together_with_what_follows()
    {
        var replica = new PaxosReplica("3.3", "_ _ 3.3");
        replica.Hears(Tell.Heartbeat("3.3"));

        Message reply = Assert.Single(
            replica.Hears(Tell.LearnReply(2, "2.2", commit: 2), "2.2 2.2"),
            static said => said.Kind == MessageKind.Accepted);

        Assert.Equal((3UL, new NodeId(3)), (reply.Index.Value, reply.To));
    }

    /// <summary>An older stamp than the own one does not take a value back below what was promised with it.</summary>
    [Fact]
    public void A_value_that_is_held_keeps_the_newer_of_two_ballots()
    {
        var replica = new PaxosReplica("4.3", "4.3/1.2 1.2");

        replica.Hears(Tell.LearnReply(2, "2.2", commit: 2), "2.2/1.2 2.2/1.2");

        Assert.Equal("4.3/1.2 2.2/1.2", replica.Log);
        Assert.Equal(2UL, replica.Commit);
    }

    [Fact]
    public void A_ballot_that_is_learned_is_promised()
    {
        var replica = new PaxosReplica("2.2");
        replica.Hears(Tell.Heartbeat("2.2"));

        replica.Hears(Tell.LearnReply(3, "5.3", commit: 2), "4.2 5.3");

        Assert.Equal(("5.3", 2UL), (replica.Promised, replica.Commit));
        Assert.Equal(Tell.Ballot("5.3"), replica.LastHardState?.Stamp);
    }

    /// <summary>There is more: it is asked for at once, from the one that knows.</summary>
    [Fact]
    public void The_next_piece_is_asked_for_at_once()
    {
        var replica = new PaxosReplica("2.2");

        Message next = Assert.Single(
            replica.Hears(Tell.LearnReply(3, "2.2", commit: 5), "2.2 2.2"), IsQuestion);

        Assert.Equal((new NodeId(3), 2UL), (next.To, next.Index.Value));
    }

    [Fact]
    public void A_reply_that_comes_late_says_nothing_new()
    {
        var replica = new PaxosReplica("2.2", "2.2 2.2", commit: 2);

        Assert.Empty(replica.Hears(Tell.LearnReply(3, "2.2", commit: 1), "2.2"));
        Assert.Equal(2UL, replica.Commit);
    }

    /// <summary>A candidate asks under its ballot, and a leader knows: a piece of the past would only
    /// confuse.</summary>
    [Fact]
    public void A_candidate_and_a_leader_learn_in_phase_one()
    {
        var candidate = new PaxosReplica("2.2");
        candidate.TimesOut();

        candidate.Hears(Tell.LearnReply(3, "2.2", commit: 1), "2.2");

        Assert.Equal((Role.Candidate, 0UL), (candidate.Role, candidate.Commit));
    }

    [Fact]
    public void Two_values_in_one_place_stop_the_replica()
    {
        var replica = new PaxosReplica("3.3", "3.3");

        Assert.Throws<InvariantViolationException>(
            () => replica.Hears(Tell.LearnReply(2, "3.3", commit: 1), "2.2"));
    }

    private static bool IsQuestion(Message said) => said.Kind == MessageKind.Learn;
}
