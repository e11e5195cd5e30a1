namespace Concord.Consensus.Tests.Paxos;

/// <summary>What a leader proposes, sends and counts.</summary>
public sealed class ProposerTests
{
    [Fact]
    public void What_a_quorum_has_accepted_is_chosen()
    {
        var leader = PaxosReplica.Leading(voters: 5);

        leader.Hears(Tell.Accepted(2, "1.1", 1));
        Assert.Equal(0UL, leader.Commit);
        leader.Hears(Tell.Accepted(3, "1.1", 1));
        Assert.Equal(1UL, leader.Commit);
    }

    /// <summary>The leader is one acceptor among others.</summary>
    [Fact]
    public void The_leader_counts_what_it_has_durably()
    {
        var leader = PaxosReplica.Leading();
        leader.Hears(Tell.Accepted(2, "1.1", 1));
        leader.DiskIsSlow = true;
        leader.Proposes(out _);

        leader.Hears(Tell.Accepted(2, "1.1", 2));
        Assert.Equal(1UL, leader.Commit);
        leader.DiskCompletes();
        Assert.Equal(2UL, leader.Commit);
    }

    [Fact]
    public void What_was_accepted_under_an_older_ballot_is_not_counted()
    {
        var leader = PaxosReplica.Leading(round: 3, log: "2.1 2.1", promised: "2.1");

        leader.Hears(Tell.Accepted(2, "2.1", 2));
        Assert.Equal(0UL, leader.Commit);
        leader.Hears(Tell.Accepted(2, "3.1", 2));
        Assert.Equal(2UL, leader.Commit);
    }

    /// <summary>Its own entries of before count as proposed anew, once that is durable.</summary>
    [Fact]
    public void What_the_leader_had_accepted_before_counts_when_it_is_durable_under_its_ballot()
    {
        var leader = new PaxosReplica("2.2", "2.2");
        leader.TimesOut();
        leader.DiskIsSlow = true;
        leader.Hears(Tell.Promise(2, "3.1"));
        Assert.Equal(Role.Leader, leader.Role);

        leader.Hears(Tell.Accepted(2, "3.1", 2));
        Assert.Equal(0UL, leader.Commit);
        leader.DiskCompletes();
        Assert.Equal(2UL, leader.Commit);
    }

    [Fact]
    public void More_than_was_proposed_is_not_counted()
    {
        var leader = PaxosReplica.Leading();

        leader.Hears(Tell.Accepted(2, "1.1", 9));

        Assert.Equal(0UL, leader.Commit);
    }

    /// <summary>Who told in its promise that it holds a value is only told its name; who did not gets it
    /// whole.</summary>
    [Fact]
    public void Values_that_are_held_are_only_named()
    {
        var leader = new PaxosReplica("2.2", voters: 5);
        leader.TimesOut();
        leader.Hears(Tell.Promise(2, "3.1", last: 3), "2.2 1.2 2.2");
        IReadOnlyList<Message> said = leader.Hears(Tell.Promise(3, "3.1", last: 2), "1.3 2.3");

        Assert.Equal(
            [("3.1/2.2", true), ("3.1/2.3", false), ("3.1/2.2", true), ("3.1-", false)],
            Sent(leader, said, to: 2));
        Assert.Equal([("3.1/2.2", false), ("3.1/2.3", true), ("3.1/2.2 3.1-", false)], Sent(leader, said, to: 3));
        Assert.Equal([("3.1/2.2 3.1/2.3 3.1/2.2 3.1-", false)], Sent(leader, said, to: 4));
    }

    /// <summary>It has lost it since: it gets all of it whole.</summary>
    [Fact]
    public void Who_lacks_what_it_was_only_named_gets_it_whole()
    {
        var leader = new PaxosReplica("2.2");
        leader.TimesOut();
        leader.Hears(Tell.Promise(2, "3.1", last: 2), "2.2 2.2");

        IReadOnlyList<Message> again = leader.Hears(Tell.Missing(2, "3.1", 0));

        Assert.Equal([("3.1/2.2 3.1/2.2 3.1-", false)], Sent(leader, again, to: 2));
    }

