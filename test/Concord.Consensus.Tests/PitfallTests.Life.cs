namespace Concord.Consensus.Tests;

/// <summary>Progress that must not depend on traffic, disks that hang or lose, bytes that change hands.</summary>
public sealed class PitfallTestsLife
{
    /// <summary>etcd#15247: a leader whose disk hung went on as one, revoked leases and kept others from
    /// standing.</summary>
    [Fact]
    [Pitfall(17)]
    public void A_leader_whose_disk_hangs_steps_down()
    {
        var leader = Replica.Leading(with: With.Both);
        leader.Hears(Say.Accepted(2, 1, 1));
        leader.DiskIsSlow = true;
        leader.Proposes(out _);

        for (int i = 0; i < 9; i++)
        {
            leader.Waits(Replica.HeartbeatInterval);
            leader.Hears(Say.HeartbeatReply(2, 1));
        }

        Assert.Equal(Role.Leader, leader.Role);
        leader.Waits(Replica.HeartbeatInterval);
        Assert.Equal((Role.Follower, 1UL), (leader.Role, leader.Term));
    }

    /// <summary>A disk that is merely busy, and does finish writes, is no reason.</summary>
    [Fact]
    [Pitfall(17)]
    public void A_leader_whose_disk_is_busy_stays()
    {
        var leader = Replica.Leading(with: With.Both);
        leader.DiskIsSlow = true;
        for (int i = 0; i < 30; i++)
        {
            leader.Proposes(out _);
            leader.Waits(Replica.HeartbeatInterval);
            leader.Hears(Say.HeartbeatReply(2, 1));
            if (i % 5 == 4)
            {
                leader.DiskCompletes();
            }
        }

        Assert.Equal(Role.Leader, leader.Role);
    }

    /// <summary>RATIS-2523: a follower that is empty again was never given anything while nobody wrote.</summary>
    [Fact]
    [Pitfall(22)]
    public void A_follower_that_lost_its_log_is_refilled_without_traffic()
    {
        var leader = Replica.Leading();
        leader.Hears(Say.Accepted(2, 1, 1));
        leader.Hears(Say.Accepted(3, 1, 1));
        Message heartbeat = leader.Waits(Replica.HeartbeatInterval)[0];
        Assert.Equal(new LogIndex(1), heartbeat.Hint);

        var empty = new Replica(term: 1);
        Message answer = Assert.Single(empty.Hears(Say.Heartbeat(3, 1) with { Hint = heartbeat.Hint }));
        Assert.True(answer.IsImpaired);
        Message probe = Assert.Single(leader.Hears(Say.HeartbeatReply(2, 1) with { IsImpaired = answer.IsImpaired }));
        Assert.Equal(new LogIndex(1), probe.Index);
        Assert.Equal(new LogRange(new(1), 1), Assert.Single(leader.Hears(
            Say.Refused(2, 1, 1, hint: 0) with { IsImpaired = true })).Entries);
    }

    /// <summary>tikv#994, etcd#14143, "tocommit is out of range": a follower that lost what it had synced. It is
    /// fenced, and nobody stops.</summary>
    [Fact]
    [Pitfall(26)]
    public void A_follower_that_fell_back_stops_counting_and_stops_nobody()
    {
        var follower = new Replica(term: 1, log: [1]);

        follower.Hears(Say.Heartbeat(2, 1, commit: 5) with { Hint = new(5) });
        Assert.True(follower.Core.Status.IsImpaired);
        Assert.True(Assert.Single(follower.Hears(Say.RequestVote(3, 2, 9, 1))).Rejected);

        var leader = Replica.Leading();
        leader.Hears(Say.Accepted(2, 1, 1));
        leader.Proposes(out _);
        leader.Hears(Say.HeartbeatReply(2, 1) with { IsImpaired = true });
        leader.Hears(Say.Accepted(2, 1, 2));
        Assert.Equal(1UL, leader.Commit);
    }

    /// <summary>openraft's FAQ, jraft#954: a wiped node under its old name votes as if it had never voted. Marked as
    /// impaired it does not, not even in a term that is new to it.</summary>
    [Fact]
    [Pitfall(27)]
    public void A_wiped_replica_does_not_vote_as_if_it_were_new()
    {
        var wiped = new Replica(impaired: true);

        Assert.True(wiped.Hears(Say.RequestVote(2, 5, 1, 1))[^1].Rejected);
        Assert.True(wiped.Hears(Say.PreVote(3, 6, 1, 1))[^1].Rejected);
        wiped.TimesOut();
        Assert.Equal(Role.Follower, wiped.Role);
    }

