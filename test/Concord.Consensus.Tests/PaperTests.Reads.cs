namespace Concord.Consensus.Tests;

/// <summary>Thesis section 6.4 (paper section 8): linearizable reads that write nothing.</summary>
public sealed class PaperTestsReads
{
    /// <summary>Only a leader answers reads.</summary>
    [Fact]
    [Section("6.4")]
    public void Only_a_leader_takes_reads() =>
        Assert.Equal(ProposeResult.NotLeader, new Replica().Core.Read(1, default));

    /// <summary>The leader notes its commit index, has a majority confirm that it still leads, and then
    /// answers.</summary>
    [Fact]
    [Section("6.4")]
    public void A_read_waits_until_a_majority_has_confirmed_the_leader()
    {
        Replica replica = LeaderWithCommit();

        IReadOnlyList<Message> said = replica.Asks(7);

        Assert.Equal([1UL, 1UL], said.Select(static message => message.ReadSequence));
        Assert.Empty(replica.Reads);
        replica.Hears(Say.HeartbeatReply(2, 1, read: 1));
        Assert.Equal(new ReadResult(7, new(1), Failed: false), Assert.Single(replica.Reads));
    }

    /// <summary>Of five voters two others must confirm; twice the same one does not do.</summary>
    [Fact]
    [Section("6.4")]
    public void A_read_round_needs_a_majority()
    {
        var replica = Replica.Leading(voters: 5);
        replica.Hears(Say.Accepted(2, 1, 1));
        replica.Hears(Say.Accepted(3, 1, 1));
        replica.Asks(7);

        replica.Hears(Say.HeartbeatReply(2, 1, read: 1));
        replica.Hears(Say.HeartbeatReply(2, 1, read: 1));
        Assert.Empty(replica.Reads);
        replica.Hears(Say.HeartbeatReply(5, 1, read: 1));
        Assert.Single(replica.Reads);
    }

    /// <summary>The confirmation must be younger than the read: one of a round that began before does not
    /// count.</summary>
    [Fact]
    [Section("6.4")]
    public void A_round_that_was_under_way_does_not_confirm_a_later_read()
    {
        Replica replica = LeaderWithCommit();
        replica.Asks(7);
        replica.Asks(8);

        replica.Hears(Say.HeartbeatReply(2, 1, read: 1));
        Assert.Equal([7UL], replica.Reads.Select(static read => read.Context));
        replica.Hears(Say.HeartbeatReply(3, 1, read: 2));
        Assert.Equal([7UL, 8UL], replica.Reads.Select(static read => read.Context));
    }

    /// <summary>Each read gets the commit index of the moment it came, not that of an earlier round with the same
    /// number.</summary>
    [Fact]
    [Section("6.4")]
    public void A_read_sees_what_was_committed_when_it_came()
    {
        Replica replica = LeaderWithCommit();
        replica.Asks(7);
        replica.Proposes(out _);
        replica.Hears(Say.Accepted(2, 1, 2));
        replica.Asks(7);

        replica.Hears(Say.HeartbeatReply(2, 1, read: 2));

        Assert.Equal([1UL, 2UL], replica.Reads.Select(static read => read.Index.Value));
    }

    /// <summary>Before the first commit of its term a leader does not know what is committed: reads wait and are not
    /// lost.</summary>
    [Fact]
    [Section("6.4")]
    public void A_read_before_the_first_commit_of_the_term_waits_for_it()
    {
        var replica = Replica.Leading(term: 3, log: [1, 2]);

        Assert.DoesNotContain(replica.Asks(7), static message => message.ReadSequence > 0);
        replica.Hears(Say.HeartbeatReply(2, 3, read: 0));
        Assert.Empty(replica.Reads);

        replica.Hears(Say.Accepted(2, 3, 3));
        replica.Hears(Say.HeartbeatReply(2, 3, read: 1));
        Assert.Equal(new ReadResult(7, new(3), Failed: false), Assert.Single(replica.Reads));
    }

