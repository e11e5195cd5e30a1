using Concord.Cluster.Storage;
using Concord.Simulation.Disk;

namespace Concord.Cluster.Tests.Storage;

/// <summary>The disk lies as it should, and only as it may.</summary>
public sealed class SimFileSystemTests
{
    private const string Path = "/d/f";

    [Fact]
    public void What_was_synced_survives_every_crash()
    {
        for (ulong seed = 0; seed < 50; seed++)
        {
            SimFileSystem files = Synced(seed);
            files.Crash();
            Assert.Equal(TestLog.Payload(1, 2000), files.Contents(Path));
        }
    }

    [Fact]
    public void What_was_not_synced_survives_wholly_or_in_part_or_not_at_all()
    {
        HashSet<string> fates = [];
        for (ulong seed = 0; seed < 600; seed++)
        {
            SimFileSystem files = Synced(seed);
            using (IFile file = files.Open(Path, FileOpening.Existing))
            {
                file.Write(512, Enumerable.Repeat((byte)0xEE, 1024).ToArray());
            }

            files.Crash();
            byte[] contents = files.Contents(Path);
            fates.Add(Fate(contents, 512) + Fate(contents, 1024));
        }

        Assert.Equal(["00", "0n", "0o", "n0", "nn", "no", "o0", "on", "oo"], fates.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void A_name_that_was_not_synced_may_vanish_or_come_back()
    {
        HashSet<string> fates = [];
        for (ulong seed = 0; seed < 100; seed++)
        {
            SimFileSystem files = Synced(seed);
            files.Rename(Path, "/d/g");
            files.Open("/d/h", FileOpening.CreateNew).Dispose();
            files.Crash();
            fates.Add(string.Join(' ', files.List("/d")));
        }

        Assert.Equal(["f", "f h", "g", "g h"], fates.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void A_failed_sync_loses_what_it_should_have_kept_although_it_can_still_be_read()
    {
        SimFileSystem files = Synced(1);
        using IFile file = files.Open(Path, FileOpening.Existing);
        file.Write(0, [1, 2, 3]);
        files.FailNextSync = true;
        Assert.Throws<IOException>(file.Sync);
        file.Sync();
        Assert.Equal([1, 2, 3], files.Contents(Path)[..3]);
        file.Refresh();
        Assert.Equal(TestLog.Payload(1, 2000), files.Contents(Path));
    }

    [Fact]
    public void The_same_seed_has_the_same_fate()
    {
        static byte[] Run()
        {
            SimFileSystem files = Synced(9);
            using (IFile file = files.Open(Path, FileOpening.Existing))
            {
                file.Write(0, TestLog.Payload(5, 8000));
            }

            files.Crash();
            return files.Contents(Path);
        }

        Assert.Equal(Run(), Run());
    }

    [Fact]
    public void A_crash_point_stops_everything_until_the_crash()
    {
        SimFileSystem files = Synced(1);
        IFile file = files.Open(Path, FileOpening.Existing);
        files.CrashPoint = 2 * files.OperationCount;
        Assert.Throws<SimCrashException>(() => file.Write(0, [1]));
        Assert.Throws<SimCrashException>(() => files.List("/d"));
        files.Crash();
        Assert.Throws<SimCrashException>(() => file.Write(0, [1]));
        Assert.Equal(["f"], files.List("/d"));
    }

    [Fact]
    public void A_full_disk_refuses_to_grow_a_file()
    {
        SimFileSystem files = Synced(1);
        files.BytesLimit = 2001;
        using IFile file = files.Open(Path, FileOpening.Existing);
        file.Write(2000, [1]);
        Assert.Throws<IOException>(() => file.Write(2001, [1]));
        file.Write(0, [1]);
    }

    private static string Fate(byte[] contents, int sector)
    {
        ReadOnlySpan<byte> bytes = contents.AsSpan(sector, 512);
        return bytes.SequenceEqual(TestLog.Payload(1, 2000).AsSpan(sector, 512)) ? "o"
            : BatchFormat.IsZero(bytes) ? "0"
            : bytes.ContainsAnyExcept((byte)0xEE) ? "?" : "n";
    }

    private static SimFileSystem Synced(ulong seed)
    {
        var files = new SimFileSystem(seed);
        files.CreateDirectory("/d");
        using (IFile file = files.Open(Path, FileOpening.CreateNew))
        {
            file.Write(0, TestLog.Payload(1, 2000));
            file.Sync();
        }

        files.SyncDirectory("/d");
        files.SyncDirectory("/");
        return files;
    }
}
