namespace Concord.Consensus.Tests.Paxos;

/// <summary>What an acceptor takes, refuses, acknowledges and commits.</summary>
public sealed class AcceptorTests
{
    [Fact]
    public void Nothing_is_accepted_below_a_promise()
    {
        var replica = new PaxosReplica("1.2");
        replica.Hears(Tell.Prepare("3.3"));

        Message refusal = Assert.Single(replica.Hears(Tell.Accept("2.2"), "2.2"));

        Assert.Equal((MessageKind.HeartbeatReply, Tell.Ballot("3.3")), (refusal.Kind, refusal.Stamp));
        Assert.Equal("", replica.Log);
    }

    [Fact]
    public void A_place_is_overwritten_under_a_higher_ballot_alone_and_what_follows_stays()
    {
        var replica = new PaxosReplica("2.2", "1.2 1.2 1.2");

        replica.Hears(Tell.Accept("2.2", behind: 1), "2.2");

        Assert.Equal("1.2 2.2 1.2", replica.Log);
        Assert.True(replica.Writes[^1].KeepsWhatFollows);
        Assert.Null(replica.Writes[^1].TruncateFrom);
    }

    /// <summary>What counts for the leader is only what was accepted under its ballot, without a gap.</summary>
    [Fact]
    public void Only_what_was_accepted_under_the_leaders_ballot_is_acknowledged()
    {
        var replica = new PaxosReplica("2.2", "1.2 1.2 1.2");

        Message first = Assert.Single(replica.Hears(Tell.Accept("2.2"), "2.2"));
        Message third = Assert.Single(replica.Hears(Tell.Accept("2.2", behind: 2), "2.2"));
        Message second = Assert.Single(replica.Hears(Tell.Accept("2.2", behind: 1), "2.2"));

        Assert.Equal((1UL, false), (first.Index.Value, first.Rejected));
        Assert.Equal((1UL, true), (third.Index.Value, third.Rejected));
        Assert.Equal((3UL, false), (second.Index.Value, second.Rejected));
    }

    [Fact]
    public void Only_what_was_accepted_under_the_leaders_ballot_is_committed()
    {
        var replica = new PaxosReplica("2.2", "1.2 1.2 1.2");

        replica.Hears(Tell.Accept("2.2", commit: 3), "2.2");
        Assert.Equal(1UL, replica.Commit);
        replica.Hears(Tell.Heartbeat("2.2", commit: 3));
        Assert.Equal(1UL, replica.Commit);
        replica.Hears(Tell.Accept("2.2", behind: 1, commit: 3), "2.2 2.2");
        Assert.Equal(3UL, replica.Commit);
    }

    /// <summary>Of the leader before: the new one may propose something else there.</summary>
    [Fact]
    public void What_was_accepted_under_the_ballot_before_is_not_acknowledged_to_the_next()
    {
        var replica = new PaxosReplica("2.2");
        replica.Hears(Tell.Accept("2.2"), "2.2 2.2");

        Message reply = Assert.Single(replica.Hears(Tell.Accept("3.3", behind: 2, commit: 2)));

        Assert.Equal((0UL, true, 0UL), (reply.Index.Value, reply.Rejected, replica.Commit));
        Assert.Equal(0UL, replica.Core.Status.DurableIndex.Value);
    }

    /// <summary>The leader names what it was told is held: only the stamp changes, on the disk as well.</summary>
    [Fact]
    public void What_is_held_is_accepted_by_its_name()
    {
        var replica = new PaxosReplica("2.2", "1.2 2.2/1.3");

        Message reply = Assert.Single(
            replica.Hears(Tell.Accept("3.3") with { ByReference = true }, "3.3/1.2 3.3/1.3"));

        Assert.Equal("3.3/1.2 3.3/1.3", replica.Log);
        Assert.Equal((2UL, false), (reply.Index.Value, reply.Rejected));
        LogWrite write = replica.Writes[^1];
        Assert.True(write.Entries.IsEmpty);
        Assert.Equal(new LogRange(new(1), 2), write.Restamped);
        Assert.Equal("1.3", System.Text.Encoding.ASCII.GetString(replica.Core.Log.PayloadAt(new(2))));
    }

