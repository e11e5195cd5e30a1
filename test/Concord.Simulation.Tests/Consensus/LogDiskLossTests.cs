using Concord.Consensus;
using Concord.Simulation.Consensus;

namespace Concord.Simulation.Tests.Consensus;

/// <summary>What is lost is lost from the end, is remembered by the rules, and is known to the host or not.</summary>
public sealed class LogDiskLossTests
{
    private static readonly HardState s_voted = new(Stamp.FromTerm(3), new(2));

    [Theory]
    [InlineData((int)DiskLoss.TornRecord, 7, true, true)]
    [InlineData((int)DiskLoss.Vote, 8, false, true)]
    [InlineData((int)DiskLoss.HardState, 8, false, false)]
    [InlineData((int)DiskLoss.WholeLog, 0, false, false)]
    public void A_known_loss_takes_what_it_says(int loss, ulong last, bool keepsVote, bool keepsTerm)
    {
        (LogDisk disk, LogEntry[] entries) = NewDisk(1);
        disk.Lose((DiskLoss)loss);
        Assert.Equal(last, disk.Log.Last);
        Assert.Equal(keepsVote, !disk.HardState.VotedFor.IsNone);
        Assert.Equal(keepsTerm ? s_voted.Stamp : default, disk.HardState.Stamp);
        Assert.True(disk.IsImpaired, "the host knows it");
        Assert.All(entries, entry => Assert.True(disk.HasLost(entry), "it lay there before"));
    }

    [Fact]
    public void A_flipped_bit_takes_some_end_of_the_log()
    {
        HashSet<ulong> seen = [];
        for (ulong seed = 0; seed < 300; seed++)
        {
            (LogDisk disk, LogEntry[] entries) = NewDisk(seed);
            disk.Lose(DiskLoss.BitFlip);
            Assert.True(disk.Log.Last == 0 || disk.Log.At(disk.Log.Last) == entries[disk.Log.Last - 1]);
            seen.Add(disk.Log.Last);
        }

        Assert.Equal(9, seen.Count);
    }

    [Fact]
    public void A_regression_is_over_once_the_log_is_as_long_as_before()
    {
        (LogDisk disk, LogEntry[] entries) = NewDisk(1);
        disk.Regress(6);
        Assert.Equal(5UL, disk.Log.Last);
        Assert.False(disk.IsImpaired, "nobody sees it");
        Assert.True(disk.HasRegressed);
        disk.Write(new() { Sequence = 2, Entries = entries[5..] });
        Assert.False(disk.HasRegressed);
    }

    [Fact]
    public void A_snapshot_outlives_the_log_but_not_the_disk()
    {
        (LogDisk disk, LogEntry[] entries) = NewDisk(1);
        disk.Install(new(entries[3], new(new(4), entries[3].Stamp, Membership.None, default), []));
        disk.Lose(DiskLoss.WholeLog);
        Assert.Equal(4UL, disk.Log.Last);
        disk.Wipe();
        Assert.True(disk.IsWiped);
        Assert.Equal(0UL, disk.Log.Last);
        Assert.Null(disk.Snapshot);
        Assert.True(disk.HasLost(entries[7]), "what was said about it was true when it was said");
    }

    /// <summary>A disk with eight durable entries and a vote.</summary>
    private static (LogDisk Disk, LogEntry[] Entries) NewDisk(ulong seed)
    {
        (LogDisk disk, LogEntry[] entries) = LogDisks.New(seed);
        disk.Write(new() { Sequence = 1, HardState = s_voted, Entries = entries });
        return (disk, entries);
    }
}
