namespace Concord.Consensus.Tests.Paxos;

/// <summary>What one write says when several things changed before it was asked for.</summary>
public sealed class PaxosStorageTests
{
    /// <summary>A range that is only stamped has one stamp.</summary>
    [Fact]
    public void Values_that_get_two_stamps_are_written_whole()
    {
        var replica = new PaxosReplica("3.3", "1.2 1.2");

        replica.Hears(Tell.LearnReply(2, "3.3", commit: 2), "2.2/1.2 3.3/1.2");

        LogWrite write = Assert.Single(replica.Writes);
        AssertWritten(replica, write, through: 2);
        Assert.Equal("2.2/1.2 3.3/1.2", replica.Log);
    }

    [Fact]
    public void A_value_that_is_stamped_twice_before_it_is_written_leaves_the_others_their_stamp()
    {
        var replica = new PaxosReplica("1.2", "1.2 1.2");

        Say.Deliver(replica.Core, Tell.Accept("2.2") with { ByReference = true }, replica.Now,
            Tell.Entries(new(), "2.2/1.2 2.2/1.2"));
        replica.Hears(Tell.Accept("3.3") with { ByReference = true }, "3.3/1.2");

        AssertWritten(replica, replica.Writes[^1], through: 2);
    }

    [Fact]
    public void A_value_among_some_that_are_only_stamped_is_written_with_them()
    {
        var replica = new PaxosReplica("1.2", "1.2 1.2 1.2");

        Say.Deliver(replica.Core, Tell.Accept("2.2") with { ByReference = true }, replica.Now,
            Tell.Entries(new(), "2.2/1.2 2.2/1.2 2.2/1.2"));
        replica.Hears(Tell.Accept("3.3", behind: 1), "3.3");

        AssertWritten(replica, replica.Writes[^1], through: 3);
        Assert.Equal("2.2/1.2 3.3 2.2/1.2", replica.Log);
    }

    /// <summary>Be it new, or written before and another value now.</summary>
    [Theory]
    [InlineData("2.2")]
    [InlineData("2.2 1.2 1.2")]
    public void What_lies_wholly_before_a_snapshot_is_not_written(string log)
    {
        var replica = new PaxosReplica("2.2", log);
        Say.Deliver(replica.Core, Tell.Accept("2.2", behind: 1), replica.Now, Tell.Entries(new(new(1)), "2.2 2.2"));

        replica.Core.SnapshotInstalled(HostedReplica.PointAt(new(4), Tell.Ballot("2.2")));
        replica.Settle();

        Assert.All(replica.Writes, static write => Assert.True(write.Entries.IsEmpty, $"{write}"));
    }

    /// <summary>It holds something in that place, but not what the leader has.</summary>
    [Fact]
    public void A_snapshot_of_what_is_not_held_like_the_leader_is_fetched()
    {
        var replica = new PaxosReplica("2.2", "1.3 1.3");
        Message offer = Tell.Heartbeat("2.2") with { Kind = MessageKind.InstallSnapshot, Index = new(2) };

        replica.Hears(offer);

        Assert.Equal((new NodeId(2), 0UL), (replica.SnapshotWantedFrom, replica.Commit));
    }

    /// <summary>Every place is in the write, and those that are only stamped have one stamp.</summary>
    private static void AssertWritten(PaxosReplica replica, LogWrite write, ulong through)
    {
        for (ulong at = 1; at <= through; at++)
        {
            bool isWhole = !write.Entries.IsEmpty && write.Entries.First.Value <= at && write.Entries.Last.Value >= at;
            bool isStamped = !write.Restamped.IsEmpty && write.Restamped.First.Value <= at
                && write.Restamped.Last.Value >= at;
            Assert.True(isWhole || isStamped, $"{at} is not in {write}");
        }

        IEnumerable<Stamp> stamps = Enumerable.Range(0, write.Restamped.Count)
            .Select(i => replica.Core.Log.StampAt(write.Restamped.First + (ulong)i));
        Assert.True(stamps.Distinct().Count() <= 1, $"{write}");
    }
}
