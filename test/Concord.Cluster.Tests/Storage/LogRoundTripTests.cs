using Concord.Cluster.Storage;
using Concord.Consensus;
using Concord.Simulation.Disk;

namespace Concord.Cluster.Tests.Storage;

public sealed class LogRoundTripTests
{
    private readonly SimFileSystem _files = new(1);

    [Fact]
    public void A_new_log_is_empty()
    {
        using var log = new TestLog(_files);

        Assert.Null(log.Recovered.Identity);
        Assert.Empty(log.Recovered.Shards);
        Assert.Null(log.Appender.TakeIdleBatch());
    }

    [Fact]
    public void What_was_written_comes_back()
    {
        using (var log = new TestLog(_files))
        {
            log.Append(7, 1, new HardState(Stamp.FromTerm(1), new NodeId(2)), [1, 2, 3], [], TestLog.Payload(1, 300));
            log.Append(2, 4, [9]);
            log.Flush();
        }

        _files.Crash();
        RecoveredLog recovered = TestLog.Recover(_files);

        Assert.Equal(TestLog.Identity.Cluster, recovered.Identity!.Cluster);
        Assert.Equal(TestLog.Identity.Node, recovered.Identity.Node);
        Assert.Equal(TestLog.Identity.Description.ToArray(), recovered.Identity.Description.ToArray());
        Assert.Equal([2u, 7u], recovered.Shards.Select(shard => shard.Shard));
        RecoveredShard seven = recovered.Shards[1];
        Assert.Equal(new HardState(Stamp.FromTerm(1), new NodeId(2)), seven.HardState);
        Assert.Equal(new LogIndex(3), seven.Log.Last);
        Assert.Equal([1, 2, 3], seven.Log.PayloadAt(new(1)).ToArray());
        Assert.Equal(TestLog.Payload(1, 300), seven.Log.PayloadAt(new(3)).ToArray());
        Assert.Null(recovered.TornTail);
    }

    [Fact]
    public void An_entry_implies_its_term()
    {
        using (var log = new TestLog(_files))
        {
            log.Append(0, 1, new HardState(Stamp.FromTerm(1), new NodeId(2)), [1]);
            log.Append(0, 5, [2]);
            log.Flush();
        }

        Assert.Equal(new HardState(Stamp.FromTerm(5), NodeId.None), TestLog.Recover(_files).Shards[0].HardState);
    }

    [Fact]
    public void Truncated_entries_do_not_come_back()
    {
        using (var log = new TestLog(_files))
        {
            log.Append(0, 1, [1], [2], [3], [4]);
            log.Flush();
            log.LogOf(0).TruncateFrom(new(3));
            log.LogOf(0).Append(Stamp.FromTerm(2), EntryKind.NoOp, []);
            log.Write(0, null, new LogIndex(3), new(new(3), 1));
            log.Flush();
        }

        LogBuffer recovered = TestLog.Recover(_files).Shards[0].Log;
        Assert.Equal(new LogIndex(3), recovered.Last);
        Assert.Equal(EntryKind.NoOp, recovered.KindAt(new(3)));
        Assert.Equal(Stamp.FromTerm(1), recovered.StampAt(new(2)));
    }

    [Fact]
    public void Entries_that_a_snapshot_covers_are_dropped()
    {
        using (var log = new TestLog(_files))
        {
            log.Append(0, 1, [1], [2], [3], [4]);
            log.Appender.MarkSnapshot(0, new(new(3), Stamp.FromTerm(1)), log.LogOf(0));
            log.Append(0, 2, [5]);
            log.Flush();
            Assert.Equal(new LogIndex(3), log.Appender.DurableSnapshotOf(0));
        }

        RecoveredShard shard = TestLog.Recover(_files).Shards[0];
        Assert.Equal((new LogIndex(3), Stamp.FromTerm(1)), (shard.SnapshotIndex, shard.SnapshotStamp));
        Assert.Equal((new LogIndex(4), new LogIndex(5)), (shard.Log.First, shard.Log.Last));
        Assert.Equal(Stamp.FromTerm(1), shard.Log.BaseStamp);
        Assert.Equal([5], shard.Log.PayloadAt(new(5)).ToArray());
    }

    [Fact]
    public void A_snapshot_that_contradicts_the_log_voids_all_of_it()
    {
        using (var log = new TestLog(_files))
        {
            log.Append(0, 1, [1], [2], [3], [4]);
            log.Appender.MarkSnapshot(0, new(new(2), Stamp.FromTerm(3)), log.LogOf(0));
            log.Flush();
        }

        RecoveredShard shard = TestLog.Recover(_files).Shards[0];
        Assert.Equal(new LogIndex(2), shard.Log.Last);
        Assert.Equal(Stamp.FromTerm(3), shard.Log.LastStamp);
        Assert.Equal(Stamp.FromTerm(3), shard.HardState.Stamp);
    }

    [Fact]
    public void A_snapshot_that_matches_memory_but_not_the_disk_voids_what_the_disk_has()
    {
        using (var log = new TestLog(_files))
        {
            log.Append(0, 1, [1]);
            log.Append(0, 4, [2], [3], [4]);
            log.Flush();

            // The core has replaced the entries from 2 on, and has not been drained when the snapshot is marked.
            log.LogOf(0).TruncateFrom(new(2));
            log.LogOf(0).Append(Stamp.FromTerm(3), EntryKind.Command, [9]);
            log.Appender.MarkSnapshot(0, new(new(2), Stamp.FromTerm(3)), log.LogOf(0));
            log.Flush();
        }

        Assert.Equal(new LogIndex(2), TestLog.Recover(_files).Shards[0].Log.Last);
    }

