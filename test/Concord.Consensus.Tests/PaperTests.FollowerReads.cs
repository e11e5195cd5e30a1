namespace Concord.Consensus.Tests;

/// <summary>Thesis section 6.4, its end: a follower asks its leader up to where it must have applied, and reads its own
/// state.</summary>
public sealed class PaperTestsFollowerReads
{
    [Fact]
    [Section("6.4")]
    public void A_follower_asks_its_leader_once_for_all_that_wait()
    {
        Replica follower = Following();
        Assert.Equal(ProposeResult.Accepted, follower.Core.Read(7, follower.Now));
        Message said = Assert.Single(follower.Asks(8));
        Assert.Equal((MessageKind.ReadIndex, new NodeId(2)), (said.Kind, said.To));

        Assert.Empty(follower.Hears(Say.ReadIndexReply(2, 1, said.ReadSequence, 5)));

        Assert.Equal([new(7, new(5), false), new ReadResult(8, new(5), Failed: false)], follower.Reads);
    }

    /// <summary>A question that came later has its own number: an earlier answer may say too little for it.</summary>
    [Fact]
    [Section("6.4")]
    public void A_later_read_does_not_share_an_earlier_question()
    {
        Replica follower = Following();
        ulong first = Assert.Single(follower.Asks(7)).ReadSequence;
        ulong second = Assert.Single(follower.Asks(8)).ReadSequence;

        follower.Hears(Say.ReadIndexReply(2, 1, first, 5));
        Assert.Equal([7UL], follower.Reads.Select(static read => read.Context));
        follower.Hears(Say.ReadIndexReply(2, 1, second, 6));
        Assert.Equal([7UL, 8], follower.Reads.Select(static read => read.Context));
    }

    /// <summary>A question, or its answer, was lost.</summary>
    [Fact]
    [Section("6.4")]
    public void It_asks_again_under_a_new_number()
    {
        Replica follower = Following();
        ulong first = Assert.Single(follower.Asks(7)).ReadSequence;
        Assert.Empty(follower.Waits(Replica.HeartbeatInterval));

        Assert.Equal(first + 1, Assert.Single(follower.Waits(Replica.HeartbeatInterval)).ReadSequence);
        Assert.True(follower.Core.NextTick <= follower.Now, "it has something to wait for");
    }

    [Fact]
    [Section("6.4")]
    public void Reads_of_a_follower_fail_with_its_leader()
    {
        Replica follower = Following();
        follower.Asks(7);

        follower.Hears(Say.Heartbeat(3, 2));

        Assert.Equal([new ReadResult(7, default, Failed: true)], follower.Reads);
        Assert.Equal(ProposeResult.NotLeader, new Replica().Core.Read(8, default));
    }

    [Fact]
    [Section("6.4")]
    public void A_follower_refuses_reads_while_too_many_wait()
    {
        var follower = new Replica(term: 1, with: static options => options with { WaitingReadsMax = 2 });
        follower.Hears(Say.Heartbeat(2, 1));
        follower.Asks(7);
        follower.Asks(8);

        Assert.Equal(ProposeResult.Overloaded, follower.Core.Read(9, follower.Now));
    }

    /// <summary>The leader answers as it would answer itself: after a round of its own.</summary>
    [Fact]
    [Section("6.4")]
    public void The_leader_answers_after_a_round()
    {
        var leader = Replica.Leading();
        leader.Hears(Say.Accepted(2, 1, 1));

        ulong round = leader.Hears(Say.ReadIndex(3, 1, 99))[0].ReadSequence;
        Message said = Assert.Single(leader.Hears(Say.HeartbeatReply(2, 1, round)));

        Assert.Equal(
            (MessageKind.ReadIndexReply, new NodeId(3), 99UL, new LogIndex(1)),
            (said.Kind, said.To, said.ReadSequence, said.Index));
        Assert.Empty(leader.Reads);
    }

    [Fact]
    [Section("6.4")]
    public void The_leader_answers_only_after_the_first_commit_of_its_term()
    {
        var leader = Replica.Leading(term: 2, log: [1, 1], commit: 2);
        Assert.Empty(leader.Hears(Say.ReadIndex(3, 2, 99)));
        leader.Hears(Say.HeartbeatReply(2, 2, read: 1));

        ulong round = leader.Hears(Say.Accepted(2, 2, 3))[0].ReadSequence;
        Message said = Assert.Single(leader.Hears(Say.HeartbeatReply(2, 2, round)));

        Assert.Equal((MessageKind.ReadIndexReply, new LogIndex(3)), (said.Kind, said.Index));
    }

    /// <summary>What does not fit is not answered, and asked again.</summary>
    [Fact]
    [Section("6.4")]
    public void A_leader_with_too_many_waiting_answers_nothing()
    {
        var leader = Replica.Leading(with: static options => options with { WaitingReadsMax = 1 });
        leader.Hears(Say.Accepted(2, 1, 1));
        leader.Hears(Say.ReadIndex(3, 1, 98));
        Assert.Empty(leader.Hears(Say.ReadIndex(3, 1, 99)));

        IReadOnlyList<Message> said = leader.Hears(Say.HeartbeatReply(2, 1, read: 9));
        Assert.Empty(said);
        Assert.Equal(98UL, Assert.Single(leader.Hears(Say.HeartbeatReply(2, 1, read: 1))).ReadSequence);
    }

    private static Replica Following()
    {
        var follower = new Replica(term: 1, log: [1]);
        follower.Hears(Say.Heartbeat(2, 1));
        return follower;
    }
}
