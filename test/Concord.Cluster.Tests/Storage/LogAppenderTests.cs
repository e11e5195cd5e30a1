using Concord.Cluster.Storage;
using Concord.Consensus;
using Concord.Simulation.Disk;

namespace Concord.Cluster.Tests.Storage;

public sealed class LogAppenderTests
{
    private readonly SimFileSystem _files = new(1);

    [Fact]
    public void One_batch_is_outstanding_and_everything_else_joins_the_next()
    {
        using var log = new TestLog(_files);
        log.Append(0, 1, [1]);
        LogBatch first = log.Appender.TakeBatch()!;
        log.Append(0, 1, [2]);
        log.Append(1, 1, [3]);
        log.Append(0, 1, [4]);
        Assert.Null(log.Appender.TakeBatch());
        Assert.Null(log.Appender.TakeIdleBatch());

        log.Device.Write(first);
        Assert.Equal([new DurableWrite(0, 1)], log.Appender.Completed(first));
        LogBatch second = log.Appender.TakeBatch()!;
        log.Device.Write(second);
        Assert.Equal([new(1, 1), new DurableWrite(0, 3)], log.Appender.Completed(second));
        Assert.Null(log.Appender.TakeBatch());
        Assert.Equal(0, log.Appender.PendingBytes);
    }

    [Fact]
    public void A_write_is_durable_only_when_the_last_of_its_batches_is()
    {
        using var log = new TestLog(_files);
        log.Append(5, 1, [.. Enumerable.Range(0, 20).Select(i => TestLog.Payload(i, 400))]);
        List<DurableWrite> completed = [];
        int batches = 0;
        while (log.Appender.TakeBatch() is { } batch)
        {
            Assert.True(batch.Bytes.Length <= log.Options.BatchBytesMax);
            log.Device.Write(batch);
            Assert.Empty(completed);
            completed.AddRange(log.Appender.Completed(batch));
            batches++;
        }

        Assert.True(batches >= 5);
        Assert.Equal([new DurableWrite(5, 1)], completed);
        LogBuffer recovered = TestLog.Recover(_files).Shards[0].Log;
        Assert.Equal(new LogIndex(20), recovered.Last);
        Assert.Equal(TestLog.Payload(19, 400), recovered.PayloadAt(new(20)).ToArray());
    }

    [Fact]
    public void The_largest_payload_fits_and_one_byte_more_breaks_the_invariant()
    {
        using var log = new TestLog(_files);
        int bytes = log.Appender.PayloadBytesMax;
        log.Append(0, 1, [1], new byte[bytes], [2]);
        log.Flush();
        Assert.Equal(bytes, TestLog.Recover(_files).Shards[0].Log.PayloadLengthAt(new(2)));

        // There is room for where it came from, should it be proposed again.
        Assert.Throws<InvariantViolationException>(() => log.Append(0, 1, new byte[bytes + sizeof(ulong) + 1]));
    }

    [Fact]
    public void An_idle_log_writes_one_empty_batch()
    {
        using var log = new TestLog(_files);
        log.Append(0, 1, [1]);
        log.Flush();
        LogBatch idle = log.Appender.TakeIdleBatch()!;
        Assert.Equal(BatchFormat.SectorBytes, idle.Bytes.Length);
        log.Device.Write(idle);
        Assert.Empty(log.Appender.Completed(idle));
        Assert.Null(log.Appender.TakeIdleBatch());

        log.Append(0, 1, [2]);
        Assert.Null(log.Appender.TakeIdleBatch());
        log.Flush();
        Assert.NotNull(log.Appender.TakeIdleBatch());
    }

