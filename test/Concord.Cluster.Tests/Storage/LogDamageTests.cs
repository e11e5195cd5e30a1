using Concord.Cluster.Storage;
using Concord.Consensus;
using Concord.Encoding;
using Concord.Simulation.Disk;

namespace Concord.Cluster.Tests.Storage;

/// <summary>A torn write is cut, damage is refused, and the two are never mistaken for each other.</summary>
public sealed class LogDamageTests
{
    private readonly SimFileSystem _files = new(1);

    [Fact]
    public void A_batch_torn_at_any_sectors_is_cut_and_kept_aside()
    {
        string before = WriteTwo(out byte[] whole, out int start, out int sectors);
        string after = TestLog.Describe(TestLog.Recover(_files.Copy(1)));
        for (int mask = 0; mask < (1 << sectors) - 1; mask++)
        {
            SimFileSystem torn = _files.Copy(1);
            Patch(torn, 1, start, Tear(whole.AsSpan(start, sectors * BatchFormat.SectorBytes), mask));
            byte[] left = torn.Contents(TestLog.SegmentPath(1));
            using (var log = new TestLog(torn))
            {
                Assert.Equal(before, TestLog.Describe(log.Recovered));
                Assert.Equal(mask == 0, log.Recovered.TornTail is null);
                Assert.True(BatchFormat.IsZero(torn.Contents(TestLog.SegmentPath(1)).AsSpan(start)));
                log.Append(0, 1, TestLog.Payload(2, 1200));
                log.Flush();
            }

            Assert.Equal(after, TestLog.Describe(TestLog.Recover(torn)));
            if (mask != 0)
            {
                byte[] copy = torn.Contents($"{TestLog.Directory}/torn-0000000001-{start}.bak");
                Assert.Equal(left.AsSpan(start, copy.Length).ToArray(), copy);
                Assert.True(BatchFormat.IsZero(left.AsSpan(start + copy.Length)));
            }
        }
    }

    /// <summary>A disk that writes to another place than it was told leaves a batch that is whole, and not
    /// there.</summary>
    [Fact]
    public void A_batch_that_lies_where_it_was_not_written_is_not_valid()
    {
        WriteTwo(out byte[] whole, out int start, out int sectors);
        byte[] segment = new byte[whole.Length];
        whole.AsSpan(start, sectors * BatchFormat.SectorBytes).CopyTo(segment);
        Assert.Equal(BatchState.Valid, BatchReader.Inspect(whole, 1, start, out _, out _));
        Assert.NotEqual(BatchState.Valid, BatchReader.Inspect(whole, 2, start, out _, out _));

        Assert.NotEqual(BatchState.Valid, BatchReader.Inspect(segment, 1, 0, out _, out string detail));
        Assert.Contains("it belongs to segment 1", detail, StringComparison.Ordinal);
    }

