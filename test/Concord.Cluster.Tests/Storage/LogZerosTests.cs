using Concord.Cluster.Storage;
using Concord.Consensus;
using Concord.Simulation.Disk;

namespace Concord.Cluster.Tests.Storage;

/// <summary>A segment holds zeros before it is used, and they are durable before it has its name.</summary>
public sealed class LogZerosTests
{
    [Fact]
    public void A_segment_that_is_used_again_has_its_name_only_when_all_its_zeros_are_durable()
    {
        var files = new SimFileSystem(1);
        using var log = new TestLog(files);
        bool isUsedAgain = false;
        for (int round = 0; round < 24; round++)
        {
            // Each round takes half of a segment, and lets go of what is before it.
            log.Append(0, 1, TestLog.Payload(round, 1500));
            log.Appender.MarkSnapshot(0, new(log.LogOf(0).Last, Stamp.FromTerm(1)), log.LogOf(0));
            log.Flush();
            isUsedAgain |= files.Exists(Path.Combine(TestLog.Directory, SegmentNames.Spare(1)));
            log.PrepareAll();
            string newest = files.List(TestLog.Directory).Last(static name => SegmentNames.TryParse(name, out _));
            for (ulong seed = 0; seed < 8; seed++)
            {
                SimFileSystem crashed = files.Copy(seed);
                crashed.Crash();
                ReadOnlySpan<byte> segment = crashed.Contents(Path.Combine(TestLog.Directory, newest));
                Assert.True(BatchFormat.IsZero(segment), $"{newest} is ready, and holds what it held before");
            }
        }

        Assert.True(isUsedAgain, "a segment waited to be used again");
    }

    [Fact]
    public void Old_segments_are_kept_to_be_used_again_a_few_of_them_and_not_beyond_a_start()
    {
        var files = new SimFileSystem(1);
        using (var log = new TestLog(files))
        {
            Fill(log, halves: 40);
            Assert.Equal(0, Spares());

            // Four of twenty are kept, and one of them becomes the next at once.
            Release(log);
            Fill(log, halves: 1);
            Assert.Equal(3, Spares());
            for (int left = 2; left >= 0; left--)
            {
                Fill(log, halves: 2);
                Assert.Equal(left, Spares());
            }

            Release(log);
            Fill(log, halves: 1);
            Assert.NotEqual(0, Spares());
        }

        files.Open(Path.Combine(TestLog.Directory, "spare.tmp"), FileOpening.CreateNew).Dispose();
        using var again = new TestLog(files);
        Assert.Equal(0, Spares());

        static void Release(TestLog log)
        {
            log.Appender.MarkSnapshot(0, new(log.LogOf(0).Last, Stamp.FromTerm(1)), log.LogOf(0));
            log.Flush();
        }

        static void Fill(TestLog log, int halves)
        {
            for (int i = 0; i < halves; i++)
            {
                log.Append(0, 1, TestLog.Payload(1, 1500));
                log.Flush();
                log.PrepareAll();
            }
        }

        int Spares() => files.List(TestLog.Directory).Count(
            static name => name.StartsWith("spare", StringComparison.Ordinal));
    }

    [Fact]
    public void Zeros_are_made_durable_by_many_slices_and_not_one_by_one()
    {
        var files = new SimFileSystem(1);
        var options = new LogOptions { SegmentBytes = 9 << 20, BatchBytesMax = 256 << 10, LogBytesLimit = 64 << 20 };
        using var log = new TestLog(files, options);
        log.Append(0, 1, [1]);
        log.Flush();
        int before = files.OperationCount;
        int batches = 0;
        while (!files.Exists(TestLog.SegmentPath(2)))
        {
            log.Append(0, 1, TestLog.Payload(1, 100_000));
            batches += log.Flush();
            log.PrepareAll();
        }

        const int Slices = 36;
        const int Syncs = 3; // behind 4, 8 and 9 MiB
        const int Names = 3; // made, renamed, and the folder synced
        Assert.Equal((2 * batches) + Slices + Syncs + Names, files.OperationCount - before);
        Assert.Equal(options.SegmentBytes, files.Contents(TestLog.SegmentPath(2)).Length);
    }

    [Fact]
    public void A_segment_is_made_ready_step_by_step_as_the_one_before_it_is_used()
    {
        var files = new SimFileSystem(1);
        var options = new LogOptions { SegmentBytes = 4 << 20, BatchBytesMax = 256 << 10, LogBytesLimit = 64 << 20 };
        using var log = new TestLog(files, options);
        string preparing = Path.Combine(TestLog.Directory, SegmentNames.Preparing);
        long used = 0;
        while (!files.Exists(TestLog.SegmentPath(2)))
        {
            log.Append(0, 1, TestLog.Payload(1, 100_000));
            used = log.WriteOne().End;
            log.PrepareAll();
            if (files.Exists(preparing))
            {
                // What is ahead is no more than a slice more than twice what was written.
                Assert.InRange(files.Contents(preparing).Length, 2 * used, (2 * used) + (256 << 10));
            }
        }

        Assert.InRange(used, options.SegmentBytes / 2, (options.SegmentBytes / 2) + (128 << 10));
    }
}
