using Concord.Cluster.Storage;
using Concord.Consensus;

namespace Concord.Cluster.Tests.Storage;

public sealed class RealFileSystemTests : IDisposable
{
    private readonly RealFileSystem _files = new();
    private readonly string _folder = Directory.CreateTempSubdirectory("concord-log-").FullName;

    [Fact]
    public void Files_are_written_read_renamed_listed_and_deleted()
    {
        string path = Path.Combine(_folder, "b");
        using (IFile file = _files.Open(path, FileOpening.CreateNew))
        {
            file.Write(3, [1, 2, 3]);
            file.StartWriting(0, 6);
            file.Sync();
            file.Refresh();
            Assert.Equal(6, file.Length);
            byte[] read = new byte[10];
            Assert.Equal(5, file.Read(1, read));
            Assert.Equal([0, 0, 1, 2, 3], read[..5]);
            Assert.Equal(0, file.Read(100, read));
        }

        Assert.Throws<IOException>(() => _files.Open(path, FileOpening.CreateNew));
        Assert.Throws<FileNotFoundException>(() => _files.Open(path + "x", FileOpening.Existing));
        _files.CreateDirectory(Path.Combine(_folder, "c", "d"));
        _files.Rename(path, Path.Combine(_folder, "a"));
        _files.SyncDirectory(_folder);
        Assert.Equal(["a", "c"], _files.List(_folder));
        Assert.True(_files.Exists(Path.Combine(_folder, "c")));
        _files.Delete(Path.Combine(_folder, "a"));
        Assert.False(_files.Exists(Path.Combine(_folder, "a")));
    }

    [Fact]
    public void A_folder_that_is_not_there_cannot_be_synced()
    {
        var failure = Assert.Throws<IOException>(() => _files.SyncDirectory(Path.Combine(_folder, "nowhere")));
        Assert.Contains("nowhere", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_folder_is_held_by_one_node()
    {
        using (NodeFolder.Open(_files, _folder))
        {
            var stopped = Assert.Throws<EngineStoppedException>(() => NodeFolder.Open(_files, _folder));
            Assert.Contains("in use", stopped.Message, StringComparison.Ordinal);
        }

        NodeFolder.Open(_files, _folder).Dispose();
    }

    [Fact]
    public void A_log_on_a_real_disk_comes_back()
    {
        var options = new LogOptions { SegmentBytes = 64 << 10, BatchBytesMax = 16 << 10, LogBytesLimit = 256 << 10 };
        using NodeFolder folder = NodeFolder.Open(_files, _folder);
        string written;
        using (var log = new TestLog(_files, options, folder.LogDirectory))
        {
            for (int i = 1; i <= 200; i++)
            {
                log.Append(0, 1, TestLog.Payload(i, 1000));
                log.Flush();
                log.Device.PrepareAhead();
                if (i % 50 == 0)
                {
                    log.Appender.MarkSnapshot(0, new(new((ulong)i - 10), Stamp.FromTerm(1)), log.LogOf(0));
                }
            }

            log.Flush();
            log.PrepareAll();
            log.LogOf(0).DiscardThrough(new(190));
            written = TestLog.DescribeShard(
                0, new(Stamp.FromTerm(1), NodeId.None), new(new(190), Stamp.FromTerm(1)), log.LogOf(0));
        }

        RecoveredLog recovered = LogRecovery.Open(_files, folder.LogDirectory, options);
        Assert.Equal(written, TestLog.Describe(recovered));
        Assert.True(_files.List(folder.LogDirectory).Count <= 5);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