    [Fact]
    public void A_second_torn_write_at_the_same_place_does_not_overwrite_the_first_copy()
    {
        WriteTwo(out byte[] whole, out int start, out int sectors);
        for (int round = 0; round < 2; round++)
        {
            Patch(_files, 1, start, Tear(whole.AsSpan(start, sectors * BatchFormat.SectorBytes), 1));
            string torn = TestLog.Recover(_files).TornTail!;
            Assert.Contains(round == 0 ? $"-{start}.bak" : $"-{start}-2.bak", torn, StringComparison.Ordinal);
            Assert.Contains("never reported as durable", torn, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_torn_first_batch_of_the_next_segment_is_cut()
    {
        LogIndex kept;
        using (var log = new TestLog(_files))
        {
            do
            {
                kept = log.LogOf(0).Last;
                log.Append(0, 1, TestLog.Payload(1, 700));
            }
            while (log.WriteOne().Segment == 1);
            Assert.True(kept > new LogIndex(2));
        }

        byte[] whole = _files.Contents(TestLog.SegmentPath(2));
        for (int mask = 0; mask < 3; mask++)
        {
            SimFileSystem torn = _files.Copy(1);
            Patch(torn, 2, 0, Tear(whole.AsSpan(0, 1024), mask));
            using (var log = new TestLog(torn))
            {
                Assert.Equal(kept, log.LogOf(0).Last);
                log.Append(0, 1, TestLog.Payload(3, 700));
                log.Flush();
            }

            Assert.Equal(kept + 1, TestLog.Recover(torn).Shards[0].Log.Last);
        }
    }

    [Fact]
    public void A_missing_sector_of_a_batch_with_a_successor_is_damage()
    {
        WriteTwo(out byte[] whole, out int start, out int sectors);
        using (var log = new TestLog(_files))
        {
            log.Idle();
        }

        for (int mask = 0; mask < (1 << sectors) - 1; mask++)
        {
            SimFileSystem damaged = _files.Copy(1);
            Patch(damaged, 1, start, Tear(whole.AsSpan(start, sectors * BatchFormat.SectorBytes), mask));
            AssertRefused(damaged, 1);
        }
    }

    [Fact]
    public void A_missing_sector_is_damage_when_only_a_later_segment_shows_it()
    {
        WriteSegments(2);
        SimFileSystem damaged = _files.Copy(1);
        byte[] first = damaged.Contents(TestLog.SegmentPath(1));
        int used = BatchFormat.RoundUp(first.AsSpan().LastIndexOfAnyExcept((byte)0) + 1);
        Patch(damaged, 1, used - 512, new byte[512]);
        AssertRefused(damaged, 1);

        damaged = _files.Copy(1);
        Patch(damaged, 1, 0, new byte[first.Length]);
        AssertRefused(damaged, 1);
    }

    /// <summary>
    /// A flip in a batch is always refused, also in the last batch. A flip in the zeros behind the last batch is
    /// refused if it is in the sector where the next batch would begin; else it looks like a torn write without its
    /// header and is cut as one, and nothing is lost.
    /// </summary>
    [Fact]
    public void A_flipped_bit_in_any_byte_is_refused_or_loses_nothing()
    {
        WriteSegments(2);
        string whole = TestLog.Describe(TestLog.Recover(_files.Copy(1)));
        int cut = 0;
        for (ulong segment = 1; segment <= 3; segment++)
        {
            byte[] contents = _files.Contents(TestLog.SegmentPath(segment));
            int used = BatchFormat.RoundUp(contents.AsSpan().LastIndexOfAnyExcept((byte)0) + 1);
            bool mayBeCut = segment >= 2;
            for (int at = 0; at < contents.Length; at++)
            {
                SimFileSystem damaged = _files.Copy(1);
                damaged.FlipBit(TestLog.SegmentPath(segment), at, at % 8);
                if (mayBeCut && at >= used + BatchFormat.SectorBytes)
                {
                    RecoveredLog recovered = TestLog.Recover(damaged);
                    Assert.Equal(whole, TestLog.Describe(recovered));
                    Assert.NotNull(recovered.TornTail);
                    cut++;
                }
                else
                {
                    AssertRefused(damaged, segment);
                }
            }
        }

        Assert.True(cut > 1000);
    }

    [Fact]
    public void A_missing_segment_is_named()
    {
        WriteSegments(3);
        foreach (ulong segment in (ulong[])[1, 2])
        {
            SimFileSystem damaged = _files.Copy(1);
            damaged.Delete(TestLog.SegmentPath(segment));
            AssertRefused(damaged, segment);
        }
    }

    [Fact]
    public void A_segment_in_the_place_of_another_is_damage()
    {
        WriteSegments(3);
        SimFileSystem damaged = _files.Copy(1);
        Patch(damaged, 2, 0, damaged.Contents(TestLog.SegmentPath(1)));
        AssertRefused(damaged, 2);
    }

    [Fact]
    public void A_batch_of_another_history_is_damage()
    {
        // Two histories with the same lengths: the chain of checksums tells them apart.
        WriteTwo(out byte[] whole, out int start, out _);
        var other = new SimFileSystem(2);
        using (var log = new TestLog(other))
        {
            log.Append(0, 1, TestLog.Payload(77, 300));
            log.Flush();
            log.Append(0, 1, TestLog.Payload(2, 1200));
            log.Flush();
        }

        Patch(_files, 1, start, other.Contents(TestLog.SegmentPath(1)).AsSpan(start).ToArray());
        Assert.Equal(whole.Length, _files.Contents(TestLog.SegmentPath(1)).Length);
        AssertRefused(_files, 1);
    }

    [Fact]
    public void What_is_missing_at_the_end_of_the_last_segment_reads_as_zero()
    {
        string before = WriteTwo(out byte[] whole, out int start, out int sectors);
        string after = TestLog.Describe(TestLog.Recover(_files.Copy(1)));
        for (int length = start; length < whole.Length; length += 100)
        {
            var files = new SimFileSystem(1);
            files.CreateDirectory(TestLog.Directory);
            using (IFile file = files.Open(TestLog.SegmentPath(1), FileOpening.CreateNew))
            {
                file.Write(0, whole.AsSpan(0, length));
            }

            using var log = new TestLog(files);
            Assert.Equal(length >= start + (sectors * 512) ? after : before, TestLog.Describe(log.Recovered));
            Assert.Equal(TestLog.Tiny.SegmentBytes, files.Contents(TestLog.SegmentPath(1)).Length);
        }
    }

    [Fact]
    public void A_format_or_a_record_of_a_later_version_is_refused_with_a_sentence()
    {
        using (var log = new TestLog(_files))
        {
            log.Append(0, 1, [1]);
            LogBatch batch = log.Appender.TakeBatch()!;
            batch.Add(9)[0] = 99;
            batch.Seal(1, 0, 1, 0);
            log.Device.Write(batch);
        }

        var stopped = Assert.Throws<EngineStoppedException>(() => TestLog.Recover(_files));
        Assert.Contains("A record of type 99", stopped.Message, StringComparison.Ordinal);

        byte[] header = _files.Contents(TestLog.SegmentPath(1))[..BatchFormat.HeaderBytes];
        header[0] = 2;
        BitConverter.TryWriteBytes(header.AsSpan(36), Checksum.Crc32C(header.AsSpan(0, 36)));
        Patch(_files, 1, 0, header);
        stopped = Assert.Throws<EngineStoppedException>(() => TestLog.Recover(_files));
        Assert.Contains("format 2.", stopped.Message, StringComparison.Ordinal);

        header[0] = BatchFormat.Version;
        header[1] |= 0x80;
        BitConverter.TryWriteBytes(header.AsSpan(36), Checksum.Crc32C(header.AsSpan(0, 36)));
        Patch(_files, 1, 0, header);
        stopped = Assert.Throws<EngineStoppedException>(() => TestLog.Recover(_files));
        Assert.Contains("format 1.129", stopped.Message, StringComparison.Ordinal);
    }

    /// <summary>
    /// Whatever the bytes are, reading them ends in a log or in an exception that says what is wrong.
    /// </summary>
    [Fact]
    public void Random_bytes_never_break_the_reader()
    {
        var random = new Concord.Simulation.SimRandom(5);
        WriteSegments(2);
        for (int round = 0; round < 2000; round++)
        {
            SimFileSystem damaged = _files.Copy(1);
            for (int i = random.Next(1, 4); i > 0; i--)
            {
                byte[] bytes = new byte[random.Next(1, 600)];
                if (random.Chance(0.7))
                {
                    random.Fill(bytes);
                }

                Patch(damaged, (ulong)random.Next(1, 4), random.Next(4096 - bytes.Length), bytes);
            }

            try
            {
                TestLog.Recover(damaged);
            }
            catch (StorageCorruptException damage)
            {
                Assert.Contains("Nothing was changed", damage.Message, StringComparison.Ordinal);
            }
        }
    }

    /// <returns>What the log holds before the second batch.</returns>
    private string WriteTwo(out byte[] whole, out int start, out int sectors)
    {
        string before;
        using (var log = new TestLog(_files))
        {
            log.Append(0, 1, TestLog.Payload(1, 300));
            log.Flush();
            before = TestLog.Describe(TestLog.Recover(_files.Copy(1)));
            log.Append(0, 1, TestLog.Payload(2, 1200));
            LogBatch batch = log.Appender.TakeBatch()!;
            (start, sectors) = (batch.Offset, batch.Bytes.Length / BatchFormat.SectorBytes);
            log.Device.Write(batch);
        }

        whole = _files.Contents(TestLog.SegmentPath(1));
        return before;
    }

    /// <summary>So many segments with something in them, the last one half full, and a prepared one.</summary>
    private void WriteSegments(int count)
    {
        using var log = new TestLog(_files);
        for (int i = 0; ; i++)
        {
            log.Append(0, 1, TestLog.Payload(i, 300), new byte[600]);
            (ulong segment, int end) = log.WriteOne();
            if (segment == (ulong)count && end >= TestLog.Tiny.SegmentBytes / 2)
            {
                break;
            }
        }

        log.PrepareAll();
        Assert.Equal(count + 1, _files.List(TestLog.Directory).Count);
    }

    private static byte[] Tear(ReadOnlySpan<byte> batch, int keptSectors)
    {
        byte[] torn = batch.ToArray();
        for (int sector = 0; sector * BatchFormat.SectorBytes < torn.Length; sector++)
        {
            if ((keptSectors & (1 << sector)) == 0)
            {
                torn.AsSpan(sector * BatchFormat.SectorBytes, BatchFormat.SectorBytes).Clear();
            }
        }

        return torn;
    }

    private static void Patch(SimFileSystem files, ulong segment, int offset, byte[] bytes)
    {
        using IFile file = files.Open(TestLog.SegmentPath(segment), FileOpening.Existing);
        file.Write(offset, bytes);
        file.Sync();
    }

    private static void AssertRefused(SimFileSystem files, ulong segment)
    {
        Dictionary<string, byte[]> before = files.Files.ToDictionary(path => path, files.Contents);
        var damage = Assert.Throws<StorageCorruptException>(() => TestLog.Recover(files));
        Assert.Contains("Nothing was changed", damage.Message, StringComparison.Ordinal);
        Assert.Contains(Path.GetFileName(damage.File), damage.Message, StringComparison.Ordinal);
        if (damage.File != TestLog.SegmentPath(segment))
        {
            Assert.Fail($"segment {segment} is damaged, but it says: {damage.Message}");
        }

        Assert.Equal(before.Keys, files.Files);
        foreach ((string path, byte[] contents) in before)
        {
            Assert.True(contents.AsSpan().SequenceEqual(files.Contents(path)), path);
        }
    }
}