    [Fact]
    public void What_is_only_named_and_not_held_is_missing()
    {
        var replica = new PaxosReplica("2.2", "1.2 1.2 1.2");

        Message reply = Assert.Single(
            replica.Hears(Tell.Accept("3.3") with { ByReference = true }, "3.3/1.2 3.3/1.3 3.3/1.2"));

        Assert.Equal("3.3/1.2 1.2 1.2", replica.Log);
        Assert.Equal((1UL, true), (reply.Index.Value, reply.Rejected));
    }

    /// <summary>A place without an entry can be named too, by a leader that is mistaken.</summary>
    [Fact]
    public void A_gap_is_not_what_was_named()
    {
        var replica = new PaxosReplica("2.2", "_ 1.2");

        Message reply = Assert.Single(replica.Hears(Tell.Accept("3.3") with { ByReference = true }, "3.3/1.2"));

        Assert.True(reply.Rejected);
        Assert.Equal("_ 1.2", replica.Log);
    }

    /// <summary>What is committed stays, whatever comes; a copy that comes late changes nothing.</summary>
    [Fact]
    public void What_is_committed_or_accepted_under_this_ballot_is_left_alone()
    {
        var replica = new PaxosReplica("2.2", "1.2", commit: 1);
        replica.Hears(Tell.Accept("2.2", behind: 1), "2.2");
        int writes = replica.Writes.Count;

        Message reply = Assert.Single(replica.Hears(Tell.Accept("2.2"), "2.2/1.2 2.2"));

        Assert.Equal(("1.2 2.2", writes), (replica.Log, replica.Writes.Count));
        Assert.Equal((2UL, false), (reply.Index.Value, reply.Rejected));
    }

    [Fact]
    public void What_lies_too_far_behind_what_is_committed_is_not_accepted()
    {
        var replica = new PaxosReplica("2.2", with: static with => with with { WindowEntriesMax = 2 });

        Message reply = Assert.Single(replica.Hears(Tell.Accept("2.2"), "2.2 2.2 2.2"));

        Assert.Equal("2.2 2.2", replica.Log);
        Assert.Equal((2UL, true), (reply.Index.Value, reply.Rejected));
    }

    /// <summary>The message itself may say that more is committed: the place that the leader has room for is
    /// taken.</summary>
    [Fact]
    public void What_the_message_commits_makes_room_for_what_it_brings()
    {
        var replica = new PaxosReplica("2.2", with: static with => with with { WindowEntriesMax = 2 });
        replica.Hears(Tell.Accept("2.2"), "2.2 2.2");

        Message reply = Assert.Single(replica.Hears(Tell.Accept("2.2", behind: 2, commit: 2), "2.2 2.2"));

        Assert.Equal((4UL, false), (reply.Index.Value, reply.Rejected));
    }

    /// <summary>What it says of places that are still missing holds when they come.</summary>
    [Fact]
    public void What_a_message_commits_holds_for_what_comes_later()
    {
        var replica = new PaxosReplica("2.2");
        replica.Hears(Tell.Accept("2.2", behind: 1, commit: 1), "2.2");
        Assert.Equal(0UL, replica.Commit);

        replica.Hears(Tell.Accept("2.2", behind: 0, commit: 0), "2.2");

        Assert.Equal(1UL, replica.Commit);
    }

    /// <summary>What was accepted under the own ballot before a restart is held still; what was only known to be
    /// committed is not known any more.</summary>
    [Fact]
    public void A_restarted_acceptor_answers_for_what_it_can_show()
    {
        var whole = new PaxosReplica("2.2", "2.2 2.2 _ 2.2");
        var behind = new PaxosReplica("2.2", "1.2 2.2");

        Message answer = Assert.Single(whole.Hears(Tell.Accept("2.2", behind: 2)));
        Message less = Assert.Single(behind.Hears(Tell.Accept("2.2", behind: 2)));

        Assert.Equal((2UL, false), (answer.Index.Value, answer.Rejected));
        Assert.Equal((0UL, true), (less.Index.Value, less.Rejected));
    }

    [Fact]
    public void A_late_completion_says_nothing_of_what_was_accepted_since()
    {
        var replica = new PaxosReplica("1.2") { DiskIsSlow = true };
        replica.Hears(Tell.Accept("1.2"), "1.2");
        ulong old = replica.Writes[^1].Sequence;

        replica.Hears(Tell.Accept("2.3"), "2.3");
        IReadOnlyList<Message> early = replica.DiskCompletes(old);

        Assert.DoesNotContain(early, static said => said.Stamp == Tell.Ballot("2.3"));
        Assert.Equal(0UL, replica.Core.Status.DurableIndex.Value);
        Assert.Contains(replica.DiskCompletes(), static said => said.Stamp == Tell.Ballot("2.3")
            && said.Kind == MessageKind.Accepted && said.Index.Value == 1);
    }

