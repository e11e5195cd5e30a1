using Concord.Cluster.Runtime;
using Concord.Cluster.Storage;
using Concord.Consensus;
using Concord.Simulation;
using Concord.Simulation.Disk;

namespace Concord.Cluster.Tests.Storage;

/// <summary>
/// Damage to a log of Multi-Paxos: every shard is impaired, each place holds what it once held or nothing, and what is
/// called committed was chosen. How it goes on from there survives every later start, with the damage still in the log.
/// </summary>
public sealed class PlaceImpairedTests
{
    private const int Steps = 160;

    private readonly SimFileSystem _files = new(1);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    public void Whatever_batch_is_damaged_each_place_holds_what_it_once_held(int seed)
    {
        var random = new SimRandom((ulong)seed).Fork("damage");
        var history = new PlaceHistory();
        SimFileSystem files = Written(seed, history);
        List<(ulong Segment, int Offset, int Length)> batches = LogImpairedTests.BatchesIn(files);
        Assert.True(batches.Count > 15, $"there are {batches.Count} batches");
        for (int i = 0; i < batches.Count - 1; i++)
        {
            for (int kind = 0; kind < 6; kind++)
            {
                SimFileSystem damaged = files.Copy((ulong)i);
                LogImpairedTests.Damage(damaged, batches[i], kind, random);
                string what = $"seed {seed}, batch {i} of {batches.Count}, kind {kind}";
                CheckGoesOn(damaged, history, batches[random.Next(batches.Count - 1)], what);
            }
        }
    }

    [Theory]
    [InlineData(7)]
    [InlineData(8)]
    public void Two_damaged_batches_are_no_worse_than_one(int seed)
    {
        var random = new SimRandom((ulong)seed).Fork("damage");
        var history = new PlaceHistory();
        SimFileSystem files = Written(seed, history);
        List<(ulong Segment, int Offset, int Length)> batches = LogImpairedTests.BatchesIn(files);
        for (int round = 0; round < 150; round++)
        {
            SimFileSystem damaged = files.Copy((ulong)round);
            LogImpairedTests.Damage(damaged, batches[random.Next(batches.Count - 1)], random.Next(6), random);
            LogImpairedTests.Damage(damaged, batches[random.Next(batches.Count - 1)], random.Next(6), random);
            CheckGoesOn(damaged, history, batches[random.Next(batches.Count - 1)], $"seed {seed}, round {round}");
        }
    }

    [Fact]
    public void A_stamp_is_not_given_to_a_value_that_was_perhaps_another()
    {
        using (var log = new TestLog(_files))
        {
            LogPositionTests.Put(log, 1, 1, 10, 11);
            log.Flush();
            LogPositionTests.Put(log, 1, 2, 20);
            log.Flush();
            LogPositionTests.Put(log, 3, 2, 30);
            LogPositionTests.Restamp(log, 1, 3, 3);
            log.Flush();
        }

        Lose(batch: 1);

        // Place 1 was 20 when it was stamped; place 3 was put behind the damage, and is what it was.
        RecoveredShard shard = Assert.Single(TestLog.Recover(_files, hasPeers: true).Shards);
        Assert.Equal("1/1/10 2/1/11 3/3of2/30", LogPositionTests.Describe(shard.Log));
        Assert.True(shard.Impaired);
        Assert.Equal(3UL, shard.HardState.Stamp.Term);
    }

    [Fact]
    public void What_was_committed_behind_the_damage_is_not_said_of_what_lies_before_it()
    {
        using (var log = new TestLog(_files))
        {
            LogPositionTests.Put(log, 1, 1, 10, 11);
            log.WritePlaces(0, new HardState(Stamp.FromTerm(1), NodeId.None) { Commit = new(1) }, default);
            log.Flush();
            LogPositionTests.Put(log, 2, 2, 20);
            log.Flush();
            log.WritePlaces(0, new HardState(Stamp.FromTerm(2), NodeId.None) { Commit = new(2) }, default);
            log.Flush();
        }

        Assert.Equal(new LogIndex(2), TestLog.Recover(_files.Copy(1)).Shards[0].HardState.Commit);
        Lose(batch: 1);

        // The commit of place 2 speaks of 20, and 11 stands there.
        RecoveredShard shard = Assert.Single(TestLog.Recover(_files, hasPeers: true).Shards);
        Assert.Equal("1/1/10 2/1/11", LogPositionTests.Describe(shard.Log));
        Assert.Equal((new LogIndex(1), 2UL), (shard.HardState.Commit, shard.HardState.Stamp.Term));
        using (var log = new TestLog(_files, hasPeers: true))
        {
            // Nothing was written but how it goes on: the next start knows no more.
            log.Flush();
        }

        shard = Assert.Single(TestLog.Recover(_files, hasPeers: true).Shards);
        Assert.Equal("1/1/10 2/1/11", LogPositionTests.Describe(shard.Log));
        Assert.Equal((new LogIndex(1), 2UL), (shard.HardState.Commit, shard.HardState.Stamp.Term));
    }