    /// <summary>What it lacks is no more counted until it says so again.</summary>
    [Fact]
    public void A_follower_with_a_gap_is_served_from_there()
    {
        var leader = PaxosReplica.Leading();
        leader.Hears(Tell.Accepted(2, "1.1", 1));
        leader.Proposes(out _);
        leader.Proposes(out _);

        IReadOnlyList<Message> again = leader.Hears(Tell.Missing(2, "1.1", 1));

        Assert.Equal([("1.1 1.1", false)], Sent(leader, again, to: 2));
        Assert.Equal(1UL, leader.Commit);
        leader.Hears(Tell.Accepted(2, "1.1", 3));
        Assert.Equal(3UL, leader.Commit);
    }

    /// <summary>It restarted and does not know any more what was committed; what it cannot show is not
    /// counted.</summary>
    [Fact]
    public void Who_shows_less_than_it_acknowledged_is_counted_for_less()
    {
        var leader = PaxosReplica.Leading(voters: 5);
        leader.Proposes(out _);
        leader.Hears(Tell.Accepted(2, "1.1", 2));
        leader.Hears(Tell.Missing(2, "1.1", 0));

        leader.Hears(Tell.Accepted(3, "1.1", 2));

        Assert.Equal(0UL, leader.Commit);
    }

    /// <summary>The answer to what was asked before the last time changes nothing.</summary>
    [Fact]
    public void A_late_answer_does_not_send_it_all_again()
    {
        var leader = PaxosReplica.Leading();
        leader.Proposes(out _);
        leader.Hears(Tell.Missing(2, "1.1", 0));

        Assert.Empty(leader.Hears(Tell.Missing(2, "1.1", 0)));
    }

    [Fact]
    public void Where_a_follower_stands_is_known_from_its_promise()
    {
        var leader = new PaxosReplica("2.2", "2.2 2.2 2.2", commit: 2);
        leader.TimesOut();

        IReadOnlyList<Message> said = leader.Hears(Tell.Promise(2, "3.1", behind: 2, last: 2, commit: 1));

        Assert.Equal([("2.2 3.1/2.2 3.1-", false)], Sent(leader, said, to: 2));
        Assert.Equal(1UL, said.First(static m => m is { Kind: MessageKind.Accept, To.Value: 2 }).Index.Value);
    }

    [Fact]
    public void An_impaired_follower_counts_for_nothing()
    {
        var leader = PaxosReplica.Leading();

        leader.Hears(Tell.Accepted(2, "1.1", 1) with { IsImpaired = true });
        leader.Hears(Tell.Accepted(2, "1.1", 1));

        Assert.Equal(0UL, leader.Commit);
    }

    [Fact]
    public void Whoever_accepts_keeps_the_leader_in_office()
    {
        var leader = PaxosReplica.Leading(with: With.CheckQuorum);
        leader.Waits(0.9 * HostedReplica.ElectionTimeout);
        leader.Hears(Tell.Accepted(2, "1.1", 1));

        leader.Waits(0.9 * HostedReplica.ElectionTimeout);
        Assert.Equal(Role.Leader, leader.Role);
        leader.Waits(0.2 * HostedReplica.ElectionTimeout);
        Assert.Equal(Role.Follower, leader.Role);
    }

    [Fact]
    public void No_more_is_proposed_than_the_window_holds()
    {
        var leader = PaxosReplica.Leading(with: static with => with with { WindowEntriesMax = 3 });
        leader.Proposes(out _);
        leader.Proposes(out _);
        Assert.Equal(ProposeResult.Overloaded, leader.Core.Propose(Say.Payload, out _));

        leader.Hears(Tell.Accepted(2, "1.1", 1));

        leader.Proposes(out LogIndex index);
        Assert.Equal(4UL, index.Value);
    }

    /// <summary>What it found counts for no client of its own: only what it proposed anew is.</summary>
    [Fact]
    public void What_is_not_committed_is_limited_in_bytes_too()
    {
        var leader = PaxosReplica.Leading(
            round: 3, log: "2.1 2.1", promised: "2.1", with: static with => with with { UncommittedBytesMax = 40 });

        leader.Proposes(out _);
        Assert.Equal(ProposeResult.Overloaded, leader.Core.Propose(Say.Payload, out _));
        leader.Hears(Tell.Accepted(2, "3.1", 4));
        leader.Proposes(out _);
    }

