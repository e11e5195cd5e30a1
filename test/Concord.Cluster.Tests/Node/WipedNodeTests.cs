using Concord.Client.Wire;
using Concord.Cluster.Node;
using Concord.Cluster.Runtime;
using Concord.Cluster.Storage;
using Concord.Consensus;
using Concord.Engines;
using Concord.Simulation.Disk;

namespace Concord.Cluster.Tests.Node;

/// <summary>
/// A node that comes back with an empty folder under its old number may have forgotten what it promised (pitfall 27).
/// </summary>
public abstract class WipedNodeTests(string protocol)
{
    private const string Folder = "/node";

    [Fact]
    public void A_wiped_node_is_refused_and_its_votes_do_not_count()
    {
        using var cluster = new TestCluster(protocol, 3, 1);
        cluster.OpenSessions();
        cluster.Add(0, cluster.CounterIn(0), 5, 1);
        cluster.Run(TimeSpan.FromSeconds(1));

        Wipe(cluster, 2);
        cluster.Crash(3);
        cluster.Run(TimeSpan.FromSeconds(5));

        Assert.Contains(cluster[1].Refusals, static reason =>
            reason.StartsWith("Node 2 ", StringComparison.Ordinal)
            && reason.Contains("data folder", StringComparison.Ordinal)
            && reason.Contains("concord members replace 2", StringComparison.Ordinal));
        LogIndex committed = cluster.ShardAt(1, 0).Core.Status.CommitIndex;
        ulong written = cluster.SendCommand(
            1, 0, OperationCode.Settle, new(Slot.OfShard, default, 0), new byte[] { 1 });
        cluster.Run(TimeSpan.FromSeconds(3));
        Assert.Equal(committed, cluster.ShardAt(1, 0).Core.Status.CommitIndex);
        Assert.NotEqual(ReplyStatus.Answered, cluster.ReplyTo(written)?.Status);
    }

    [Fact]
    public void What_a_node_knows_of_the_others_is_durable()
    {
        using var cluster = new TestCluster(protocol, 3, 1);
        cluster.AwaitLeaders();
        cluster.Run(TimeSpan.FromSeconds(1));

        cluster.Crash(1);
        cluster.Start(1);
        Wipe(cluster, 2);
        cluster.Run(TimeSpan.FromSeconds(1));

        Assert.Contains(cluster[1].Refusals, static reason =>
            reason.StartsWith("Node 2 ", StringComparison.Ordinal)
            && reason.Contains("data folder", StringComparison.Ordinal));
    }

    [Fact]
    public void A_node_that_starts_again_with_its_folder_is_let_in()
    {
        using var cluster = new TestCluster(protocol, 3, 1);
        cluster.OpenSessions();
        for (int node = 1; node <= 3; node++)
        {
            cluster.Crash(node);
            cluster.Start(node, incarnation: 1000 + (ulong)node); // what a new folder would get
        }

        cluster.AwaitLeaders();
        cluster.Add(0, cluster.CounterIn(0), 5, 1);
        Assert.All(cluster.Alive, static node => Assert.Empty(node.Refusals));
    }

    [Fact]
    public void A_lost_log_is_not_taken_for_a_new_one()
    {
        using var cluster = new TestCluster(protocol, 3, 1);
        cluster.AwaitLeaders();
        cluster.Run(TimeSpan.FromSeconds(1));
        cluster.Crash(2);
        SimFileSystem disk = cluster.DiskOf(2);
        string[] files = [.. disk.Files.Where(static path => path.Contains("/log/", StringComparison.Ordinal))];
        foreach (string path in files)
        {
            disk.Lose(path);
        }

        var refused = Assert.Throws<StorageCorruptException>(() => cluster.Start(2));
        Assert.Contains("the log was lost", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_folder_of_a_node_that_its_cluster_never_had_is_refused_with_a_sentence()
    {
        var files = new SimFileSystem(1);
        ClusterLayout layout = ClusterLayout.Create(["a:1", "b:1"], 1, ReplicaProtocol.Find(protocol));
        using (NodeFolder folder = NodeFolder.Open(files, Folder))
        {
            RecoveredLog empty = LogRecovery.Open(files, folder.LogDirectory, TestNode.LogOptions);
            var appender = new LogAppender(TestNode.LogOptions, empty);
            appender.Identify(new(Guid.NewGuid(), new NodeId(9), 1, layout.Bytes));
            using var device = new LogDevice(files, folder.LogDirectory, TestNode.LogOptions, empty.Position);
            device.Write(appender.TakeBatch()!);
        }

        var refused = Assert.Throws<EngineStoppedException>(() => Open(files, layout, 1));
        Assert.Contains("belongs to node 9 of a cluster begun by 2 members", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_log_of_another_folder_is_refused()
    {
        var files = new SimFileSystem(1);
        ClusterLayout layout = ClusterLayout.Create(["a:1", "b:1"], 1, ReplicaProtocol.Find(protocol));
        NodeSettings settings = new() { Self = new(1), Incarnation = 5, Seed = 1 };
        using (var node = new TestNode(files, layout, directory: null, settings))
        {
            node.Turn();
        }

        files.Delete(Folder + "/identity.txt");
        new NodeIdentity(layout.ClusterId, new(1), 6).Write(files, Folder);

        var refused = Assert.Throws<EngineStoppedException>(() => Open(files, layout, 7));
        Assert.Contains("is of another folder", refused.Message, StringComparison.Ordinal);
    }

    private static void Wipe(TestCluster cluster, int node)
    {
        cluster.Crash(node);
        cluster.DiskOf(node).Reformat();
        cluster.Start(node, incarnation: 4711);
    }

    private static void Open(SimFileSystem files, ClusterLayout layout, ulong incarnation)
    {
        using NodeFolder folder = NodeFolder.Open(files, Folder);
        NodeStart.Open(files, folder, TestNode.LogOptions, layout, new(1), incarnation);
    }
}

public sealed class WipedNodeTestsOnRaft() : WipedNodeTests("raft");

public sealed class WipedNodeTestsOnPaxos() : WipedNodeTests("paxos");