    [Fact]
    public void What_is_committed_and_lost_is_not_called_committed_until_it_is_there_again()
    {
        using (var log = new TestLog(_files))
        {
            LogPositionTests.Put(log, 1, 1, 10);
            log.Flush();
            log.WritePlaces(0, new HardState(Stamp.FromTerm(1), NodeId.None) { Commit = new(3) }, default);
            log.Flush();
        }

        Assert.Equal(new LogIndex(1), TestLog.Recover(_files).Shards[0].HardState.Commit);
    }

    [Fact]
    public void A_shard_that_was_repaired_before_the_damage_is_impaired_by_it()
    {
        using (var log = new TestLog(_files))
        {
            LogPositionTests.Put(log, 1, 1, 10);
            log.Appender.MarkImpaired(0, isImpaired: true);
            log.Flush();
            LogPositionTests.Put(log, 2, 1, 20);
            log.Flush();
            log.Appender.MarkImpaired(0, isImpaired: false);
            LogPositionTests.Put(log, 3, 1, 30);
            log.Flush();
        }

        Assert.False(TestLog.Recover(_files.Copy(1)).IsImpaired(0));
        Lose(batch: 1);
        Assert.True(TestLog.Recover(_files, hasPeers: true).IsImpaired(0));
    }

    [Fact]
    public void What_a_start_went_on_without_does_not_come_back_when_the_disk_gives_it_again()
    {
        using (var log = new TestLog(_files))
        {
            LogPositionTests.Put(log, 1, 1, 10, 11);
            log.WritePlaces(0, new HardState(Stamp.FromTerm(1), NodeId.None) { Commit = new(1) }, default);
            log.Flush();
            LogPositionTests.Put(log, 2, 2, 20, 30);
            log.Flush();
            log.WritePlaces(0, new HardState(Stamp.FromTerm(2), NodeId.None) { Commit = new(2) }, default);
            log.Flush();
        }

        Lose(batch: 1);
        using (var log = new TestLog(_files, hasPeers: true))
        {
            log.Flush();
        }

        // The same bit once more: it is as it was written.
        (ulong segment, int offset, int length) = LogImpairedTests.BatchesIn(_files)[0];
        _files.FlipBit(TestLog.SegmentPath(segment), offset + length + 60, 1);
        RecoveredLog found = TestLog.Recover(_files);
        Assert.Empty(found.Damage);
        Assert.Equal("1/1/10 2/1/11", LogPositionTests.Describe(found.Shards[0].Log));
        Assert.Equal(new LogIndex(1), found.Shards[0].HardState.Commit);
        Assert.True(found.IsImpaired(0));
    }

    [Fact]
    public void A_shard_whose_snapshot_is_lost_begins_anew_and_what_was_before_does_not_come_back()
    {
        using NodeFolder folder = NodeFolder.Open(_files, "/node");
        using (var log = new TestLog(_files))
        {
            LogPositionTests.Put(log, 1, 1, 10, 11, 12);
            log.WritePlaces(0, new HardState(Stamp.FromTerm(2), NodeId.None) { Commit = new(3) }, default);
            log.Appender.MarkSnapshot(0, new(new(2), Stamp.FromTerm(1)), log.LogOf(0));
            log.Flush();
        }

        // What was committed is not what will be there next: it is not said of an empty log.
        RecoveredLog found = SnapshotStart.Load(_files, folder, TestLog.Recover(_files), hasPeers: true).Log;
        RecoveredShard empty = Assert.Single(found.Shards);
        Assert.Equal((0, true, 2UL), (empty.Log.Count, empty.Impaired, empty.HardState.Stamp.Term));
        Assert.Equal(LogIndex.Zero, empty.HardState.Commit);

        var appender = new LogAppender(TestLog.Tiny, found);
        using (var device = new LogDevice(_files, TestLog.Directory, TestLog.Tiny, found.Position))
        {
            var log = new LogBuffer();
            appender.Resume(0, log);
            log.Put(new(4), Stamp.FromTerm(5), Stamp.FromTerm(5), EntryKind.Command, [40]);
            appender.Append(0, new(1, null, null, new(new(4), 1)) { KeepsWhatFollows = true }, log);
            device.Write(appender.TakeBatch()!);
        }

        RecoveredShard shard = Assert.Single(TestLog.Recover(_files).Shards);
        Assert.Equal("4/5/40", LogPositionTests.Describe(shard.Log));
        Assert.Equal((LogIndex.Zero, LogIndex.Zero), (shard.SnapshotIndex, shard.HardState.Commit));
        Assert.True(shard.Impaired);
    }

