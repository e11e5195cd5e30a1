using Concord.Cluster.Storage;
using Concord.Consensus;
using Concord.Simulation;
using Concord.Simulation.Disk;

namespace Concord.Cluster.Tests.Storage;

/// <summary>
/// What cannot be read is lost, and the rest is kept: every shard is impaired, and its log is one that it once had. How
/// it goes on from there survives every later start, with the damage still in the log.
/// </summary>
public sealed class LogImpairedTests
{
    private const int Steps = 160;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void Whatever_batch_is_damaged_the_log_is_one_that_the_shard_once_had(int seed)
    {
        var random = new SimRandom((ulong)seed).Fork("damage");
        var history = new LogHistory();
        SimFileSystem files = Written(seed, history);
        List<(ulong Segment, int Offset, int Length)> batches = BatchesIn(files);
        Assert.True(batches.Count > 20);
        for (int i = 0; i < batches.Count - 1; i++)
        {
            for (int kind = 0; kind < 6; kind++)
            {
                SimFileSystem damaged = files.Copy((ulong)i);
                Damage(damaged, batches[i], kind, random);
                CheckGoesOn(damaged, history, $"seed {seed}, batch {i} of {batches.Count}, kind {kind}");
            }
        }
    }

    [Theory]
    [InlineData(5)]
    [InlineData(6)]
    public void Two_damaged_batches_are_no_worse_than_one(int seed)
    {
        var random = new SimRandom((ulong)seed).Fork("damage");
        var history = new LogHistory();
        SimFileSystem files = Written(seed, history);
        List<(ulong Segment, int Offset, int Length)> batches = BatchesIn(files);
        for (int round = 0; round < 150; round++)
        {
            SimFileSystem damaged = files.Copy((ulong)round);
            Damage(damaged, batches[random.Next(batches.Count - 1)], random.Next(6), random);
            Damage(damaged, batches[random.Next(batches.Count - 1)], random.Next(6), random);
            CheckGoesOn(damaged, history, $"seed {seed}, round {round}");
        }
    }

    [Fact]
    public void A_leader_that_stays_the_same_joins_what_is_behind_the_damage_to_what_is_before()
    {
        SimFileSystem files = Steady(out int second);
        files.FlipBit(TestLog.SegmentPath(1), second + 60, 3);

        RecoveredLog recovered = TestLog.Recover(files, hasPeers: true);

        // Shard 0 has lost entry 2 and keeps entry 1; nothing of shard 1 was in the damaged batch.
        Assert.Equal(new LogIndex(1), recovered.Shards[0].Log.Last);
        Assert.Equal(new LogIndex(3), recovered.Shards[1].Log.Last);
        Assert.All(recovered.Shards, static shard => Assert.True(shard.Impaired));
        Assert.True(recovered.IsImpaired(99), "a shard of which nothing was found may have been lost whole");
        DamagedRange damage = Assert.Single(recovered.Damage);
        Assert.Equal((1UL, second), (damage.Segment, damage.Offset));
    }

    [Fact]
    public void What_a_lost_batch_may_have_overwritten_is_not_joined_to_what_follows()
    {
        var files = new SimFileSystem(1);
        using (var log = new TestLog(files))
        {
            log.Append(0, 1, [1], [2], [3]);
            log.Flush();
            log.LogOf(0).TruncateFrom(new(2));
            log.LogOf(0).Append(Stamp.FromTerm(2), EntryKind.Command, [20]);
            log.LogOf(0).Append(Stamp.FromTerm(2), EntryKind.Command, [30]);
            log.Write(0, null, new LogIndex(2), new(new(2), 2));
            log.Flush();
            log.Append(0, 3, [40]);
            log.Flush();
        }

        (ulong segment, int offset, _) = BatchesIn(files)[1];
        files.FlipBit(TestLog.SegmentPath(segment), offset + 50, 1);

        // Entries 2 and 3 of term 1 stand there, and entry 4 of term 3 follows those of term 2: a log 1, 2, 3, 4 of
        // these never was.
        RecoveredShard shard = Assert.Single(TestLog.Recover(files, hasPeers: true).Shards);
        Assert.Equal(new LogIndex(3), shard.Log.Last);
        Assert.Equal(Stamp.FromTerm(1), shard.Log.LastStamp);
        Assert.Equal(3UL, shard.HardState.Stamp.Term);
    }

    [Fact]
    public void A_node_without_peers_refuses_and_says_what_is_kept()
    {
        SimFileSystem files = Steady(out int second);
        files.FlipBit(TestLog.SegmentPath(1), second + 60, 3);
        byte[] before = files.Contents(TestLog.SegmentPath(1));

        var refused = Assert.Throws<StorageCorruptException>(() => TestLog.Recover(files));

        Assert.Contains(
            $"batch 2 at byte {second} of {TestLog.SegmentPath(1)}", refused.Message, StringComparison.Ordinal);
        Assert.Contains("All other batches up to 3 can be read", refused.Message, StringComparison.Ordinal);
        Assert.Contains("Restore the folder from a backup", refused.Message, StringComparison.Ordinal);
        Assert.Equal(before, files.Contents(TestLog.SegmentPath(1)));
        Assert.DoesNotContain(
            files.List(TestLog.Directory), static name => name.EndsWith(".bak", StringComparison.Ordinal));
    }

