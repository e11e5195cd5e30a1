namespace Concord.Consensus.Tests;

/// <summary>What comes from a peer that is broken, or at a moment that nobody thought of, stops no node and elects
/// nobody.</summary>
public sealed class BrokenPeerTests
{
    /// <summary>A refusal of something that was never sent.</summary>
    [Fact]
    public void A_refusal_beyond_the_log_moves_nothing()
    {
        var leader = Replica.Leading(voters: 3);
        leader.Hears(Say.Accepted(2, 1, 1));

        leader.Hears(Say.Refused(2, 1, 100, hint: 99));

        Assert.Equal(new LogIndex(1), Assert.Single(leader.Proposes(out _)).Index);
    }

    /// <summary>Votes are counted by place among the members. A snapshot with other members comes while a candidate
    /// waits: the places are others', and the votes too.</summary>
    [Fact]
    public void Votes_from_before_a_snapshot_with_other_members_are_not_counted_for_others()
    {
        var replica = new Replica(voters: 5);
        replica.TimesOut();
        replica.Hears(Say.Vote(2, 1));
        Assert.Equal(Role.Candidate, replica.Role);

        replica.Core.SnapshotInstalled(
            new(new(8), Stamp.FromTerm(1), new([new(1), new(4), new(5)]), new(7)));
        replica.Settle();
        replica.Hears(Say.Vote(3, 1));

        Assert.NotEqual(Role.Leader, replica.Role);
    }

    /// <summary>A round that waits for members who were removed is confirmed by those who remain.</summary>
    [Fact]
    public void A_read_does_not_wait_for_a_member_that_was_removed()
    {
        var leader = Replica.Leading(voters: 2);
        leader.Hears(Say.Accepted(2, 1, 1));
        leader.Changes(Replica.Voters(1));
        leader.Asks(7);
        Assert.Empty(leader.Reads);

        leader.Hears(Say.Accepted(2, 1, 2));

        Assert.Equal(3UL, leader.Commit);
        Assert.Single(leader.Reads);
    }
}
