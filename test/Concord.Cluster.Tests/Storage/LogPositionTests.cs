using Concord.Cluster.Storage;
using Concord.Consensus;
using Concord.Simulation.Disk;

namespace Concord.Cluster.Tests.Storage;

/// <summary>What Multi-Paxos writes: each place for itself, and the last word counts.</summary>
public sealed class LogPositionTests
{
    private readonly SimFileSystem _files = new(1);

    [Fact]
    public void A_put_replaces_one_place_and_leaves_those_behind_it_alone()
    {
        using (var log = new TestLog(_files))
        {
            Put(log, 1, 3, 10, 11, 12);
            log.Flush();
            Put(log, 2, 4, 20);
            log.Flush();
        }

        Assert.Equal("1/3/10 2/4/20 3/3/12", Describe());
        Assert.Equal(LogForm.Places, TestLog.Recover(_files.Copy(1)).Shards[0].Form);
    }

    [Fact]
    public void Gaps_stay_gaps_also_when_a_write_reaches_over_them()
    {
        using (var log = new TestLog(_files))
        {
            Put(log, 2, 3, 10);
            Put(log, 5, 3, 11, 12);
            log.Flush();
            Put(log, 9, 4, 13);
            log.WritePlaces(0, null, new(new(1), 9));
            log.Flush();
        }

        Assert.Equal("2/3/10 5/3/11 6/3/12 9/4/13", Describe());
        Assert.Equal(4UL, TestLog.Recover(_files.Copy(1)).Shards[0].HardState.Stamp.Term);
    }

    [Fact]
    public void A_restamp_keeps_the_value_and_where_it_came_from_over_any_number_of_starts()
    {
        using (var log = new TestLog(_files))
        {
            Put(log, 1, 1, 10, 11, 12);
            log.Flush();
            Restamp(log, 2, 3, 5);
            log.Flush();
        }

        Assert.Equal("1/1/10 2/5of1/11 3/5of1/12", Describe());
        using (var log = new TestLog(_files))
        {
            Restamp(log, 3, 3, 9);

            // Written as a whole, as when it joins others that are new.
            log.WritePlaces(0, null, new(new(2), 1));
            log.Flush();
        }

        Assert.Equal("1/1/10 2/5of1/11 3/9of1/12", Describe());
    }

    [Fact]
    public void A_stamp_may_be_lower_than_the_one_before_it()
    {
        using (var log = new TestLog(_files))
        {
            Put(log, 1, 7, 10);
            Put(log, 2, 3, 11);
            Put(log, 3, 9, 12);
            log.Flush();
        }

        Assert.Equal("1/7/10 2/3/11 3/9/12", Describe());
    }

    [Fact]
    public void The_commit_comes_back_from_its_record_and_from_the_head_of_a_later_segment()
    {
        using (var log = new TestLog(_files))
        {
            Put(log, 1, 1, 10, 11, 12);
            log.WritePlaces(0, new HardState(Stamp.FromTerm(2), NodeId.None) { Commit = new(2) }, default);
            log.Flush();
            Assert.Equal(2UL, CommitOf(_files));
            log.WritePlaces(0, new HardState(Stamp.FromTerm(3), NodeId.None) { Commit = new(3) }, default);
            log.Appender.MarkSnapshot(0, new(new(3), Stamp.FromTerm(1)), log.LogOf(0));
            log.Flush();
            FillSegments(log, 3);
        }

        Assert.False(_files.Exists(TestLog.SegmentPath(1)));
        Assert.Equal(3UL, CommitOf(_files));
    }

    [Fact]
    public void A_commit_is_not_believed_before_the_values_that_it_speaks_of_are_written()
    {
        // The old value of place 2 must not be taken for the one that was chosen when the write ends halfway.
        using (var log = new TestLog(_files))
        {
            Put(log, 1, 1, 10, 11);
            log.Flush();
            byte[] large = TestLog.Payload(1, 1500);
            log.LogOf(0).Put(new(1), Stamp.FromTerm(2), Stamp.FromTerm(2), EntryKind.Command, large);
            log.LogOf(0).Put(new(2), Stamp.FromTerm(2), Stamp.FromTerm(2), EntryKind.Command, large);
            log.WritePlaces(
                0, new HardState(Stamp.FromTerm(2), NodeId.None) { Commit = new(2) }, new(new(1), 2));
            log.Device.Write(log.Appender.TakeBatch()!);
        }

        _files.Crash();
        RecoveredShard shard = TestLog.Recover(_files).Shards[0];
        Assert.Equal(Stamp.FromTerm(1), shard.Log.StampAt(new(2)));
        Assert.Equal(LogIndex.Zero, shard.HardState.Commit);
        Assert.Equal(Stamp.FromTerm(2), shard.HardState.Stamp);
    }

    [Fact]
    public void What_a_snapshot_covers_is_left_out_and_what_lies_behind_it_stays()
    {
        using (var log = new TestLog(_files))
        {
            Put(log, 1, 1, 10, 11, 12);
            Put(log, 7, 1, 17);
            log.Flush();

            // From another node, of a place that is not held here, under a stamp that is newer than all.
            log.Appender.MarkSnapshot(0, new(new(5), Stamp.FromTerm(4)), log.LogOf(0));
            log.Flush();
        }

        Assert.Equal("7/1/17", Describe());
        RecoveredShard shard = TestLog.Recover(_files.Copy(1)).Shards[0];
        Assert.Equal((new LogIndex(5), Stamp.FromTerm(4)), (shard.Log.Base, shard.Log.BaseStamp));
        using (var log = new TestLog(_files))
        {
            log.Appender.MarkSnapshot(0, new(new(6), Stamp.FromTerm(5)), log.LogOf(0));
            log.Flush();
        }

        Assert.Equal("7/1/17", Describe());
    }

