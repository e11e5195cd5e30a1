namespace Concord.Consensus.Tests;

/// <summary>Raft section 5.3 (log replication): the leader's side.</summary>
public sealed class PaperTestsLeader
{
    /// <summary>Only a leader takes commands.</summary>
    [Fact]
    [Section("5.3")]
    public void Only_a_leader_takes_proposals()
    {
        var replica = new Replica();
        Assert.Equal(ProposeResult.NotLeader, replica.Core.Propose(Say.Payload, out _));
        replica.TimesOut();
        Assert.Equal(ProposeResult.NotLeader, replica.Core.Propose(Say.Payload, out _));
        Assert.Empty(replica.LogTerms);
    }

    /// <summary>The leader appends the command to its log and sends it to all followers, with the place
    /// before.</summary>
    [Fact]
    [Section("5.3")]
    public void A_proposal_is_appended_and_sent_to_all()
    {
        var replica = Replica.Leading(term: 3, log: [1]);
        replica.Hears(Say.Accepted(2, 3, 2));
        replica.Hears(Say.Accepted(3, 3, 2));

        IReadOnlyList<Message> said = replica.Proposes(out LogIndex index);

        Assert.Equal(3UL, index.Value);
        Assert.Equal([1, 3, 3], replica.LogTerms);
        Assert.Equal(
            ["n1->n2 Append t3 prev=2@t3 entries=[3] commit=2", "n1->n3 Append t3 prev=2@t3 entries=[3] commit=2"],
            said.Select(static message => message.ToString()));
    }

    /// <summary>A leader begins with the assumption that all followers have its log, and steps back where that
    /// fails.</summary>
    [Fact]
    [Section("5.3")]
    public void A_new_leader_probes_from_the_end_of_its_log_and_steps_back_when_refused()
    {
        var replica = Replica.Leading(term: 3, log: [1, 1, 2]);
        Assert.Equal(4UL, replica.Core.Followers[0].Next.Value);
        Assert.Equal(0UL, replica.Core.Followers[0].Match.Value);

        Message retry = Assert.Single(replica.Hears(Say.Refused(2, 3, previous: 3, hint: 1)));

        Assert.Equal("n1->n2 Append t3 prev=1@t1 entries=[2..4] commit=0", retry.ToString());
    }

    /// <summary>A leader that was elected again knows nothing any more of what its followers have.</summary>
    [Fact]
    [Section("figure 2")]
    public void What_a_leader_knows_of_followers_begins_anew_with_each_term()
    {
        var replica = Replica.Leading(term: 1);
        replica.Proposes(out _);
        replica.Hears(Say.Accepted(2, 1, 2));
        replica.Hears(Say.RequestVote(3, 2));
        replica.TimesOut();
        replica.Hears(Say.Vote(2, 3));

        Assert.Equal((Role.Leader, 3UL), (replica.Role, replica.Term));
        Assert.All(replica.Core.Followers, static follower => Assert.Equal(LogIndex.Zero, follower.Match));
        Assert.Equal(2, replica.Core.Followers.Count);
    }

    /// <summary>What a follower has acknowledged never falls within a term: late answers change nothing.</summary>
    [Fact]
    [Section("figure 2")]
    public void Late_answers_do_not_take_back_an_acknowledgement()
    {
        var replica = Replica.Leading(term: 2, log: [1, 1]);
        replica.Hears(Say.Accepted(2, 2, 3));

        replica.Hears(Say.Accepted(2, 2, 1));
        replica.Hears(Say.Refused(2, 2, previous: 2, hint: 0));
        replica.Hears(Say.Refused(2, 2, previous: 3, hint: 0));

        Assert.Equal((3UL, 4UL), (replica.Core.Followers[0].Match.Value, replica.Core.Followers[0].Next.Value));
    }

    /// <summary>A refusal that answers an earlier probe is late, and does not move the probe that is out now.</summary>
    [Fact]
    [Section("5.3")]
    public void A_late_refusal_does_not_move_a_younger_probe()
    {
        var replica = Replica.Leading(term: 2, log: [1, 1, 1, 1]);
        replica.Hears(Say.Refused(2, 2, previous: 4, hint: 2));

        Assert.Empty(replica.Hears(Say.Refused(2, 2, previous: 4, hint: 2)));
        Assert.Equal(3UL, replica.Core.Followers[0].Next.Value);
    }

