using Concord.Cluster.Storage;
using Concord.Consensus;
using Concord.Simulation.Disk;

namespace Concord.Cluster.Tests.Storage;

public sealed class LogDeviceTests
{
    private readonly SimFileSystem _files = new(1);

    [Fact]
    public void A_failed_sync_is_final_and_what_it_lost_is_not_believed_after_a_restart()
    {
        using (var log = new TestLog(_files))
        {
            log.Append(0, 1, [1]);
            log.Flush();
            log.Append(0, 1, [2]);
            LogBatch batch = log.Appender.TakeBatch()!;
            _files.FailNextSync = true;
            Assert.Throws<IOException>(() => log.Device.Write(batch));

            // The pages count as clean now: another sync would succeed, and prove nothing.
            var stopped = Assert.Throws<EngineStoppedException>(() => log.Device.Write(batch));
            Assert.IsType<IOException>(stopped.InnerException);
            Assert.Throws<EngineStoppedException>(() => log.Device.PrepareAhead());
        }

        _files.Kill();
        Assert.Equal(new LogIndex(1), TestLog.Recover(_files).Shards[0].Log.Last);
        _files.Crash();
        Assert.Equal(new LogIndex(1), TestLog.Recover(_files).Shards[0].Log.Last);
    }

    [Fact]
    public void A_full_disk_leaves_the_present_segment_as_headroom_and_is_noticed_when_it_has_room_again()
    {
        using (var log = new TestLog(_files))
        {
            log.Append(0, 1, [1]);
            log.Flush();
            _files.BytesLimit = 4096 + 1000;
            log.PrepareAll();
            Assert.True(log.Device.IsFull);
            Assert.DoesNotContain(SegmentNames.Preparing, _files.List(TestLog.Directory));

            // What is under way is written and durable, as far as the segment goes.
            log.Append(0, 1, new HardState(Stamp.FromTerm(2), new NodeId(1)), [2]);
            log.Flush();
            log.Device.RetryPreparing();
            Assert.True(log.Device.IsFull);
            Assert.False(log.Device.PrepareAhead());

            _files.BytesLimit = long.MaxValue;
            log.Device.RetryPreparing();
            Assert.False(log.Device.IsFull);
            log.PrepareAll();
            Assert.True(_files.Exists(TestLog.SegmentPath(2)));
        }

        _files.Crash();
        RecoveredLog recovered = TestLog.Recover(_files);
        Assert.Equal(new LogIndex(2), recovered.Shards[0].Log.Last);
        Assert.Equal(2UL, recovered.Shards[0].HardState.Stamp.Term);
        Assert.Null(recovered.TornTail);
    }

    [Fact]
    public void When_the_headroom_is_used_up_the_log_stops_and_keeps_what_was_durable()
    {
        LogIndex durable = default;
        using (var log = new TestLog(_files))
        {
            log.Append(0, 1, [1]);
            log.Flush();
            _files.BytesLimit = 4096 + 1000;
            IOException full = Assert.Throws<IOException>(() =>
            {
                for (int i = 0; i < 20; i++)
                {
                    durable = log.LogOf(0).Last;
                    log.Append(0, 1, TestLog.Payload(i, 700));
                    log.Flush();
                }
            });
            Assert.True(DiskSpace.IsExhausted(full));
            Assert.True(durable > new LogIndex(3), "there was headroom");
            Assert.Throws<EngineStoppedException>(() => log.Device.PrepareAhead());
        }

        _files.BytesLimit = long.MaxValue;
        _files.Crash();
        Assert.Equal(durable, TestLog.Recover(_files).Shards[0].Log.Last);
    }

    [Fact]
    public void Under_load_without_a_pause_a_full_disk_is_noticed_before_the_segment_ends()
    {
        var options = new LogOptions { SegmentBytes = 4 << 20, BatchBytesMax = 256 << 10, LogBytesLimit = 64 << 20 };
        using var log = new TestLog(_files, options);
        log.Append(0, 1, [1]);
        log.Flush();
        _files.BytesLimit = (4 << 20) + (1 << 20);
        long used = 0;
        while (!log.Device.IsFull)
        {
            log.Append(0, 1, TestLog.Payload(1, 100_000));
            LogBatch batch = log.Appender.TakeBatch()!;
            Assert.Equal(1UL, batch.Segment);
            used = batch.Offset + batch.Bytes.Length;
            log.Device.Write(batch);
            log.Appender.Completed(batch);
        }

        Assert.InRange(used, 2 << 20, 3 << 20);
    }