    [Fact]
    public void Damaged_bytes_are_copied_aside_once_and_never_cut()
    {
        SimFileSystem files = Steady(out int second);
        files.FlipBit(TestLog.SegmentPath(1), second + 60, 3);
        byte[] before = files.Contents(TestLog.SegmentPath(1));
        for (int start = 0; start < 2; start++)
        {
            RecoveredLog recovered = TestLog.Recover(files, hasPeers: true);
            Assert.Equal(before, files.Contents(TestLog.SegmentPath(1)));
            string copy = Assert.Single(
                files.List(TestLog.Directory), static name => name.StartsWith("damaged-", StringComparison.Ordinal));
            Assert.Equal(before.AsSpan(second, 512).ToArray(), files.Contents($"{TestLog.Directory}/{copy}"));
            Assert.Contains(copy, recovered.DamageReport, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Sectors_that_cannot_be_read_are_damage_and_never_a_torn_write()
    {
        SimFileSystem files = Steady(out _);
        foreach ((ulong segment, int offset, int length) in BatchesIn(files))
        {
            SimFileSystem bad = files.Copy(1);
            bad.FailReads(TestLog.SegmentPath(segment), offset, length);
            Assert.Throws<StorageCorruptException>(() => TestLog.Recover(bad));
            RecoveredLog recovered = TestLog.Recover(bad, hasPeers: true);
            Assert.Null(recovered.TornTail);
            Assert.NotEmpty(recovered.Damage);
        }
    }

    [Fact]
    public void Damage_to_the_last_batch_is_followed_by_a_new_segment()
    {
        SimFileSystem files = Steady(out _);
        (ulong segment, int offset, _) = BatchesIn(files)[^1];
        files.FlipBit(TestLog.SegmentPath(segment), offset + 50, 1);
        byte[] before = files.Contents(TestLog.SegmentPath(1));
        for (int start = 0; start < 3; start++)
        {
            using var log = new TestLog(files, hasPeers: true);
            Assert.True(log.Recovered.Position.Segment >= 2);
            log.Append(1, 5, [9]);
            log.Flush();
            Assert.Equal(before, files.Contents(TestLog.SegmentPath(1)));
        }

        Assert.Equal(new LogIndex(5), TestLog.Recover(files, hasPeers: true).Shards[1].Log.Last);
    }

    [Fact]
    public void A_repaired_shard_stays_repaired_and_another_stays_impaired_even_when_the_damage_is_gone()
    {
        SimFileSystem files = Steady(out int second);
        files.FlipBit(TestLog.SegmentPath(1), second + 60, 3);
        using (var log = new TestLog(files, hasPeers: true))
        {
            log.Append(0, 7, new HardState(Stamp.FromTerm(7), new NodeId(2)), [5]);
            log.Appender.MarkImpaired(0, isImpaired: false);
            log.Flush();
        }

        for (int start = 0; start < 12; start++)
        {
            using var log = new TestLog(files, hasPeers: true);
            Assert.False(log.Recovered.IsImpaired(0), $"start {start}");
            Assert.True(log.Recovered.IsImpaired(1), $"start {start}");
            Assert.Equal(new NodeId(2), log.Recovered.Shards[0].HardState.VotedFor);
            for (uint shard = 0; shard < 2; shard++)
            {
                log.Append(shard, 7, TestLog.Payload(start, 900));
                log.Flush();
                LogBuffer entries = log.LogOf(shard);
                log.Appender.MarkSnapshot(shard, new(entries.Last, entries.LastStamp), entries);
                log.Flush();
            }

            log.PrepareAll();
        }

        Assert.False(files.Exists(TestLog.SegmentPath(1)), "the damaged segment was let go");
        Assert.Contains(
            files.List(TestLog.Directory), static name => name.StartsWith("damaged-", StringComparison.Ordinal));
    }

    [Fact]
    public void A_later_vote_is_not_lost_when_a_shard_is_marked_as_repaired()
    {
        SimFileSystem files = Steady(out int second);
        files.FlipBit(TestLog.SegmentPath(1), second + 60, 3);
        using (var log = new TestLog(files, hasPeers: true))
        {
            // Both wait for the same batch: the record of the repair must not repeat an older word.
            log.Append(0, 8, new HardState(Stamp.FromTerm(8), NodeId.None), [5]);
            log.Flush();
            log.Write(0, new HardState(Stamp.FromTerm(8), new NodeId(3)), null, new(log.LogOf(0).Last + 1, 0));
            log.Appender.MarkImpaired(0, isImpaired: false);
            log.Flush();
        }

        Assert.Equal(new NodeId(3), TestLog.Recover(files, hasPeers: true).Shards[0].HardState.VotedFor);
    }

    [Fact]
    public void A_read_that_lies_once_is_found_and_nothing_is_believed()
    {
        for (ulong seed = 0; seed < 60; seed++)
        {
            SimFileSystem files = Steady(out _).Copy(seed);
            files.FlipNextRead = true;
            try
            {
                TestLog.Recover(files, hasPeers: true);
            }
            catch (IOException e)
            {
                Assert.Contains("two different answers", e.Message, StringComparison.Ordinal);
            }

            Assert.Empty(TestLog.Recover(files).Damage);
        }
    }

    /// <summary>Three batches of one leader: shards 0 and 1, shard 0 alone, both again.</summary>
    private static SimFileSystem Steady(out int second)
    {
        var files = new SimFileSystem(1);
        using var log = new TestLog(files);
        log.Append(0, 1, [1]);
        log.Append(1, 1, [1], [2]);
        log.Flush();
        log.Append(0, 1, [2]);
        LogBatch batch = log.Appender.TakeBatch()!;
        second = batch.Offset;
        log.Device.Write(batch);
        log.Appender.Completed(batch);
        log.Append(0, 1, [3]);
        log.Append(1, 1, [3]);
        log.Flush();
        return files;
    }

    private static SimFileSystem Written(int seed, LogHistory history)
    {
        var files = new SimFileSystem((ulong)seed);
        var workload = new LogWorkload(new SimRandom((ulong)seed).Fork("workload"), new LogModel());
        using var log = new TestLog(files);
        workload.Start(log);
        for (int i = 0; i < Steps; i++)
        {
            workload.Step();
            history.Note(log);
        }

        log.Flush();
        return files;
    }

    private static void CheckGoesOn(SimFileSystem files, LogHistory history, string what)
    {
        string expected;
        using (var log = new TestLog(files, hasPeers: true))
        {
            history.Check(log.Recovered, what);
            if (log.Recovered.Damage.Count == 0)
            {
                return; // both strikes at the same place, or in what nobody needs
            }

            foreach (RecoveredShard shard in log.Recovered.Shards)
            {
                Assert.True(shard.Impaired, $"{what}: shard {shard.Shard} is not impaired");
                ulong term = Math.Max(shard.HardState.Stamp.Term, shard.Log.LastStamp.Term) + 1;
                log.Append(shard.Shard, term, [1, 2, 3], [4]);
            }

            log.Flush();
            expected = DescribeLogs(log);
        }

        files.Crash();
        using (var log = new TestLog(files, hasPeers: true))
        {
            Assert.True(expected == DescribeLogs(log), $"{what}: {expected}\n{DescribeLogs(log)}");
            foreach (RecoveredShard shard in log.Recovered.Shards)
            {
                Assert.True(shard.Impaired, $"{what}: shard {shard.Shard} is not impaired at the second start");
                log.Append(shard.Shard, shard.Log.LastStamp.Term, [7]);
                log.Appender.MarkImpaired(shard.Shard, isImpaired: false);
            }

            log.Flush();
            expected = DescribeLogs(log);
        }

        using (var log = new TestLog(files, hasPeers: true))
        {
            Assert.True(expected == DescribeLogs(log), $"{what}: {expected}\n{DescribeLogs(log)}");
            Assert.DoesNotContain(log.Recovered.Shards, static shard => shard.Impaired);
        }
    }

    internal static string DescribeLogs(TestLog log) => string.Concat(log.Logs.OrderBy(static pair => pair.Key)
        .Select(static pair => TestLog.DescribeShard(pair.Key, default, default, pair.Value)));

    internal static void Damage(
        SimFileSystem files, (ulong Segment, int Offset, int Length) batch, int kind, SimRandom random)
    {
        string path = TestLog.SegmentPath(batch.Segment);
        if (!files.Exists(path))
        {
            return;
        }

        long sector = batch.Offset / BatchFormat.SectorBytes;
        int sectors = batch.Length / BatchFormat.SectorBytes;
        switch (kind)
        {
            case 0:
                files.FlipBit(path, batch.Offset + BatchFormat.HeaderBytes + random.Next(64), random.Next(8));
                break;
            case 1:
                files.FlipBit(path, batch.Offset + random.Next(BatchFormat.HeaderBytes), random.Next(8));
                break;
            case 2:
                files.ZeroSector(path, sector + random.Next(sectors));
                break;
            case 3:
                for (int i = 0; i < sectors; i++)
                {
                    files.ZeroSector(path, sector + i);
                }

                break;
            case 4:
                files.FailReads(path, batch.Offset, batch.Length);
                break;
            default:
                files.Lose(path);
                break;
        }
    }

    internal static List<(ulong Segment, int Offset, int Length)> BatchesIn(SimFileSystem files)
    {
        List<(ulong, int, int)> batches = [];
        foreach (string path in files.Files)
        {
            if (!SegmentNames.TryParse(Path.GetFileName(path), out ulong segment))
            {
                continue;
            }

            byte[] bytes = files.Contents(path);
            int offset = 0;
            while (BatchReader.Inspect(bytes, segment, offset, out BatchHeader header, out _) == BatchState.Valid)
            {
                batches.Add((segment, offset, header.Length));
                offset += header.Length;
            }
        }

        return batches;
    }
}