    [Fact]
    public void Every_segment_begins_with_what_the_segments_before_it_would_be_needed_for()
    {
        using (var log = new TestLog(_files))
        {
            log.Append(0, 3, new HardState(Stamp.FromTerm(3), new NodeId(1)), [1]);
            log.Append(9, 8, new HardState(Stamp.FromTerm(8), new NodeId(2)));
            for (int i = 0; i < 40; i++)
            {
                log.Append(0, 3, TestLog.Payload(i, 400));
                log.Flush();
            }

            Assert.Equal([0u], log.Appender.ShardsPinningOldest);
            Assert.True(log.Appender.IsOverLimit);
            log.Appender.MarkSnapshot(0, new(new(39), Stamp.FromTerm(3)), log.LogOf(0));
            log.Flush();
            log.Append(0, 3, [2]);
            log.Flush();
            log.PrepareAll();
            Assert.Empty(log.Appender.ShardsPinningOldest);
            Assert.False(log.Appender.IsOverLimit);
        }

        Assert.False(_files.Exists(TestLog.SegmentPath(1)));
        RecoveredLog recovered = TestLog.Recover(_files);
        Assert.NotNull(recovered.Identity);
        Assert.Equal(new HardState(Stamp.FromTerm(8), new NodeId(2)), recovered.Shards[1].HardState);
        Assert.Equal(new HardState(Stamp.FromTerm(3), new NodeId(1)), recovered.Shards[0].HardState);
        Assert.Equal(new LogIndex(42), recovered.Shards[0].Log.Last);
        Assert.Equal(new LogIndex(39), recovered.Shards[0].Log.Base);
    }

    [Fact]
    public void A_segment_is_kept_while_one_shard_needs_it()
    {
        using var log = new TestLog(_files);
        log.Append(1, 1, [7]);
        for (int i = 0; i < 30; i++)
        {
            log.Append(0, 1, TestLog.Payload(i, 400));
            log.Flush();
        }

        log.Appender.MarkSnapshot(0, new(new(30), Stamp.FromTerm(1)), log.LogOf(0));
        log.Flush();
        log.Idle();
        log.PrepareAll();
        Assert.True(_files.Exists(TestLog.SegmentPath(1)));
        Assert.Equal([1u], log.Appender.ShardsPinningOldest);

        log.Appender.MarkSnapshot(1, new(new(1), Stamp.FromTerm(1)), log.LogOf(1));
        log.Flush();
        log.PrepareAll();
        Assert.True(
            _files.Exists(TestLog.SegmentPath(1)), "the mark is durable, that it lets go of segments is not yet");
        log.Idle();
        log.PrepareAll();
        Assert.False(_files.Exists(TestLog.SegmentPath(1)));
    }

    [Fact]
    public void Released_segments_are_used_again_and_the_folder_stays_small()
    {
        using (var log = new TestLog(_files))
        {
            for (int i = 1; i <= 300; i++)
            {
                log.Append(0, 1, TestLog.Payload(i, 400));
                log.Flush();
                log.Appender.MarkSnapshot(0, new(new((ulong)i), Stamp.FromTerm(1)), log.LogOf(0));
                log.PrepareAll();
            }

            log.Flush();
        }

        Assert.True(_files.List(TestLog.Directory).Count <= 5, string.Join(' ', _files.List(TestLog.Directory)));
        Assert.Equal(new LogIndex(300), TestLog.Recover(_files).Shards[0].SnapshotIndex);
    }

    [Fact]
    public void An_older_snapshot_mark_is_ignored()
    {
        using var log = new TestLog(_files);
        log.Append(0, 1, [1], [2], [3]);
        log.Appender.MarkSnapshot(0, new(new(2), Stamp.FromTerm(1)), log.LogOf(0));
        log.Appender.MarkSnapshot(0, new(new(1), Stamp.FromTerm(1)), log.LogOf(0));
        log.Flush();
        Assert.Equal(new LogIndex(2), log.Appender.DurableSnapshotOf(0));
        Assert.Equal(new LogIndex(3), TestLog.Recover(_files).Shards[0].Log.Last);
    }

    [Fact]
    public void Appending_allocates_nothing_once_the_buffers_have_grown()
    {
        var options = new LogOptions { SegmentBytes = 4 << 20, BatchBytesMax = 256 << 10, LogBytesLimit = 64 << 20 };
        using var log = new TestLog(_files, options);
        byte[] payload = TestLog.Payload(1, 256);
        LogBuffer buffer = log.LogOf(0);
        ulong sequence = 0;
        long least = long.MaxValue;
        for (int round = 0; round < 20; round++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int i = 0; i < 16; i++)
            {
                LogIndex index = buffer.Append(Stamp.FromTerm(1), EntryKind.Command, payload);
                log.Appender.Append(0, new(++sequence, null, null, new(index, 1)), buffer);
            }

            LogBatch batch = log.Appender.TakeBatch()!;
            log.Appender.Completed(batch);
            buffer.DiscardThrough(buffer.Last);

            // The runtime itself may allocate now and then; what a record costs would be there in every round.
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        Assert.Equal(0, least);
    }
}
