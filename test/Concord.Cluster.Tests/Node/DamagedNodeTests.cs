using Concord.Simulation.Disk;

namespace Concord.Cluster.Tests.Node;

/// <summary>A node whose disk has lost something is repaired by the others, and counts for nothing until
/// then.</summary>
public abstract class DamagedNodeTests(string protocol)
{
    [Fact]
    public void A_node_with_a_damaged_log_is_repaired_by_its_peers_and_knows_it_at_the_next_start()
    {
        using TestCluster cluster = Written(out int damaged);
        cluster.DiskOf(damaged).FlipBit("/node/log/0000000001.log", 5000, 1);

        cluster.Start(damaged);
        Assert.True(cluster.ShardAt(damaged, 0).Core.Status.IsImpaired);
        cluster.Await(() => !cluster.ShardAt(damaged, 0).Core.Status.IsImpaired, "the replica was repaired");
        Assert.Empty(cluster[damaged].Core.ImpairedShards);
        cluster.Add(0, cluster.CounterIn(0), 1, 1000);
        cluster.Run(TimeSpan.FromSeconds(1));

        cluster.Crash(damaged);
        cluster.Start(damaged);
        Assert.False(cluster.ShardAt(damaged, 0).Core.Status.IsImpaired, "the damage is still there, and repaired");
        Converged(cluster, damaged);
    }

    [Fact]
    public void A_damaged_node_and_one_more_elect_nobody_before_all_have_been_heard()
    {
        using TestCluster cluster = Written(out int damaged);
        cluster.DiskOf(damaged).FlipBit("/node/log/0000000001.log", 5000, 1);
        int other = Enumerable.Range(1, 3).First(node => node != damaged);
        int third = 6 - damaged - other;
        cluster.Crash(other);
        cluster.Crash(third);
        cluster.Start(damaged);
        cluster.Start(other);

        cluster.Run(TimeSpan.FromSeconds(10));

        Assert.Equal(0, cluster.LeaderOf(0));
        cluster.Start(third);
        cluster.AwaitLeaders();
        cluster.Await(() => !cluster.ShardAt(damaged, 0).Core.Status.IsImpaired, "the replica was repaired");
        Converged(cluster, damaged);
    }

    [Fact]
    public void A_node_with_a_damaged_snapshot_fetches_another()
    {
        using TestCluster cluster = Written(out int damaged);
        SimFileSystem disk = cluster.DiskOf(damaged);
        string snapshot = disk.Files.Last(static path => path.EndsWith(".snapshot", StringComparison.Ordinal));
        disk.FlipBit(snapshot, 200, 5);

        cluster.Start(damaged);
        Assert.True(cluster.ShardAt(damaged, 0).Core.Status.IsImpaired);
        cluster.Await(() => cluster[damaged].Installed.Count > 0, "a snapshot was fetched");
        cluster.Await(() => !cluster.ShardAt(damaged, 0).Core.Status.IsImpaired, "the replica was repaired");
        Converged(cluster, damaged);
        Assert.Contains(disk.Files, static path => path.Contains("/damaged-", StringComparison.Ordinal));

        cluster.Crash(damaged);
        cluster.Start(damaged);
        Assert.False(cluster.ShardAt(damaged, 0).Core.Status.IsImpaired);
        Converged(cluster, damaged);
    }

    /// <summary>Three nodes with snapshots, one of them, a follower, down.</summary>
    private TestCluster Written(out int down)
    {
        var cluster = new TestCluster(protocol, 3, 1, static settings => settings with
        {
            SnapshotEveryBytes = 16 << 10,
            RetainedEntries = 8,
        });
        cluster.OpenSessions();
        for (ulong i = 1; i <= 200; i++)
        {
            cluster.Add(0, cluster.CounterIn(0, $"c{i % 10}"), 1, i);
        }

        cluster.Run(TimeSpan.FromSeconds(2));
        down = Enumerable.Range(1, 3).First(node => node != cluster.LeaderOf(0));
        cluster.Crash(down);
        return cluster;
    }

    private static void Converged(TestCluster cluster, int node)
    {
        cluster.AwaitLeaders();
        cluster.Await(
            () => cluster.ShardAt(node, 0).Applied == cluster.LeaderShard(0).Applied, "the replica has caught up");
        Assert.Equal(cluster.LeaderShard(0).Keyspace.Digest, cluster.ShardAt(node, 0).Keyspace.ComputeDigest());
    }
}

public sealed class DamagedNodeTestsOnRaft() : DamagedNodeTests("raft");

public sealed class DamagedNodeTestsOnPaxos() : DamagedNodeTests("paxos");
