namespace Concord.Consensus.Tests;

/// <summary>Thesis section 3.10: handing leadership over.</summary>
public sealed class PaperTestsTransfer
{
    [Fact]
    [Section("3.10")]
    public void The_target_is_asked_once_it_has_the_whole_log()
    {
        var leader = Replica.Leading(term: 2, log: [1]);
        Assert.Empty(leader.Transfers(2));
        Assert.True(leader.Core.Status.IsTransferring);
        Assert.Equal(MessageKind.Append, Assert.Single(leader.Hears(Say.Accepted(2, 2, 1))).Kind);
        Assert.Empty(leader.Hears(Say.Accepted(3, 2, 2)));

        Message said = Assert.Single(leader.Hears(Say.Accepted(2, 2, 2)));

        Assert.Equal(
            (MessageKind.TimeoutNow, new NodeId(2), new LogIndex(2), 2UL),
            (said.Kind, said.To, said.Index, said.LogStamp.Term));
        Assert.Empty(leader.Settle());
    }

    [Fact]
    [Section("3.10")]
    public void Nothing_new_is_taken_meanwhile()
    {
        var leader = Replica.Leading();
        leader.Hears(Say.Accepted(3, 1, 1));
        leader.Transfers(2);

        Assert.Equal(ProposeResult.Transferring, leader.Core.Propose(Say.Payload, out _));
        Assert.Equal(MembershipChange.Transferring, leader.Core.ChangeMembership(Replica.Voters(2)));
        Assert.Equal(TransferResult.AnotherUnderWay, leader.Core.TransferLeadership(new(3)));
    }

    /// <summary>The target does not come, or does not win: the leader goes on.</summary>
    [Fact]
    [Section("3.10")]
    public void It_is_given_up_after_an_election_timeout()
    {
        var leader = Replica.Leading();
        leader.Transfers(2);

        leader.Waits(Replica.ElectionTimeout - TimeSpan.FromTicks(1));
        Assert.True(leader.Core.Status.IsTransferring);
        leader.Waits(TimeSpan.FromTicks(1));
        Assert.False(leader.Core.Status.IsTransferring);
        Assert.DoesNotContain(leader.Hears(Say.Accepted(2, 1, 1)), static m => m.Kind == MessageKind.TimeoutNow);
    }

    [Fact]
    [Section("3.10")]
    public void Without_a_target_the_best_prepared_voter_is_chosen()
    {
        var leader = Replica.Leading(term: 2, log: [1], membership: new([new(1), new(2), new(3)], [new(4)]));
        leader.Hears(Say.Accepted(4, 2, 2));
        leader.Hears(Say.Accepted(2, 2, 1));
        leader.Hears(Say.Accepted(3, 2, 2));

        Assert.Equal(3, Assert.Single(leader.Transfers(0)).To.Value);
    }

    [Fact]
    [Section("3.10")]
    public void What_cannot_be_is_refused()
    {
        Assert.Equal(TransferResult.NotLeader, new Replica().Core.TransferLeadership(new(2)));
        Assert.Equal(TransferResult.NotAVoter, Replica.Leading(voters: 1).Core.TransferLeadership(default));
        var leader = Replica.Leading();
        Assert.Equal(TransferResult.AlreadyLeads, leader.Core.TransferLeadership(new(1)));
        Assert.Equal(TransferResult.NotAVoter, leader.Core.TransferLeadership(new(9)));
        leader.Waits(Replica.ElectionTimeout);
        Assert.Equal(TransferResult.NotReachable, leader.Core.TransferLeadership(new(2)));
        leader.Hears(Say.Accepted(2, 1, 1));
        leader.Changes(Replica.Voters(2));
        Assert.Equal(TransferResult.AnotherUnderWay, leader.Core.TransferLeadership(new(2)));
        Assert.False(leader.Core.Status.IsTransferring);
    }

    /// <summary>It does not ask whether it would be elected, and the others know why it stands.</summary>
    [Fact]
    [Section("3.10")]
    public void Who_is_asked_stands_at_once()
    {
        var replica = new Replica(term: 1, log: [1], with: With.Both);
        replica.Hears(Say.Heartbeat(2, 1));

        IReadOnlyList<Message> said = replica.Hears(Say.TimeoutNow(2, 1, 1, 1));

        Assert.Equal(2, said.Count);
        Assert.All(said, static message => Assert.Equal(
            (MessageKind.RequestVote, true, 2UL), (message.Kind, message.IsTransfer, message.Stamp.Term)));
    }

    /// <summary>Its next attempt is its own, and no leader asked for it.</summary>
    [Fact]
    [Section("3.10")]
    public void A_second_attempt_is_no_hand_over()
    {
        var replica = new Replica(term: 1, log: [1]);
        replica.Hears(Say.TimeoutNow(2, 1, 1, 1));

        Assert.All(replica.TimesOut(), static message => Assert.False(message.IsTransfer));
        Assert.Empty(replica.Hears(Say.TimeoutNow(2, 1, 1, 1)));
    }

    /// <summary>A log of a later term is no worse than the one that was meant.</summary>
    [Theory]
    [Section("3.10")]
    [InlineData(3UL, 1UL, true)]
    [InlineData(2UL, 2UL, true)]
    [InlineData(3UL, 2UL, false)]
    [InlineData(1UL, 3UL, false)]
    public void The_request_names_the_entry_that_the_target_must_have(ulong last, ulong lastTerm, bool stands)
    {
        var replica = new Replica(term: 3, log: [1, 2]);

        Assert.Equal(stands, replica.Hears(Say.TimeoutNow(2, 3, last, lastTerm)).Count > 0);
    }
}
