using Concord.Consensus;
using Concord.Simulation.Consensus;

namespace Concord.Simulation.Tests.Consensus;

public sealed class LogDiskTests
{
    [Fact]
    public void A_crash_keeps_what_was_synced_and_some_beginning_of_the_rest()
    {
        bool[] seen = new bool[9];
        for (ulong seed = 0; seed < 500; seed++)
        {
            (LogDisk disk, LogEntry[] entries) = LogDisks.New(seed);
            disk.Submit(new() { Sequence = 1, Entries = entries[..4] });
            disk.BeginSync();
            disk.EndSync([]);
            disk.Submit(new() { Sequence = 2, Entries = entries[4..6] });
            disk.BeginSync();
            disk.Submit(new() { Sequence = 3, Entries = entries[6..] });
            disk.Crash();
            Assert.InRange(disk.Log.Last, 4UL, 8UL);
            Assert.Same(entries[disk.Log.Last - 1], disk.Log.At(disk.Log.Last));
            seen[disk.Log.Last] = true;
        }

        Assert.All(Enumerable.Range(4, 5), kept => Assert.True(seen[kept], $"never kept {kept} entries"));
    }

    [Fact]
    public void Nothing_is_durable_before_the_sync_has_ended()
    {
        (LogDisk disk, LogEntry[] entries) = LogDisks.New(1);
        disk.Submit(new() { Sequence = 1, HardState = new(Stamp.FromTerm(3), new(2)), Entries = entries });
        disk.BeginSync();
        Assert.Equal(default, disk.HardState);
        Assert.Equal(0UL, disk.Log.Last);
        List<DiskWrite> done = [];
        disk.EndSync(done);
        Assert.Equal(Stamp.FromTerm(3), disk.HardState.Stamp);
        Assert.Equal(8UL, disk.Log.Last);
        Assert.Equal(1UL, Assert.Single(done).Sequence);
    }

    [Fact]
    public void An_installed_snapshot_keeps_a_log_that_leads_there()
    {
        (LogDisk disk, LogEntry[] entries) = LogDisks.New(1);
        disk.Write(new() { Sequence = 1, Entries = entries[..2] });
        disk.Submit(new() { Sequence = 2, Entries = entries[2..6] });
        disk.BeginSync();
        disk.Install(SnapshotAt(entries[3]));
        Assert.Equal(4UL, disk.Log.Last);
        disk.EndSync([]);
        Assert.Equal(6UL, disk.Log.Last);
    }

    [Fact]
    public void An_installed_snapshot_voids_what_was_submitted_in_another_past()
    {
        (LogDisk disk, LogEntry[] entries) = LogDisks.New(1);
        disk.Write(new() { Sequence = 1, Entries = entries[..4] });
        disk.Submit(new() { Sequence = 2, Entries = entries[4..] });
        disk.BeginSync();
        LogEntry other = new(entries[4], 6, Stamp.FromTerm(9), Stamp.FromTerm(9), EntryKind.NoOp, []);
        disk.Install(SnapshotAt(other));
        disk.EndSync([]);
        Assert.Equal(6UL, disk.Log.Last);
        Assert.Same(other, disk.Log.At(6));
    }

    [Fact]
    public void Where_places_stand_for_themselves_an_installed_snapshot_leaves_what_is_behind_it()
    {
        (LogDisk disk, LogEntry[] entries) = LogDisks.New(1);
        disk.Write(new() { Sequence = 1, Entries = [entries[5]], KeepsWhatFollows = true });
        disk.Install(SnapshotAt(entries[3]), keepsWhatFollows: true);
        Assert.Equal(6UL, disk.Log.Last);
        Assert.Same(entries[3], disk.Log.At(4));
        Assert.Null(disk.Log.At(5));
    }

    private static MachineSnapshot SnapshotAt(LogEntry entry) =>
        new(entry, new(new(entry.Index), entry.Stamp, Membership.None, default), []);

    [Fact]
    public void A_gap_is_a_violation()
    {
        (LogDisk disk, LogEntry[] entries) = LogDisks.New(1);
        Assert.Throws<ViolatedException>(() => disk.Write(new() { Sequence = 1, Entries = entries[1..] }));
    }
}