    private static SimFileSystem Written(int seed, PlaceHistory history)
    {
        var files = new SimFileSystem((ulong)seed);
        var workload = new PlaceWorkload(new SimRandom((ulong)seed).Fork("workload"), new LogModel());
        using var log = new TestLog(files);
        workload.Start(log);
        for (int i = 0; i < Steps; i++)
        {
            workload.Step();
            history.Note(log, workload);
        }

        log.Flush();
        return files;
    }

    private static void CheckGoesOn(
        SimFileSystem files, PlaceHistory history, (ulong Segment, int Offset, int Length) later, string what)
    {
        string expected;
        using (var log = new TestLog(files, hasPeers: true))
        {
            history.Check(log.Recovered, what);
            if (log.Recovered.Damage.Count == 0)
            {
                return; // both strikes at the same place, or in what nobody needs
            }

            Assert.All(log.Recovered.Shards, shard => Assert.True(shard.Impaired, $"{what}: {shard.Shard}"));
            expected = GoOn(log, commit: false);
        }

        files.Crash();
        using (var log = new TestLog(files, hasPeers: true))
        {
            Assert.True(expected == Describe(log), $"{what}: {expected}\n{Describe(log)}");
            Assert.All(log.Recovered.Shards, shard => Assert.True(shard.Impaired, $"{what}: {shard.Shard}"));
            expected = GoOn(log, commit: true);
            foreach (RecoveredShard shard in log.Recovered.Shards)
            {
                log.Appender.MarkImpaired(shard.Shard, isImpaired: false);
            }

            log.Flush();
        }

        // What is damaged later and lies before that is not needed any more.
        if (files.Exists(TestLog.SegmentPath(later.Segment)))
        {
            files.FlipBit(TestLog.SegmentPath(later.Segment), later.Offset + BatchFormat.HeaderBytes + 3, 2);
        }

        using (var log = new TestLog(files, hasPeers: true))
        {
            Assert.True(expected == Describe(log), $"{what}: {expected}\n{Describe(log)}");
            Assert.DoesNotContain(log.Recovered.Shards, static shard => shard.Impaired);
        }
    }

    /// <summary>Stamps all that each shard holds anew, and puts something behind a gap.</summary>
    private static string GoOn(TestLog log, bool commit)
    {
        foreach (RecoveredShard shard in log.Recovered.Shards)
        {
            LogBuffer places = shard.Log;
            Stamp stamp = Stamp.FromTerm(Math.Max(shard.HardState.Stamp.Term, places.NewestStamp().Term) + 1);
            for (LogIndex at = places.First; at <= places.Last; at++)
            {
                if (places.Has(at))
                {
                    places.Restamp(at, stamp);
                    log.WritePlaces(shard.Shard, null, default, new(at, 1));
                }
            }

            LogIndex next = commit ? places.First : places.Last + 2;
            Stamp newer = Stamp.FromTerm(stamp.Term + 1);
            places.Put(next, newer, newer, EntryKind.Command, [1, 2, 3]);
            var hardState = new HardState(newer, NodeId.None) { Commit = commit ? next : default };
            log.WritePlaces(shard.Shard, hardState, new(next, 1));
        }

        log.Flush();
        return Describe(log);
    }

    private static string Describe(TestLog log) => LogImpairedTests.DescribeLogs(log);

    private void Lose(int batch)
    {
        (ulong segment, int offset, _) = LogImpairedTests.BatchesIn(_files)[batch];
        _files.FlipBit(TestLog.SegmentPath(segment), offset + 60, 1);
    }
}
