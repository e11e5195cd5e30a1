using Concord.Cli.Orders;
using Concord.Cluster.Node;

namespace Concord.Cli.Tests.Orders;

public sealed class DataFolderTests : IDisposable
{
    private readonly DirectoryInfo _root = Directory.CreateTempSubdirectory("concord-test-");

    private string Data => Path.Combine(_root.FullName, "data");

    [Fact]
    public void A_new_folder_remembers_its_cluster()
    {
        using (DataFolder folder = DataFolder.Open(Options()))
        {
            Assert.Null(folder.Manifest);
            folder.Write(DataFolder.NewManifest(Options(), ["a:1", "b:2", "c:3"]));
        }

        using DataFolder again = DataFolder.Open(Options());
        Assert.Equal(["a:1", "b:2", "c:3"], again.Manifest!.Addresses);
    }

    [Fact]
    public void A_folder_that_holds_something_else_is_refused_and_left_alone()
    {
        Directory.CreateDirectory(Data);
        File.WriteAllText(Path.Combine(Data, "thesis.txt"), "precious");

        AssertRefused("holds something else");
        Assert.Equal("thesis.txt", Path.GetFileName(Assert.Single(Directory.GetFileSystemEntries(Data))));
    }

    [Fact]
    public void A_file_is_no_folder()
    {
        File.WriteAllText(Data, "x");

        AssertRefused("cannot be used");
    }

    [Fact]
    public void Two_demos_do_not_share_a_folder()
    {
        using DataFolder folder = DataFolder.Open(Options());

        AssertRefused("in use by another demo");
    }

    [Fact]
    public void Another_number_of_nodes_or_shards_is_refused()
    {
        using (DataFolder folder = DataFolder.Open(Options()))
        {
            folder.Write(DataFolder.NewManifest(Options(), ["a:1", "b:2", "c:3"]));
        }

        AssertRefused("--nodes 3 --shards 3", Options() with { Nodes = 5 });
        AssertRefused("--nodes 3 --shards 3", Options() with { Shards = 4 });
    }

    [Fact]
    public void Another_protocol_is_refused()
    {
        using (DataFolder folder = DataFolder.Open(Options()))
        {
            folder.Write(DataFolder.NewManifest(Options(), ["a:1", "b:2", "c:3"]));
        }

        AssertRefused("--protocol raft", Options() with { Protocol = ReplicaProtocol.MultiPaxos });
    }

    [Fact]
    public void A_folder_of_before_there_was_a_choice_is_of_raft()
    {
        Directory.CreateDirectory(Data);
        File.WriteAllText(
            Path.Combine(Data, "orders-demo.json"), """{"format":1,"shards":3,"addresses":["a:1","b:2","c:3"]}""");

        AssertRefused("--protocol raft", Options() with { Protocol = ReplicaProtocol.MultiPaxos });
        DataFolder.Open(Options()).Dispose();
    }

    [Fact]
    public void A_damaged_manifest_is_refused()
    {
        Directory.CreateDirectory(Data);
        File.WriteAllText(Path.Combine(Data, "orders-demo.json"), "{");

        AssertRefused("damaged");
    }

    [Fact]
    public void A_demo_that_was_killed_before_it_wrote_anything_can_be_begun_again()
    {
        Directory.CreateDirectory(Data);
        File.WriteAllText(Path.Combine(Data, "orders-demo.json.new"), "{");
        File.WriteAllText(Path.Combine(Data, "orders-demo.lock"), "");

        using DataFolder folder = DataFolder.Open(Options());
        Assert.Null(folder.Manifest);
    }

    [Fact]
    public void A_temporary_folder_is_deleted_at_the_end()
    {
        string path;
        using (DataFolder folder = DataFolder.Open(Options() with { DataDirectory = null }))
        {
            path = folder.Path;
            Directory.CreateDirectory(folder.NodeDirectory(1));
        }

        Assert.False(Directory.Exists(path));
    }

    public void Dispose() => _root.Delete(recursive: true);

    private void AssertRefused(string reason, DemoOptions? options = null)
    {
        CliException error = Assert.Throws<CliException>(() => DataFolder.Open(options ?? Options()).Dispose());
        Assert.Equal(ExitCode.Environment, error.ExitCode);
        Assert.Contains(reason, error.Message, StringComparison.Ordinal);
    }

    private DemoOptions Options() => new()
    {
        OrdersPath = "",
        InitialPath = "",
        Nodes = 3,
        Shards = 3,
        Protocol = ReplicaProtocol.Raft,
        Clients = 1,
        NoFaults = false,
        DataDirectory = Data,
    };
}
