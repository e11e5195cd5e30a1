namespace Concord.Consensus.Tests;

/// <summary>A group with nothing to do says nothing, while the hosts tell that the other nodes are alive. Its pitfall
/// is in <see cref="PitfallTestsLife"/>.</summary>
public sealed class QuietGroupTests
{
    [Fact]
    public void A_group_falls_quiet_when_all_have_all_and_know_it()
    {
        var leader = Replica.Leading(with: With.Quiet);
        leader.Hears(Say.Accepted(2, 1, 1));
        leader.Hears(Say.Accepted(3, 1, 1));
        Assert.Equal(2, leader.Waits(Replica.HeartbeatInterval).Count);
        leader.Hears(Say.HeartbeatReply(2, 1) with { Commit = new(1) });
        Assert.Equal(3, Assert.Single(leader.Waits(Replica.HeartbeatInterval)).To.Value);
        Assert.True(leader.Core.NextTick <= leader.Now + Replica.HeartbeatInterval);
        leader.Hears(Say.HeartbeatReply(3, 1) with { Commit = new(1) });

        Assert.Empty(leader.Waits(Replica.HeartbeatInterval));
        Assert.Equal(leader.Now + (Replica.ElectionTimeout / 4), leader.Core.NextTick);
    }

    /// <summary>Without the word of its host a group is never quiet: its heartbeats are the signs of life.</summary>
    [Fact]
    public void A_group_whose_host_tells_nothing_is_never_quiet()
    {
        Replica leader = Quiet(Replica.Leading(with: With.Both));

        Assert.Equal(2, leader.Waits(Replica.HeartbeatInterval).Count);
    }

    [Fact]
    public void A_quiet_leader_stays_in_office_while_a_quorum_is_alive()
    {
        Replica leader = Quiet(Replica.Leading(with: With.Quiet));
        for (int i = 0; i < 50; i++)
        {
            leader.IsTold(2, 1);
            Assert.Empty(leader.Waits(Replica.HeartbeatInterval));
        }

        Assert.Equal(Role.Leader, leader.Role);
        for (int i = 0; i < 10; i++)
        {
            leader.IsTold(2, 2);
            leader.IsTold(9, 1);
            leader.Waits(Replica.HeartbeatInterval);
        }

        Assert.Equal(Role.Follower, leader.Role);
    }

    [Fact]
    public void A_follower_of_a_quiet_leader_refuses_others_its_vote()
    {
        var follower = new Replica(term: 1, with: With.Quiet);
        follower.Hears(Say.Heartbeat(2, 1));
        for (int i = 0; i < 30; i++)
        {
            follower.Waits(Replica.HeartbeatInterval);
            follower.IsTold(2, 1);
        }

        Assert.True(Assert.Single(follower.Hears(Say.PreVote(3, 2))).Rejected);
    }

    /// <summary>A follower that was restarted has forgotten what is committed, and says so: it is told again.</summary>
    [Fact]
    public void A_follower_that_forgot_the_commit_is_told_it_again()
    {
        Replica leader = Quiet(Replica.Leading(with: With.Quiet));
        leader.IsTold(2, 1, commit: 1);
        leader.IsTold(3, 1, commit: 1);
        Assert.Empty(leader.Waits(Replica.HeartbeatInterval));

        leader.IsTold(2, 1, commit: 0);

        Message said = Assert.Single(leader.Waits(Replica.HeartbeatInterval));
        Assert.Equal((new NodeId(2), new LogIndex(1)), (said.To, said.Commit));
    }

    /// <summary>A leader that stepped down within its term is alive, and leads nobody any more.</summary>
    [Fact]
    public void A_sign_of_life_of_one_that_leads_no_more_holds_nobody_back()
    {
        var follower = new Replica(term: 1, with: With.Quiet);
        follower.Hears(Say.Heartbeat(2, 1));
        for (int i = 0; i < 30 && follower.Role == Role.Follower; i++)
        {
            follower.Waits(Replica.HeartbeatInterval);
            follower.IsTold(2, 1, leads: false);
        }

        Assert.Equal(Role.PreCandidate, follower.Role);
    }

    /// <summary>A proposal wakes it, and its commit reaches the followers although nothing else is said.</summary>
    [Fact]
    public void A_proposal_wakes_it_until_its_commit_is_known()
    {
        Replica leader = Quiet(Replica.Leading(with: With.Quiet));

        Assert.Equal(2, leader.Proposes(out _).Count);
        leader.Hears(Say.Accepted(2, 1, 2) with { Commit = new(1) });
        leader.Hears(Say.Accepted(3, 1, 2) with { Commit = new(2) });
        Message said = Assert.Single(leader.Waits(Replica.HeartbeatInterval));

        Assert.Equal((new NodeId(2), new LogIndex(2)), (said.To, said.Commit));
        leader.Hears(Say.HeartbeatReply(2, 1) with { Commit = new(2) });
        Assert.Empty(leader.Waits(Replica.HeartbeatInterval));
    }

    /// <summary>A read wakes everybody: its confirmation needs a quorum.</summary>
    [Fact]
    public void A_read_asks_the_quiet_too()
    {
        Replica leader = Quiet(Replica.Leading(with: With.Quiet));

        Assert.Equal(2, leader.Asks(7).Count);
        Assert.NotEqual(leader.Now + (Replica.ElectionTimeout / 4), leader.Core.NextTick);
        leader.Hears(Say.HeartbeatReply(2, 1, read: 1) with { Commit = new(1) });
        Assert.Single(leader.Reads);
    }

    /// <summary>An impaired follower is never left alone.</summary>
    [Fact]
    public void A_group_with_an_impaired_follower_is_not_quiet()
    {
        Replica leader = Quiet(Replica.Leading(with: With.Quiet));

        leader.Hears(Say.HeartbeatReply(2, 1) with { IsImpaired = true, Commit = new(1) });
        leader.Hears(Say.Accepted(2, 1, 1) with { IsImpaired = true, Commit = new(1) });

        Assert.Equal(2, Assert.Single(leader.Waits(Replica.HeartbeatInterval)).To.Value);
    }

    /// <summary>A host ticks when it is due and not before.</summary>
    [Fact]
    public void Nothing_is_late_for_a_host_that_ticks_when_it_is_due()
    {
        var follower = new Replica(term: 1, with: With.Both);
        follower.Hears(Say.Heartbeat(2, 1));
        TimeSpan due = follower.Core.NextTick;

        Assert.InRange(due, Replica.ElectionTimeout, 2 * Replica.ElectionTimeout);
        Assert.Empty(follower.Waits(due - follower.Now - TimeSpan.FromTicks(1)));
        Assert.NotEmpty(follower.Waits(TimeSpan.FromTicks(1)));
        Assert.True(new Replica(term: 1, impaired: true).Core.NextTick <= TimeSpan.Zero, "it has somebody to ask");
    }

    private static Replica Quiet(Replica leader)
    {
        leader.Hears(Say.Accepted(2, 1, 1));
        leader.Waits(Replica.HeartbeatInterval);
        leader.Hears(Say.Accepted(2, 1, 1) with { Commit = new(1) });
        leader.Hears(Say.Accepted(3, 1, 1) with { Commit = new(1) });
        return leader;
    }
}