    /// <summary>A node under a new name is no voter before the group has made it one, with nearly all of the
    /// log.</summary>
    [Fact]
    [Pitfall(27)]
    public void A_new_node_votes_only_once_it_has_learnt()
    {
        var leader = Replica.Leading(with: static options => options with { CatchUpEntriesMax = 0 });
        leader.Hears(Say.Accepted(2, 1, 1));
        Membership target = new([new(1), new(2), new(9)]);

        Assert.Equal(MembershipChange.NotALearner, leader.Core.ChangeMembership(target));
        leader.Changes(new([new(1), new(2), new(3)], [new(9)]));
        leader.Hears(Say.Accepted(2, 1, 2));
        Assert.Equal(MembershipChange.LearnerBehind, leader.Core.ChangeMembership(target));
        leader.Hears(Say.Accepted(9, 1, 2));
        leader.Changes(target);
    }

    /// <summary>CRDB#26257, #46699: groups that agreed by messages to fall silent got stuck. Here silence is the host's
    /// word that the leader's node is alive, and holds only for the leader and the term that are known.</summary>
    [Fact]
    [Pitfall(35)]
    public void A_follower_of_a_quiet_group_stands_when_the_signs_of_life_end()
    {
        var follower = new Replica(term: 1, log: [1], with: With.Quiet);
        follower.Hears(Say.Heartbeat(2, 1, commit: 1));
        for (int i = 0; i < 50; i++)
        {
            follower.IsTold(2, 1);
            Assert.Empty(follower.Waits(Replica.HeartbeatInterval));
        }

        for (int i = 0; i < 20; i++)
        {
            follower.IsTold(3, 1);
            follower.IsTold(2, 2);
            follower.Waits(Replica.HeartbeatInterval);
        }

        Assert.Equal(Role.PreCandidate, follower.Role);
    }

    /// <summary>A follower that restarts in a quiet group knows no leader, and nobody has anything to say. It asks, and
    /// the leader speaks.</summary>
    [Fact]
    [Pitfall(35)]
    public void A_quiet_leader_speaks_to_whom_asks_for_votes()
    {
        foreach (Message question in (Message[])[Say.PreVote(2, 2, 1, 1), Say.RequestVote(2, 2, 1, 1)])
        {
            var leader = Replica.Leading(with: With.Quiet);
            leader.Hears(Say.Accepted(2, 1, 1) with { Commit = new(1) });
            leader.Hears(Say.Accepted(3, 1, 1) with { Commit = new(1) });
            Assert.Empty(leader.Waits(Replica.HeartbeatInterval));

            Assert.True(Assert.Single(leader.Hears(question)).Rejected);
            Message heartbeat = Assert.Single(leader.Waits(Replica.HeartbeatInterval));
            Assert.Equal((MessageKind.Heartbeat, new NodeId(2)), (heartbeat.Kind, heartbeat.To));
            leader.Hears(Say.HeartbeatReply(2, 1) with { Commit = new(1) });
            Assert.Empty(leader.Waits(Replica.HeartbeatInterval));
        }
    }

    /// <summary>RATIS-2114: bytes that somebody else may write to are not the log's.</summary>
    [Fact]
    [Pitfall(37)]
    public void The_log_keeps_its_own_copy_of_what_it_is_given()
    {
        var log = new LogBuffer();
        byte[] payload = [1, 2, 3];
        log.Append(Stamp.FromTerm(1), EntryKind.Command, payload);
        payload[0] = 9;

        Assert.Equal([1, 2, 3], log.PayloadAt(new(1)).ToArray());
    }

    /// <summary>Bytes that were drained for the disk stay as they are when the entry is dropped and another takes its
    /// place.</summary>
    [Fact]
    [Pitfall(37)]
    public void What_was_given_out_survives_truncation_and_what_comes_after_it()
    {
        var log = new LogBuffer();
        log.Append(Stamp.FromTerm(1), EntryKind.Command, [1, 1, 1]);
        ReadOnlySpan<byte> givenOut = log.PayloadAt(new(1));

        log.TruncateFrom(new(1));
        log.Append(Stamp.FromTerm(2), EntryKind.Command, [2, 2, 2]);

        Assert.Equal([1, 1, 1], givenOut.ToArray());
        Assert.Equal([2, 2, 2], log.PayloadAt(new(1)).ToArray());
    }

    /// <summary>TigerBeetle PR#645: what cannot be read was taken for what never was, and a committed operation was
    /// voted away.</summary>
    [Fact]
    [Pitfall(38)]
    public void A_replica_that_cannot_read_its_log_elects_nobody_without_the_lost_entries()
    {
        var replica = new Replica(term: 1, log: [1], impaired: true);
        Message survey = replica.Waits(Replica.ElectionTimeout)[0];
        replica.Hears(Say.Append(2, 1, 1, 1));
        replica.Hears(Say.PreVoteRefused(2, 1, last: 3, survey.ReadSequence));
        replica.Hears(Say.PreVoteRefused(3, 1, last: 1, survey.ReadSequence));

        Assert.True(Assert.Single(replica.Hears(Say.PreVote(3, 2, 1, 1))).Rejected);
        replica.Hears(Say.Append(2, 1, 1, 1), 1, 1);
        Assert.False(replica.Core.Status.IsImpaired);
        Assert.True(Assert.Single(replica.Hears(Say.PreVote(3, 2, 1, 1))).Rejected);
    }
}