    /// <summary>What lies behind a gap becomes whole when a snapshot covers the gap; it is durable already, and nothing
    /// more would be written to wait for.</summary>
    [Fact]
    public void What_a_snapshot_makes_whole_is_acknowledged_though_nothing_else_is_written()
    {
        var replica = new PaxosReplica("2.2");
        replica.Hears(Tell.Accept("2.2"), "2.2");
        replica.Hears(Tell.Accept("2.2", behind: 2), "2.2 2.2");

        replica.Core.SnapshotInstalled(HostedReplica.PointAt(new(2), Tell.Ballot("2.2")));
        Message reply = Assert.Single(replica.Settle());

        Assert.Equal((MessageKind.Accepted, 4UL, false), (reply.Kind, reply.Index.Value, reply.Rejected));
        Assert.Equal(4UL, replica.Core.Status.DurableIndex.Value);
    }

    [Fact]
    public void A_snapshot_of_another_history_leaves_what_lies_behind_it()
    {
        var replica = new PaxosReplica("3.3", "1.2 1.2 1.2 3.3");

        replica.Core.SnapshotInstalled(HostedReplica.PointAt(new(2), Tell.Ballot("2.2")));

        Assert.Equal("1.2 3.3", replica.Log);
        Assert.Equal((2UL, 2UL), (replica.Commit, replica.Core.Log.Base.Value));
    }

    /// <summary>A snapshot of a newer ballot says that the ballot was reached.</summary>
    [Fact]
    public void A_snapshot_of_a_newer_ballot_is_a_promise()
    {
        var replica = new PaxosReplica("2.2");
        replica.Core.SnapshotInstalled(HostedReplica.PointAt(new(2), Tell.Ballot("4.3")));

        Assert.Equal("4.3", replica.Promised);
    }

    [Fact]
    public void An_impaired_replica_neither_promises_nor_gives_its_word_but_says_why()
    {
        var replica = new PaxosReplica("2.2", impaired: true);

        Message promise = Assert.Single(
            replica.Hears(Tell.Prepare("3.3")), static said => said.Kind == MessageKind.Promise);
        Message word = Assert.Single(
            replica.Hears(Tell.PreVote("4.3")), static said => said.Kind == MessageKind.PreVoteReply);

        Assert.True(promise is { Rejected: true, IsImpaired: true });
        Assert.True(word is { Rejected: true, IsImpaired: true });
        replica.TimesOut();
        Assert.Equal(Role.Follower, replica.Role);
    }

    [Fact]
    public void An_impaired_replica_recovers_with_everybodys_ballot_and_all_that_the_leader_has()
    {
        var replica = new PaxosReplica("2.2", impaired: true);
        replica.Hears(Tell.Heartbeat("2.2"));
        Message survey = replica.Waits(HostedReplica.ElectionTimeout)
            .First(static said => said.Kind == MessageKind.PreVote);
        Message answer = Tell.Word(2, "2.2") with { Rejected = true, ReadSequence = survey.ReadSequence };

        replica.Hears(answer with { From = new(3) });
        replica.Hears(answer with { Index = new(2), LogStamp = Tell.Ballot("2.2") });
        replica.Hears(Tell.Accept("2.2"), "2.2");
        Assert.True(replica.Core.Status.IsImpaired);
        replica.Hears(Tell.Accept("2.2", behind: 1), "2.2");
        Assert.False(replica.Core.Status.IsImpaired);
    }

    /// <summary>Who lags much, or would need a snapshot first, is not given the word: others can lead sooner.</summary>
    [Fact]
    public void The_word_is_given_to_one_that_is_not_far_behind()
    {
        static ReplicaOptions Few(ReplicaOptions options) => options with { CatchUpEntriesMax = 2 };
        var replica = new PaxosReplica("2.2", "2.2 2.2 2.2 2.2", commit: 4, with: Few);
        var compacted = new PaxosReplica("2.2", "2.2 2.2 2.2 2.2", commit: 4);
        compacted.Core.SnapshotTaken(new(2), retainedEntries: 0);

        Assert.True(Assert.Single(replica.Hears(Tell.PreVote("3.3", commit: 1))).Rejected);
        Assert.False(Assert.Single(replica.Hears(Tell.PreVote("3.3", commit: 2))).Rejected);
        Assert.True(Assert.Single(compacted.Hears(Tell.PreVote("3.3", commit: 1))).Rejected);
        Assert.False(Assert.Single(compacted.Hears(Tell.PreVote("3.3", commit: 2))).Rejected);
    }