    [Theory]
    [InlineData("write")]
    [InlineData("short")]
    [InlineData("sync")]
    public void A_failure_of_any_kind_is_final_and_nothing_is_asked_of_the_file_again(string kind)
    {
        using (var log = new TestLog(_files))
        {
            log.Append(0, 1, [1]);
            log.Flush();
            log.Append(0, 1, TestLog.Payload(2, 900));
            LogBatch batch = log.Appender.TakeBatch()!;
            _files.FailNextWrite = kind == "write";
            _files.ShortenNextWrite = kind == "short";
            _files.FailNextSync = kind == "sync";
            Assert.Throws<IOException>(() => log.Device.Write(batch));
            int operations = _files.OperationCount;
            var stopped = Assert.Throws<EngineStoppedException>(() => log.Device.Write(batch));
            Assert.Contains("What was reported as durable is kept", stopped.Message, StringComparison.Ordinal);
            Assert.Throws<EngineStoppedException>(() => log.Device.PrepareAhead());
            Assert.Throws<EngineStoppedException>(log.Device.RetryPreparing);
            Assert.Equal(operations, _files.OperationCount);
        }

        _files.Crash();
        Assert.Equal(new LogIndex(1), TestLog.Recover(_files).Shards[0].Log.Last);
    }

    [Fact]
    public void A_failed_preparation_is_final_too()
    {
        using var log = new TestLog(_files);
        log.Append(0, 1, [1]);
        log.Flush();
        _files.FailNextWrite = true;

        Assert.Throws<IOException>(log.PrepareAll);

        Assert.Throws<EngineStoppedException>(() => log.Device.PrepareAhead());
    }

    [Fact]
    public void A_segment_whose_name_is_not_durable_when_the_process_dies_is_made_durable_before_it_is_used()
    {
        for (ulong seed = 0; seed < 20; seed++)
        {
            var files = new SimFileSystem(seed);
            using (var log = new TestLog(files))
            {
                log.Append(0, 1, TestLog.Payload(0, 1800)); // half of the segment: the next is made ready now
                log.Flush();
                files.CrashPoint = (2 * (files.OperationCount + 3)) + 1; // created, zeroed, synced, renamed
                Assert.Throws<SimCrashException>(log.PrepareAll);
            }

            files.Kill();
            Assert.True(files.Exists(TestLog.SegmentPath(2)));
            using (var log = new TestLog(files))
            {
                log.Append(0, 1, TestLog.Payload(1, 1500), TestLog.Payload(2, 1500), TestLog.Payload(3, 1500));
                log.Flush();
            }

            files.Crash();
            Assert.Equal(new LogIndex(4), TestLog.Recover(files).Shards[0].Log.Last);
        }
    }

    [Fact]
    public void A_segment_is_prepared_before_it_is_needed()
    {
        var options = new LogOptions { SegmentBytes = 1 << 20, BatchBytesMax = 256 << 10, LogBytesLimit = 8 << 20 };
        using var log = new TestLog(_files, options);
        while (true)
        {
            log.Append(0, 1, TestLog.Payload(1, 200_000));
            int before = _files.OperationCount;
            if (log.WriteOne().Segment == 2)
            {
                Assert.Equal(before + 2, _files.OperationCount); // one write, one sync: the segment was there
                return;
            }

            log.PrepareAll();
        }
    }

    [Fact]
    public void The_segment_size_may_change_between_starts()
    {
        using (var log = new TestLog(_files))
        {
            for (int i = 0; i < 9; i++)
            {
                log.Append(0, 1, TestLog.Payload(i, 400));
                log.Flush();
            }

            log.PrepareAll();
        }

        foreach (int bytes in (int[])[8192, 4096, 16384])
        {
            var options = TestLog.Tiny with { SegmentBytes = bytes, LogBytesLimit = 1 << 20 };
            using var log = new TestLog(_files, options);
            LogIndex last = log.LogOf(0).Last;
            for (int i = 0; i < 30; i++)
            {
                log.Append(0, 1, TestLog.Payload(i, 400));
                log.Flush();
                log.PrepareAll();
            }

            log.Appender.MarkSnapshot(0, new(log.LogOf(0).Last - 5, Stamp.FromTerm(1)), log.LogOf(0));
            log.Flush();
            log.Append(0, 1, TestLog.Payload(1, 400));
            log.Flush();
            log.PrepareAll();
            Assert.Equal(last + 31, TestLog.Recover(_files.Copy(1), options).Shards[0].Log.Last);
        }
    }

    [Fact]
    public void Sizes_that_make_no_sense_are_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => (TestLog.Tiny with { SegmentBytes = 4095 }).Validate());
        Assert.Throws<ArgumentOutOfRangeException>(() => (TestLog.Tiny with { BatchBytesMax = 4096 }).Validate());
        Assert.Throws<ArgumentOutOfRangeException>(() => (TestLog.Tiny with { LogBytesLimit = 4096 }).Validate());
        new LogOptions().Validate();
    }
}
