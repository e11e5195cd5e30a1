namespace Concord.Consensus.Tests;

/// <summary>Thesis 6.4.1: reads without a round while a quorum has promised to elect nobody else. The pitfalls of
/// leases are in <see cref="PitfallTestsReads"/>.</summary>
public sealed class PaperTestsLeases
{
    [Fact]
    [Section("6.4.1")]
    public void Within_a_lease_a_read_needs_no_message()
    {
        Replica leader = WithLease();
        leader.Proposes(out _);
        leader.Hears(Say.Accepted(2, 1, 2));

        Assert.Empty(leader.Asks(7));
        Assert.Equal([new ReadResult(7, new(2), Failed: false)], leader.Reads);
    }

    /// <summary>The lease is shorter than the promise, by what clocks may differ.</summary>
    [Theory]
    [Section("6.4.1")]
    [InlineData(0.0)]
    [InlineData(0.2)]
    [InlineData(0.5)]
    public void It_lasts_as_long_as_the_slowest_clock_allows(double drift)
    {
        Replica leader = WithLease(drift);

        Assert.NotEmpty(leader.Asks(7, leader.Now + (Replica.ElectionTimeout * (1 - drift))));
        Assert.Empty(leader.Reads);
        leader = WithLease(drift);
        Assert.Empty(leader.Asks(7, leader.Now + (Replica.ElectionTimeout * (1 - drift)) - TimeSpan.FromTicks(1)));
    }

    [Fact]
    [Section("6.4.1")]
    public void It_takes_a_quorum()
    {
        var leader = Replica.Leading(voters: 5, with: With.Lease);
        leader.Hears(Say.Accepted(2, 1, 1));
        leader.Hears(Say.Accepted(3, 1, 1));
        ulong round = leader.Waits(Replica.HeartbeatInterval)[^1].ReadSequence;

        leader.Hears(Say.HeartbeatReply(2, 1, round));
        Assert.NotEmpty(leader.Asks(7));
        leader.Hears(Say.HeartbeatReply(3, 1, round));
        Assert.Empty(leader.Asks(8));
    }

    /// <summary>Promises do not make known what earlier leaders have committed.</summary>
    [Fact]
    [Section("6.4.1")]
    public void It_does_not_begin_before_the_first_commit_of_the_term()
    {
        var leader = Replica.Leading(with: With.Lease);
        ulong round = leader.Waits(Replica.HeartbeatInterval)[^1].ReadSequence;
        leader.Hears(Say.HeartbeatReply(2, 1, round));

        leader.Asks(7);

        Assert.Empty(leader.Reads);
    }

    /// <summary>Each heartbeat is a round of its own, or an answer to an old one would renew the lease.</summary>
    [Fact]
    [Section("6.4.1")]
    public void An_answer_to_an_earlier_heartbeat_does_not_renew_it()
    {
        Replica leader = WithLease();
        ulong round = leader.Waits(Replica.HeartbeatInterval)[^1].ReadSequence;
        leader.Waits(Replica.ElectionTimeout * 0.8);

        leader.Hears(Say.HeartbeatReply(2, 1, round));

        Assert.NotEmpty(leader.Asks(7));
        Assert.Empty(leader.Reads);
    }

    /// <summary>A lease of an earlier term is none, and a round of it no confirmation.</summary>
    [Fact]
    [Section("6.4.1")]
    public void It_ends_with_the_term()
    {
        Replica leader = WithLease();
        leader.Hears(Say.Heartbeat(2, 2));
        Assert.Equal(Role.Follower, leader.Role);

        leader.Hears(Say.TimeoutNow(2, 2));
        leader.Hears(Say.Vote(2, 3));
        leader.Hears(Say.Accepted(2, 3, 2));
        Assert.Equal(Role.Leader, leader.Role);
        leader.Asks(7);

        Assert.Empty(leader.Reads);
    }

    [Fact]
    [Section("6.4.1")]
    public void Without_the_setting_every_read_has_a_round()
    {
        var leader = Replica.Leading(with: With.Both);
        leader.Hears(Say.Accepted(2, 1, 1));
        leader.Asks(7);
        leader.Hears(Say.HeartbeatReply(2, 1, read: 1));

        Assert.NotEmpty(leader.Asks(8));
    }

    /// <summary>What a follower says in a term is not what an impaired one says.</summary>
    [Fact]
    [Section("6.4.1")]
    public void An_impaired_follower_promises_nothing()
    {
        var leader = Replica.Leading(with: With.Lease);
        leader.Hears(Say.Accepted(3, 1, 1));
        ulong round = leader.Waits(Replica.HeartbeatInterval)[^1].ReadSequence;

        leader.Hears(Say.HeartbeatReply(2, 1, round) with { IsImpaired = true });

        Assert.NotEmpty(leader.Asks(7));
    }

    /// <summary>A leader of three, whose round of just now was confirmed.</summary>
    private static Replica WithLease(double drift = 0.2)
    {
        var leader = Replica.Leading(with: options => With.Lease(options) with { ClockDriftMax = drift });
        leader.Hears(Say.Accepted(2, 1, 1));
        ulong round = leader.Waits(Replica.HeartbeatInterval)[^1].ReadSequence;
        leader.Hears(Say.HeartbeatReply(2, 1, round));
        return leader;
    }
}