    [Fact]
    public void A_snapshot_that_contradicts_entries_of_a_segment_that_is_gone_voids_those_that_are_left()
    {
        LogIndex covered;
        using (var log = new TestLog(_files))
        {
            LogBatch batch;
            do
            {
                covered = log.LogOf(0).Last;
                log.Append(0, 7, TestLog.Payload(1, 700));
                batch = log.Appender.TakeBatch()!;
                log.Device.Write(batch);
                log.Appender.Completed(batch);
            }
            while (batch.Segment == 1);

            log.Appender.MarkSnapshot(0, new(covered, Stamp.FromTerm(5)), log.LogOf(0));
            log.Flush();
            log.Idle();
            log.PrepareAll();
        }

        Assert.False(_files.Exists(TestLog.SegmentPath(1)));
        RecoveredShard shard = TestLog.Recover(_files).Shards[0];
        Assert.Equal((covered, covered), (shard.SnapshotIndex, shard.Log.Last));
    }

    [Fact]
    public void An_entry_that_was_written_twice_keeps_what_follows_it()
    {
        using (var log = new TestLog(_files))
        {
            log.Append(0, 1, [1], [2], [3]);
            log.Write(0, null, null, new(new(1), 2));
            log.Flush();
        }

        Assert.Equal(new LogIndex(3), TestLog.Recover(_files).Shards[0].Log.Last);
    }

    [Fact]
    public void A_gap_between_entries_is_damage()
    {
        using (var log = new TestLog(_files))
        {
            log.Append(0, 1, [1], [2], [3]);
            log.Sequences.Clear();
            log.Flush();
            log.LogOf(0).Append(Stamp.FromTerm(1), EntryKind.Command, [4]);
            log.Append(0, 1, [5]);
            log.Flush();
        }

        var damage = Assert.Throws<StorageCorruptException>(() => TestLog.Recover(_files));
        Assert.Contains("Entry 5 of shard 0 comes after 3", damage.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(455)]
    [InlineData(472)]
    [InlineData(512)]
    [InlineData(1000)]
    [InlineData(1024)]
    [InlineData(1500)]
    public void Zeros_are_written_so_that_no_sector_is_zero(int length)
    {
        var options = new LogOptions { SegmentBytes = 64 << 10, BatchBytesMax = 16 << 10, LogBytesLimit = 1 << 20 };
        for (int more = 0; more < 520; more += 7)
        {
            var files = new SimFileSystem(1);
            using var log = new TestLog(files, options);
            log.Append(0, 1, new byte[length + more], new byte[2000 + more]);
            LogBatch batch = log.Appender.TakeBatch()!;
            byte[] bytes = batch.Bytes.ToArray();
            for (int at = 0; at < bytes.Length; at += BatchFormat.SectorBytes)
            {
                Assert.False(BatchFormat.IsZero(bytes.AsSpan(at, BatchFormat.SectorBytes)), $"sector at {at} is zero");
            }

            log.Device.Write(batch);
            LogBuffer recovered = TestLog.Recover(files, options).Shards[0].Log;
            Assert.True(BatchFormat.IsZero(recovered.PayloadAt(new(1))));
            Assert.Equal(length + more, recovered.PayloadLengthAt(new(1)));
            Assert.True(BatchFormat.IsZero(recovered.PayloadAt(new(2))));
        }
    }

    [Fact]
    public void Payloads_that_look_like_escapes_or_batches_come_back_as_they_are()
    {
        using (var log = new TestLog(_files))
        {
            log.Append(0, 1, Enumerable.Repeat(BatchFormat.EscapeByte, 1200).ToArray());
            log.Flush();
        }

        byte[] segment = _files.Contents(TestLog.SegmentPath(1));
        byte[] image = segment[..1536];
        using (var log = new TestLog(_files))
        {
            log.Append(0, 1, image);
            log.Flush();
        }

        LogBuffer recovered = TestLog.Recover(_files).Shards[0].Log;
        Assert.Equal(Enumerable.Repeat(BatchFormat.EscapeByte, 1200), recovered.PayloadAt(new(1)).ToArray());
        Assert.Equal(image, recovered.PayloadAt(new(2)).ToArray());
    }

    [Fact]
    public void A_process_that_was_killed_leaves_nothing_that_a_power_cut_could_take_back()
    {
        using (var log = new TestLog(_files))
        {
            log.Append(0, 1, [1]);
            log.Flush();
            log.Append(0, 1, [2]);
            LogBatch batch = log.Appender.TakeBatch()!;
            _files.CrashPoint = (2 * _files.OperationCount) + 1; // written, not synced
            Assert.Throws<SimCrashException>(() => log.Device.Write(batch));
        }

        _files.Kill();
        string seen = TestLog.Describe(TestLog.Recover(_files));
        _files.Crash();
        Assert.Equal(seen, TestLog.Describe(TestLog.Recover(_files)));
        Assert.Contains(" 2/t1", seen, StringComparison.Ordinal);
    }
}