    /// <summary>That it has heard of a ballot, from whoever refused something for its sake, does not take back what it
    /// promised its leader: a lease may rest on that.</summary>
    [Fact]
    public void A_ballot_that_was_only_heard_of_is_not_promised_within_the_promise_to_a_leader()
    {
        var acceptor = new PaxosReplica("2.2", with: With.CheckQuorum);
        acceptor.Hears(Tell.Heartbeat("2.2"));
        acceptor.Hears(Tell.HeartbeatReply(3, "3.3"));
        Assert.Equal("3.3", acceptor.Promised);

        Assert.True(Assert.Single(acceptor.Hears(Tell.Prepare("3.3"))).Rejected);
        acceptor.Waits(HostedReplica.ElectionTimeout);
        Assert.False(Assert.Single(
            acceptor.Hears(Tell.Prepare("3.3")), static said => said.Kind == MessageKind.Promise).Rejected);
    }

    /// <summary>Whoever hears a leader promises nobody else, unless the leader itself asked for it. That leader may ask
    /// again.</summary>
    [Fact]
    public void A_loyal_acceptor_promises_only_whom_its_leader_sends()
    {
        var replica = new PaxosReplica("2.2", with: With.Both);
        replica.Hears(Tell.Heartbeat("2.2"));

        Assert.True(Assert.Single(replica.Hears(Tell.Prepare("3.3"))).Rejected);
        Assert.Equal("2.2", replica.Promised);
        Assert.False(Assert.Single(replica.Hears(Tell.Prepare("2.2"))).Rejected);
        Assert.False(Assert.Single(replica.Hears(Tell.Prepare("3.3", transfer: true))).Rejected);
        Assert.Equal("3.3", replica.Promised);
    }

    /// <summary>A restarted acceptor may have promised its leader a lease.</summary>
    [Fact]
    public void A_restarted_acceptor_keeps_the_lease_that_it_may_have_given()
    {
        var replica = new PaxosReplica("2.2", with: With.Lease);

        Assert.True(Assert.Single(replica.Hears(Tell.Prepare("3.3"))).Rejected);
        replica.Waits(HostedReplica.ElectionTimeout);
        Assert.Contains(replica.Hears(Tell.Prepare("4.3")), static said =>
            said.Kind == MessageKind.Promise && !said.Rejected);
    }

    [Fact]
    public void Who_is_asked_to_stand_stands_with_all_that_the_leader_has_proposed()
    {
        var replica = new PaxosReplica("2.2", "2.2 2.2");

        Assert.Empty(replica.Hears(Tell.TimeoutNow("2.2", last: 3)));
        IReadOnlyList<Message> said = replica.Hears(Tell.TimeoutNow("2.2", last: 2));

        Assert.Equal(Role.Candidate, replica.Role);
        Assert.All(said, static message => Assert.True(message is { Kind: MessageKind.Prepare, IsTransfer: true }));
    }

    /// <summary>An older ballot's entries say nothing of having what the leader means.</summary>
    [Fact]
    public void Who_has_other_values_does_not_stand_when_it_is_asked()
    {
        var replica = new PaxosReplica("2.2", "1.3 1.3");

        replica.Hears(Tell.TimeoutNow("2.2", last: 2));

        Assert.NotEqual(Role.Candidate, replica.Role);
    }

    [Fact]
    public void Promising_gives_the_candidate_time()
    {
        var replica = new PaxosReplica("2.2");
        replica.Waits(HostedReplica.ElectionTimeout - TimeSpan.FromMilliseconds(1));
        replica.Hears(Tell.Prepare("3.3"));

        replica.Waits(HostedReplica.ElectionTimeout - TimeSpan.FromMilliseconds(1));

        Assert.Equal((Role.Follower, "3.3"), (replica.Role, replica.Promised));
    }
}
