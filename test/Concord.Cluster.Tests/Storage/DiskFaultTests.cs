using Concord.Cluster.Storage;
using Concord.Simulation;
using Concord.Simulation.Disk;

namespace Concord.Cluster.Tests.Storage;

/// <summary>Each fault of the simulated disk does what its name says, once, and counts itself.</summary>
public sealed class DiskFaultTests
{
    private const string Path = "/d/f";

    private readonly SimFileSystem _files = Synced(1);

    [Fact]
    public void A_failed_write_writes_nothing_and_a_short_one_writes_the_beginning()
    {
        using IFile file = _files.Open(Path, FileOpening.Existing);
        _files.FailNextWrite = true;
        Assert.Throws<IOException>(() => file.Write(0, Filled(1024)));
        Assert.Equal(Original(), _files.Contents(Path));

        _files.ShortenNextWrite = true;
        Assert.Throws<IOException>(() => file.Write(0, Filled(1024)));
        byte[] contents = _files.Contents(Path);
        int written = contents.AsSpan().IndexOfAnyExcept((byte)0xEE);
        Assert.InRange(written, 0, 1023);
        Assert.Equal(Original()[written..], contents[written..]);

        file.Write(0, Filled(1024));
        Assert.Equal((1, 1), (Count(FaultKind.WriteFailed), Count(FaultKind.WriteShortened)));
    }

    [Fact]
    public void A_misdirected_write_lands_in_another_sector_and_is_reported_as_done()
    {
        using IFile file = _files.Open(Path, FileOpening.Existing);
        _files.MisdirectNextWrite = true;
        file.Write(512, Filled(512));
        byte[] contents = _files.Contents(Path);
        Assert.Equal(Original().AsSpan(512, 512).ToArray(), contents.AsSpan(512, 512).ToArray());
        Assert.Contains(
            Enumerable.Range(0, 16),
            sector => contents.AsSpan(sector * 512, 512).IndexOfAnyExcept((byte)0xEE) < 0);
        Assert.Equal(1, Count(FaultKind.WriteMisdirected));
    }

    [Fact]
    public void A_range_that_cannot_be_read_can_be_again_when_it_was_written()
    {
        _files.FailReads(Path, 1024, 512);
        using IFile file = _files.Open(Path, FileOpening.Existing);
        byte[] target = new byte[512];
        Assert.Throws<IOException>(() => file.Read(1024, target));
        Assert.Throws<IOException>(() => file.Read(1500, target));
        Assert.Equal(512, file.Read(512, target));
        Assert.Equal(512, file.Read(1536, target));
        file.Write(1024, Filled(512));
        Assert.Equal(512, file.Read(1024, target));
        Assert.Equal(2, Count(FaultKind.ReadFailed));
    }

    [Fact]
    public void A_bit_flips_on_one_read_or_stays_flipped_on_the_disk()
    {
        using IFile file = _files.Open(Path, FileOpening.Existing);
        byte[] target = new byte[8192];
        _files.FlipNextRead = true;
        file.Read(0, target);
        Assert.Equal(1, Differences(Original(), target));
        file.Read(0, target);
        Assert.Equal(Original(), target);

        _files.FlipBit(Path, 77, 3);
        _files.Crash();
        Assert.Equal(1, Differences(Original(), _files.Contents(Path)));
        Assert.Equal((1, 1), (Count(FaultKind.BitFlippedOnRead), Count(FaultKind.BitFlipped)));
    }

    [Fact]
    public void A_sector_that_was_durable_turns_to_zero_and_a_file_is_cut_or_lost()
    {
        _files.ZeroSector(Path, 2);
        _files.Crash();
        Assert.True(BatchFormat.IsZero(_files.Contents(Path).AsSpan(1024, 512)));
        Assert.Equal(Original()[1536..], _files.Contents(Path)[1536..]);

        _files.Truncate(Path, 3000);
        _files.Crash();
        Assert.Equal(3000, _files.Contents(Path).Length);

        _files.Lose(Path);
        Assert.False(_files.Exists(Path));
        _files.Crash();
        Assert.False(_files.Exists(Path));
        Assert.Equal(
            (1, 1, 1),
            (Count(FaultKind.SectorZeroed), Count(FaultKind.FileTruncated), Count(FaultKind.FileLost)));
    }

    [Fact]
    public void A_lost_disk_is_empty_and_its_handles_are_void()
    {
        IFile file = _files.Open(Path, FileOpening.Existing);
        _files.Reformat();
        Assert.Empty(_files.Files);
        Assert.Throws<SimCrashException>(() => file.Write(0, [1]));
        Assert.Equal(1, Count(FaultKind.DiskLost));
    }

    [Fact]
    public void A_crash_tears_at_pages_too_and_takes_back_names_that_were_not_synced()
    {
        var faults = new FaultTally();
        bool tornAtPages = false;
        for (ulong seed = 0; seed < 200; seed++)
        {
            SimFileSystem files = Synced(seed);
            files.Faults = faults;
            using (IFile file = files.Open(Path, FileOpening.Existing))
            {
                file.Write(0, Filled(8192));
            }

            files.Open("/d/g", FileOpening.CreateNew).Dispose();
            files.Crash();
            byte[] contents = files.Contents(Path);
            bool[] pages = [contents[0] == 0xEE, contents[4096] == 0xEE];
            tornAtPages |= pages[0] != pages[1]
                && Enumerable.Range(0, 16).All(sector => contents[sector * 512] == 0xEE == pages[sector / 8]);
        }

        Assert.True(tornAtPages);
        FaultKind[] kinds =
        [
            FaultKind.UnsyncedWriteLost, FaultKind.UnsyncedWriteTorn, FaultKind.UnsyncedWriteTornAtPages,
            FaultKind.NameChangeLost,
        ];
        Assert.All(kinds, kind => Assert.True(faults[kind] > 10, $"{kind}: {faults[kind]}"));
    }

    [Fact]
    public void A_full_disk_and_a_failed_sync_are_counted()
    {
        using IFile file = _files.Open(Path, FileOpening.Existing);
        _files.BytesLimit = _files.BytesUsed;
        IOException full = Assert.Throws<IOException>(() => file.Write(8192, [1]));
        Assert.True(DiskSpace.IsExhausted(full));
        _files.FailNextSync = true;
        IOException failed = Assert.Throws<IOException>(file.Sync);
        Assert.False(DiskSpace.IsExhausted(failed));
        Assert.Equal((1, 1), (Count(FaultKind.DiskFull), Count(FaultKind.SyncFailed)));
    }

    private long Count(FaultKind kind) => _files.Faults[kind];

    private static int Differences(byte[] left, byte[] right) =>
        left.Zip(right).Sum(static pair => System.Numerics.BitOperations.PopCount((uint)(pair.First ^ pair.Second)));

    private static byte[] Original() => TestLog.Payload(1, 8192);

    private static byte[] Filled(int count) => [.. Enumerable.Repeat((byte)0xEE, count)];

    private static SimFileSystem Synced(ulong seed)
    {
        var files = new SimFileSystem(seed);
        files.CreateDirectory("/d");
        using (IFile file = files.Open(Path, FileOpening.CreateNew))
        {
            file.Write(0, Original());
            file.Sync();
        }

        files.SyncDirectory("/d");
        files.SyncDirectory("/");
        return files;
    }
}
