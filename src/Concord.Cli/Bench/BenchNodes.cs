using Concord.Cli.Processes;
using Concord.Cluster.Node;

namespace Concord.Cli.Bench;

/// <summary>What nodes a measurement needs.</summary>
/// <param name="Nodes">How many.</param>
/// <param name="Folder">Where their folders are made.</param>
internal sealed record BenchCluster(int Nodes, string Folder)
{
    /// <summary>How they agree.</summary>
    public required ReplicaProtocol Protocol { get; init; }

    public bool LeaderLease { get; init; }

    /// <summary>Null for the product's default.</summary>
    public TimeSpan? ElectionTimeout { get; init; }

    /// <summary>The surroundings of a node, counted from 1; plain if null.</summary>
    public Func<int, NodeLaunch>? LaunchOf { get; init; }
}

/// <summary>Brings up the nodes of a measurement: each a process with a folder of its own.</summary>
internal static class BenchNodes
{
    /// <summary>How many groups the records are spread over.</summary>
    public const int Shards = 3;

    public static Task<NodeProcesses> StartAsync(
        BenchCluster cluster, Terminal terminal, TimeProvider time, CancellationToken cancellationToken)
    {
        string DirectoryOf(int node) => Path.Combine(cluster.Folder, $"node-{node}");
        return LocalCluster.StartNewAsync(
            cluster.Nodes,
            addresses => new NodeProcesses(
                addresses, Shards, DirectoryOf, terminal.Say, time, cluster.LeaderLease, cluster.ElectionTimeout,
                cluster.Protocol, cluster.LaunchOf),
            () =>
                Directory.EnumerateDirectories(cluster.Folder, "node-*").ToList().ForEach(
                    each => Directory.Delete(each, recursive: true)),
            cancellationToken);
    }
}