    [Fact]
    public void A_segment_stays_while_what_was_restamped_later_has_its_value_there()
    {
        using (var log = new TestLog(_files))
        {
            Put(log, 1, 1, 10, 11, 12);
            log.Flush();
            Restamp(log, 1, 3, 2);
            log.Flush();

            // All but the last place is covered, and the log grows by far more than a segment.
            log.Appender.MarkSnapshot(0, new(new(2), Stamp.FromTerm(2)), log.LogOf(0));
            log.Flush();
            FillSegments(log, 3);
            Assert.True(_files.Exists(TestLog.SegmentPath(1)));
            Assert.Equal([0U], log.Appender.ShardsPinningOldest);
            Assert.Equal("3/2of1/12", Describe());

            Restamp(log, 3, 3, 8);
            log.Flush();
            FillSegments(log, 1);
            Assert.Equal("3/8of1/12", Describe());

            log.Appender.MarkSnapshot(0, new(new(3), Stamp.FromTerm(8)), log.LogOf(0));
            log.Flush();
            FillSegments(log, 3);
        }

        Assert.False(_files.Exists(TestLog.SegmentPath(1)));
        Assert.Equal("", Describe());
    }

    [Fact]
    public void A_segment_that_was_only_restamped_in_is_pinned_over_a_start_too()
    {
        using (var log = new TestLog(_files))
        {
            Put(log, 1, 1, 10);
            log.Flush();
            Restamp(log, 1, 1, 2);
            log.Flush();
        }

        using (var log = new TestLog(_files))
        {
            FillSegments(log, 3);
        }

        Assert.Equal("1/2of1/10", Describe());
    }

    [Fact]
    public void Records_of_both_protocols_in_one_shard_are_refused()
    {
        using (var log = new TestLog(_files))
        {
            Put(log, 1, 1, 10);
            log.Flush();
            Assert.Throws<InvariantViolationException>(() => log.Append(0, 2, [1]));

            // One that does not know what the shard holds.
            var appender = new LogAppender(TestLog.Tiny, TestLog.Recover(_files.Copy(1)) with { Shards = [] });
            appender.Append(0, new(1, null, new LogIndex(1), default), new LogBuffer());
            log.Device.Write(appender.TakeBatch()!);
        }

        var refused = Assert.Throws<StorageCorruptException>(() => TestLog.Recover(_files));
        Assert.Contains("Shard 0 has records of two protocols", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_entry_of_the_largest_payload_fits_also_when_it_was_proposed_again()
    {
        using (var log = new TestLog(_files))
        {
            byte[] payload = TestLog.Payload(1, log.Appender.PayloadBytesMax);
            log.LogOf(0).Put(new(1), Stamp.FromTerm(3), Stamp.FromTerm(1), EntryKind.Command, payload);
            log.LogOf(0).Put(new(2), Stamp.FromTerm(3), Stamp.FromTerm(2), EntryKind.Command, payload);
            log.WritePlaces(0, null, new(new(1), 2));
            Assert.Equal(3, log.Flush());
        }

        LogBuffer found = TestLog.Recover(_files).Shards[0].Log;
        Assert.Equal((Stamp.FromTerm(1), Stamp.FromTerm(2)), (found.OriginAt(new(1)), found.OriginAt(new(2))));
    }

    internal static void Put(TestLog log, ulong first, ulong term, params byte[] values)
    {
        for (int i = 0; i < values.Length; i++)
        {
            Stamp stamp = Stamp.FromTerm(term);
            log.LogOf(0).Put(new(first + (ulong)i), stamp, stamp, EntryKind.Command, [values[i]]);
        }

        log.WritePlaces(0, null, new(new(first), values.Length));
    }

    internal static void Restamp(TestLog log, ulong from, ulong to, ulong term)
    {
        for (ulong at = from; at <= to; at++)
        {
            log.LogOf(0).Restamp(new(at), Stamp.FromTerm(term));
        }

        log.WritePlaces(0, null, default, new(new(from), (int)(to - from) + 1));
    }

    internal static string Describe(LogBuffer log)
    {
        List<string> places = [];
        for (LogIndex at = log.First; at <= log.Last; at++)
        {
            if (log.Has(at))
            {
                (ulong stamp, ulong origin) = (log.StampAt(at).Term, log.OriginAt(at).Term);
                string of = origin == stamp ? "" : $"of{origin}";
                places.Add($"{at}/{stamp}{of}/{log.PayloadAt(at)[0]}");
            }
        }

        return string.Join(' ', places);
    }

    private static ulong CommitOf(SimFileSystem files) =>
        TestLog.Recover(files.Copy(1)).Shards[0].HardState.Commit.Value;

    /// <summary>Writes so much of another shard that its snapshots let go of so many segments.</summary>
    private static void FillSegments(TestLog log, int segments)
    {
        for (int i = 0; i < segments * 4; i++)
        {
            log.Append(1, 1, TestLog.Payload(i, 1200));
            log.Flush();
            log.Appender.MarkSnapshot(1, new(log.LogOf(1).Last, Stamp.FromTerm(1)), log.LogOf(1));
            log.Flush();
        }

        log.Idle();
        log.PrepareAll();
    }

    private string Describe() => Describe(TestLog.Recover(_files.Copy(1)).Shards[0].Log);
}
