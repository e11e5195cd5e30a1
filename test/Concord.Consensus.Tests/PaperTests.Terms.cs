namespace Concord.Consensus.Tests;

/// <summary>Raft section 5.1 and figure 2, "all servers": terms.</summary>
public sealed class PaperTestsTerms
{
    /// <summary>Without the question before an election, whose very point is that it moves no term, and without the
    /// wish to hand over, which makes a candidate of the one that hears it.</summary>
    public static TheoryData<MessageKind> AllKinds => [.. Enum.GetValues<MessageKind>().Except(
        [MessageKind.PreVote, MessageKind.PreVoteReply, MessageKind.TimeoutNow])];

    /// <summary>A server that sees a newer term adopts it, and follows whatever it was before.</summary>
    [Theory]
    [Section("5.1")]
    [MemberData(nameof(AllKinds))]
    public void A_newer_term_in_any_message_makes_a_follower_of_a_leader(MessageKind kind)
    {
        var replica = Replica.Leading(term: 3);

        replica.Hears(Say.Heartbeat(2, 8) with { Kind = kind, Rejected = kind == MessageKind.AppendReply });

        Assert.Equal((Role.Follower, 8UL), (replica.Role, replica.Term));
        Assert.Equal(8UL, replica.LastHardState!.Value.Stamp.Term);
    }

    /// <summary>The same holds for a candidate.</summary>
    [Theory]
    [Section("5.1")]
    [MemberData(nameof(AllKinds))]
    public void A_newer_term_in_any_message_makes_a_follower_of_a_candidate(MessageKind kind)
    {
        var replica = new Replica();
        replica.TimesOut();

        replica.Hears(Say.Heartbeat(2, 8) with { Kind = kind });

        Assert.Equal((Role.Follower, 8UL), (replica.Role, replica.Term));
    }

    /// <summary>A server refuses a request with an older term, and tells the newer one.</summary>
    [Theory]
    [Section("5.1")]
    [InlineData(MessageKind.RequestVote)]
    [InlineData(MessageKind.Append)]
    [InlineData(MessageKind.Heartbeat)]
    [InlineData(MessageKind.InstallSnapshot)]
    public void A_request_of_an_older_term_is_refused_with_the_newer_term(MessageKind kind)
    {
        var replica = new Replica(term: 5, votedFor: 3, log: [1, 2]);

        Message reply = Assert.Single(replica.Hears(
            Say.Append(2, 4, previous: 2, previousTerm: 2, commit: 2) with { Kind = kind }));

        Assert.True(reply.Rejected);
        Assert.Equal((5UL, new NodeId(2)), (reply.Stamp.Term, reply.To));
        Assert.Equal((0UL, 5UL), (replica.Commit, replica.Term));
        Assert.True(replica.Core.Status.Leader.IsNone);
        Assert.Empty(replica.Writes);
    }

    /// <summary>Entries of a deposed leader are not taken.</summary>
    [Fact]
    [Section("5.1")]
    public void Entries_of_an_older_term_s_leader_are_not_taken()
    {
        var replica = new Replica(term: 5, log: [1]);

        replica.Hears(Say.Append(2, 4, previous: 1, previousTerm: 1), 4, 4);

        Assert.Equal([1], replica.LogTerms);
    }

    /// <summary>An answer of an older term is not answered and changes nothing.</summary>
    [Theory]
    [Section("5.1")]
    [InlineData(MessageKind.RequestVoteReply)]
    [InlineData(MessageKind.AppendReply)]
    [InlineData(MessageKind.HeartbeatReply)]
    public void An_answer_of_an_older_term_is_dropped(MessageKind kind)
    {
        var replica = Replica.Leading(term: 5, log: [1, 2]);

        Assert.Empty(replica.Hears(Say.Accepted(2, 4, match: 3) with { Kind = kind, ReadSequence = 9 }));

        Assert.Equal((Role.Leader, 0UL), (replica.Role, replica.Commit));
    }

    /// <summary>
    /// The refusal of what a leader sent in an earlier term may reach it in the new one. It says nothing about the log
    /// of today, and must not look like a refusal of today's append.
    /// </summary>
    [Fact]
    [Section("5.1")]
    public void A_refusal_of_an_older_term_s_append_is_not_taken_for_one_of_this_term()
    {
        var follower = new Replica(term: 4, log: [1, 1, 1]);
        Message refusal = Assert.Single(follower.Hears(Say.Append(2, 2, previous: 3, previousTerm: 1)));
        var leader = Replica.Leading(term: 4, log: [1, 1, 1]);
        leader.Hears(Say.Accepted(2, 4, match: 2));
        LogIndex next = leader.Core.Followers[0].Next;

        leader.Hears(refusal with { From = new(2), To = new(1) });

        Assert.Equal(next, leader.Core.Followers[0].Next);
        Assert.NotEqual(MessageKind.AppendReply, refusal.Kind);
    }

    /// <summary>A term that was told is durable first: after a crash nobody may act in an older one.</summary>
    [Theory]
    [Section("5.1")]
    [InlineData(MessageKind.RequestVote)]
    [InlineData(MessageKind.Append)]
    [InlineData(MessageKind.Heartbeat)]
    public void A_new_term_is_durable_before_it_is_told(MessageKind kind)
    {
        var replica = new Replica(term: 1) { DiskIsSlow = true };

        Assert.Empty(replica.Hears(Say.Heartbeat(2, 2) with { Kind = kind }));
        Assert.Single(replica.DiskCompletes());
    }

    /// <summary>The same for the newer term in a refusal, while its write is still under way.</summary>
    [Theory]
    [Section("5.1")]
    [InlineData(MessageKind.RequestVote)]
    [InlineData(MessageKind.Append)]
    [InlineData(MessageKind.Heartbeat)]
    public void The_newer_term_in_a_refusal_is_durable_before_it_is_told(MessageKind kind)
    {
        var replica = new Replica(term: 1) { DiskIsSlow = true };
        replica.Hears(Say.Vote(2, 5));

        Assert.Empty(replica.Hears(Say.Heartbeat(3, 4) with { Kind = kind }));
        Assert.True(Assert.Single(replica.DiskCompletes()).Rejected);
    }

    /// <summary>What is addressed to somebody else, or comes from the replica itself, is nothing.</summary>
    [Fact]
    [Section("figure 2")]
    public void Messages_for_others_and_from_itself_are_dropped()
    {
        var replica = new Replica();

        Assert.Empty(replica.Hears(Say.RequestVote(2, 9) with { To = new(3) }));
        Assert.Empty(replica.Hears(Say.RequestVote(1, 9)));

        Assert.Equal(0UL, replica.Term);
    }

    /// <summary>An entry of a term says that the term was reached, whatever the hard state on disk says.</summary>
    [Fact]
    [Section("figure 2")]
    public void After_a_restart_the_term_is_at_least_that_of_the_last_entry()
    {
        var replica = new Replica(term: 3, votedFor: 2, log: [1, 5]);

        Assert.Equal(5UL, replica.Term);
        Assert.False(Assert.Single(replica.Hears(Say.RequestVote(3, 5, 2, 5))).Rejected);
    }

    /// <summary>Only voters stand.</summary>
    [Fact]
    [Section("4.2.1")]
    public void A_node_that_is_no_voter_never_stands()
    {
        var replica = new Replica(membership: new([new(2), new(3)], [new(1)]));

        Assert.Empty(replica.TimesOut());
        Assert.Equal(Role.Learner, replica.Role);
    }
}