    /// <summary>A read before the own first entry could miss what was chosen.</summary>
    [Fact]
    public void Nothing_is_read_before_an_entry_of_the_own_ballot_is_chosen()
    {
        var leader = PaxosReplica.Leading(round: 3, log: "2.1", promised: "2.1");
        leader.Asks(7);
        leader.Hears(Tell.Accepted(2, "3.1", 1));
        leader.Hears(Tell.HeartbeatReply(2, "3.1", read: 1));
        Assert.Equal((1UL, 0), (leader.Commit, leader.Reads.Count));

        Message round = leader.Hears(Tell.Accepted(2, "3.1", 2))
            .First(static said => said.Kind == MessageKind.Heartbeat);
        leader.Hears(Tell.HeartbeatReply(2, "3.1", read: round.ReadSequence));

        Assert.Equal(new ReadResult(7, new(2), Failed: false), Assert.Single(leader.Reads));
    }

    [Fact]
    public void A_lease_ends_with_a_newer_ballot()
    {
        var leader = PaxosReplica.Leading(with: With.Lease);
        leader.Hears(Tell.Accepted(2, "1.1", 1));
        Message round = leader.Waits(HostedReplica.HeartbeatInterval)
            .First(static said => said.Kind == MessageKind.Heartbeat);
        leader.Hears(Tell.HeartbeatReply(2, "1.1", read: round.ReadSequence));
        leader.Asks(7);
        Assert.Equal(new ReadResult(7, new(1), Failed: false), Assert.Single(leader.Reads));

        leader.Hears(Tell.HeartbeatReply(3, "2.3"));

        Assert.Equal(Role.Follower, leader.Role);
        Assert.NotEqual(ProposeResult.Accepted, leader.Core.Read(8, leader.Now));
    }

    [Fact]
    public void A_leader_hands_over_to_one_that_has_accepted_all_it_proposed()
    {
        var leader = PaxosReplica.Leading();
        leader.Hears(Tell.Accepted(2, "1.1", 1));
        leader.Proposes(out _);

        Assert.DoesNotContain(leader.Transfers(2), static said => said.Kind == MessageKind.TimeoutNow);
        Assert.Equal(ProposeResult.Transferring, leader.Core.Propose(Say.Payload, out _));
        Message request = Assert.Single(leader.Hears(Tell.Accepted(2, "1.1", 2)));

        Assert.Equal((MessageKind.TimeoutNow, 2UL), (request.Kind, request.Index.Value));
    }

    [Fact]
    public void Messages_of_a_short_size_carry_one_entry_each()
    {
        var leader = PaxosReplica.Leading(with: static with => with with { AppendBytesMax = 1 });
        leader.Hears(Tell.Accepted(2, "1.1", 1));
        leader.Core.Propose(Say.Payload, out _);
        leader.Core.Propose(Say.Payload, out _);

        Assert.Equal([("1.1", false), ("1.1", false)], Sent(leader, leader.Settle(), to: 2));
    }

    [Fact]
    public void What_a_follower_lacks_and_the_leader_has_let_go_comes_as_a_snapshot()
    {
        var leader = PaxosReplica.Leading(round: 3, log: "2.1 2.1 2.1", commit: 3, promised: "2.1");
        leader.Core.SnapshotTaken(new(3), retainedEntries: 0);

        Message snapshot = Assert.Single(leader.Hears(Tell.Missing(2, "3.1", 1)));

        Assert.Equal((MessageKind.InstallSnapshot, 3UL), (snapshot.Kind, snapshot.Index.Value));
        Assert.Equal(Tell.Ballot("2.1"), snapshot.LogStamp);
    }

    private static (string Entries, bool Named)[] Sent(PaxosReplica leader, IReadOnlyList<Message> said, int to) =>
    [
        .. said.Where(message => message.Kind == MessageKind.Accept && message.To.Value == to)
            .Select(message => (leader.Text(message), message.ByReference)),
    ];

}
