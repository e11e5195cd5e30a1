using Concord.Cluster.Storage;
using Concord.Simulation.Disk;

namespace Concord.Cluster.Tests.Storage;

public sealed class NodeFolderTests
{
    private const string Folder = "/data/node1";

    private readonly SimFileSystem _files = new(3);

    [Fact]
    public void A_new_folder_gets_a_marker_and_its_parts_and_they_are_durable()
    {
        using (NodeFolder folder = NodeFolder.Open(_files, Folder))
        {
            Assert.Equal(["LOCK", "concord.txt", "log", "snapshots"], _files.List(Folder));
            Assert.True(_files.Exists(folder.LogDirectory));
        }

        _files.SyncDirectory("/");
        _files.Crash();
        using NodeFolder again = NodeFolder.Open(_files, Folder);
        Assert.Contains("concord.txt", _files.List(Folder));
    }

    [Fact]
    public void A_folder_in_use_is_refused_until_it_is_let_go()
    {
        NodeFolder folder = NodeFolder.Open(_files, Folder);
        var stopped = Assert.Throws<EngineStoppedException>(() => NodeFolder.Open(_files, Folder));
        Assert.Contains("in use", stopped.Message, StringComparison.Ordinal);
        folder.Dispose();
        NodeFolder.Open(_files, Folder).Dispose();
    }

    [Fact]
    public void A_folder_that_holds_something_else_is_refused_and_left_alone()
    {
        _files.CreateDirectory(Folder);
        _files.Open(Folder + "/thesis.docx", FileOpening.CreateNew).Dispose();
        var stopped = Assert.Throws<EngineStoppedException>(() => NodeFolder.Open(_files, Folder));
        Assert.Contains("holds something else", stopped.Message, StringComparison.Ordinal);
        Assert.Equal(["thesis.docx"], _files.List(Folder));
    }

    [Fact]
    public void A_folder_of_a_later_version_is_refused_and_let_go()
    {
        _files.CreateDirectory(Folder);
        using (IFile marker = _files.Open(Folder + "/concord.txt", FileOpening.CreateNew))
        {
            marker.Write(0, "Concord data folder, version 2\n"u8);
        }

        for (int i = 0; i < 2; i++)
        {
            var stopped = Assert.Throws<EngineStoppedException>(() => NodeFolder.Open(_files, Folder));
            Assert.Contains("later version", stopped.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_crash_at_any_point_of_creation_leaves_a_folder_that_opens()
    {
        NodeFolder.Open(_files, Folder).Dispose();
        int points = 2 * _files.OperationCount;
        for (int point = 0; point < points; point++)
        {
            for (ulong seed = 0; seed < 8; seed++)
            {
                var files = new SimFileSystem(seed) { CrashPoint = point };
                Assert.Throws<SimCrashException>(() => NodeFolder.Open(files, Folder));
                files.Crash();
                NodeFolder.Open(files, Folder).Dispose();
                Assert.Equal(["LOCK", "concord.txt", "log", "snapshots"], files.List(Folder));
            }
        }
    }
}