    /// <summary>A replica alone, too, reads only after a commit of its own term.</summary>
    [Fact]
    [Section("6.4")]
    public void A_replica_alone_reads_after_the_first_commit_of_its_term()
    {
        var replica = new Replica(term: 1, log: [1, 1], voters: 1);
        replica.TimesOut();
        replica.DiskIsSlow = true;
        Assert.Equal((Role.Leader, 3UL), (replica.Role, replica.Commit));

        replica.Asks(7);

        Assert.Equal(3UL, Assert.Single(replica.Reads).Index.Value);
    }

    /// <summary>A leader that was deposed tells all its reads that they failed: those that wait for the commit,
    /// too.</summary>
    [Theory]
    [Section("6.4")]
    [InlineData(true)]
    [InlineData(false)]
    public void Reads_of_a_deposed_leader_fail(bool committed)
    {
        Replica replica = committed ? LeaderWithCommit() : Replica.Leading();
        replica.Asks(7);
        Assert.Equal(ProposeResult.Accepted, replica.Core.Read(8, default));

        replica.Hears(Say.Heartbeat(2, 2));

        Assert.Equal([(7UL, true), (8UL, true)], replica.Reads.Select(static read => (read.Context, read.Failed))
            .Order());
    }

    /// <summary>Confirmations of an earlier term do not confirm reads of this one, although rounds are numbered
    /// anew.</summary>
    [Fact]
    [Section("6.4")]
    public void A_confirmation_of_an_earlier_term_confirms_nothing()
    {
        var replica = Replica.Leading(term: 1);
        replica.Hears(Say.Heartbeat(2, 2));
        replica.TimesOut();
        replica.Hears(Say.Vote(2, 3));
        replica.Hears(Say.Accepted(2, 3, 2));
        replica.Asks(7);

        replica.Hears(Say.HeartbeatReply(2, 1, read: 1));
        replica.Hears(Say.HeartbeatReply(3, 2, read: 1));

        Assert.Equal(Role.Leader, replica.Role);
        Assert.Empty(replica.Reads);
    }

    /// <summary>A round whose messages were lost is confirmed by the next heartbeat.</summary>
    [Fact]
    [Section("6.4")]
    public void Heartbeats_repeat_the_round_that_is_open()
    {
        Replica replica = LeaderWithCommit();
        replica.Asks(7);

        Assert.All(
            replica.Waits(Replica.HeartbeatInterval).Where(static message => message.Kind == MessageKind.Heartbeat),
            static message => Assert.Equal(1UL, message.ReadSequence));
    }

    /// <summary>Reads that came together share a round.</summary>
    [Fact]
    [Section("6.4")]
    public void Reads_that_came_together_share_a_round()
    {
        Replica replica = LeaderWithCommit();
        Assert.Equal(ProposeResult.Accepted, replica.Core.Read(7, default));

        Assert.Equal(2, replica.Asks(8).Count);
        replica.Hears(Say.HeartbeatReply(3, 1, read: 1));

        Assert.Equal([7UL, 8UL], replica.Reads.Select(static read => read.Context));
    }

    /// <summary>Reads are refused, not queued without end.</summary>
    [Fact]
    [Section("6.4")]
    public void Reads_are_refused_while_too_many_wait()
    {
        Replica replica = LeaderWithCommit(waitingReads: 2);
        replica.Asks(1);
        replica.Asks(2);

        Assert.Equal(ProposeResult.Overloaded, replica.Core.Read(3, default));
        replica.Hears(Say.HeartbeatReply(2, 1, read: 2));
        replica.Asks(3);
    }

    /// <summary>A follower confirms the round of its own leader and term.</summary>
    [Fact]
    [Section("6.4")]
    public void A_follower_confirms_a_round()
    {
        var replica = new Replica(term: 1);

        Message reply = Assert.Single(replica.Hears(Say.Heartbeat(2, 1, read: 5)));

        Assert.Equal("n1->n2 HeartbeatReply t1 read=5", reply.ToString());
        Assert.Equal(0UL, Assert.Single(replica.Hears(Say.Heartbeat(3, 0, read: 6))).ReadSequence);
    }

    private static Replica LeaderWithCommit(int waitingReads = 100)
    {
        var replica = Replica.Leading(with: options => options with { WaitingReadsMax = waitingReads });
        replica.Hears(Say.Accepted(2, 1, 1));
        Assert.Equal(1UL, replica.Commit);
        return replica;
    }
}