    /// <summary>The leader repeats until a follower has answered, whether or not there is anything new to
    /// say.</summary>
    [Fact]
    [Section("5.3")]
    public void An_append_that_is_not_answered_is_repeated_without_new_traffic()
    {
        var replica = Replica.Leading(term: 1);

        IReadOnlyList<Message> said = replica.Waits(Replica.ElectionTimeout / 2);

        Assert.Contains("n1->n2 Append t1 prev=0@t0 entries=[1] commit=0",
            said.Select(static message => message.ToString()));
    }

    /// <summary>A probe that was lost is repeated at its place; nothing is known that would ask for going back to the
    /// front.</summary>
    [Fact]
    [Section("5.3")]
    public void A_probe_that_is_not_answered_is_repeated_at_the_same_place()
    {
        var replica = Replica.Leading(term: 2, log: [1, 1, 1]);

        IReadOnlyList<Message> said = replica.Waits(Replica.ElectionTimeout / 2);

        Assert.Contains("n1->n2 Append t2 prev=3@t1 entries=[4] commit=0",
            said.Select(static message => message.ToString()));
    }

    /// <summary>A follower that has all and is lost without traffic is asked nothing but heartbeats.</summary>
    [Fact]
    [Section("5.3")]
    public void An_idle_leader_sends_heartbeats_and_nothing_else()
    {
        var replica = Replica.Leading(term: 1);
        replica.Hears(Say.Accepted(2, 1, 1));
        replica.Hears(Say.Accepted(3, 1, 1));
        for (int i = 0; i < 30; i++)
        {
            IReadOnlyList<Message> said = replica.Waits(Replica.HeartbeatInterval);
            Assert.Equal([MessageKind.Heartbeat, MessageKind.Heartbeat], said.Select(static message => message.Kind));
        }
    }

    /// <summary>A heartbeat says no more than what the follower is known to have: its log may end differently behind
    /// that.</summary>
    [Fact]
    [Section("5.3")]
    public void A_heartbeat_s_commit_stays_within_what_its_follower_has_acknowledged()
    {
        var replica = Replica.Leading(term: 2, log: [1, 1]);
        replica.Hears(Say.Accepted(2, 2, 3));

        IReadOnlyList<Message> said = replica.Waits(Replica.HeartbeatInterval);

        Assert.Equal([3UL, 0UL], said.Where(static m => m.Kind == MessageKind.Heartbeat)
            .Select(static m => m.Commit.Value));
    }

    /// <summary>A leader never overwrites or deletes entries of its own log: it only appends.</summary>
    [Fact]
    [Section("5.3")]
    public void A_second_leader_of_the_same_term_stops_the_node()
    {
        var replica = Replica.Leading(term: 2, log: [1]);

        Assert.Throws<InvariantViolationException>(() => replica.Hears(Say.Append(2, 2, 0, 0), 2));
    }

    /// <summary>An acknowledgement of what was never sent is a defect of the sender and counts for nothing.</summary>
    [Fact]
    [Section("5.3")]
    public void An_acknowledgement_beyond_the_log_counts_for_nothing()
    {
        var replica = Replica.Leading();

        replica.Hears(Say.Accepted(2, 1, 9));

        Assert.Equal((0UL, 0UL), (replica.Commit, replica.Core.Followers[0].Match.Value));
    }

    private static int NoOpBytes => EntryCodec.HeadBytes;

    private static int EntryBytes => EntryCodec.HeadBytes + Say.Payload.Length;

    /// <summary>Proposals are refused, not queued without end, while too much is not committed.</summary>
    [Fact]
    [Section("5.3")]
    public void Proposals_are_refused_while_too_much_is_not_committed()
    {
        var replica = Replica.Leading(
            with: static options => options with { UncommittedBytesMax = NoOpBytes + (2 * EntryBytes) });
        replica.Proposes(out _);
        replica.Proposes(out _);
        Assert.Equal(ProposeResult.Overloaded, replica.Core.Propose(Say.Payload, out _));

        replica.Hears(Say.Accepted(2, 1, 2));

        replica.Proposes(out _);
        Assert.Equal(ProposeResult.Overloaded, replica.Core.Propose(Say.Payload, out _));
    }
}
