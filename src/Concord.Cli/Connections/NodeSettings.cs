using Concord.Cluster.Node;

namespace Concord.Cli.Connections;

/// <summary>How a node is run.</summary>
/// <param name="Address">Where others reach it: <c>host:port</c>, one of <paramref name="Members"/>.</param>
/// <param name="Members">The first members of the cluster; only read while the data directory is empty.</param>
/// <param name="DataDirectory">Its log, its snapshots and its identity.</param>
/// <param name="Shards">How many consensus groups the slots are spread over; only read while the directory is
/// empty.</param>
/// <param name="JoinThrough">For a node that was added to a running cluster, instead of <paramref name="Members"/>:
/// whom to ask who it is.</param>
/// <param name="AllowInsecureTransport">Whether an address that is not loopback may be used without a
/// certificate.</param>
internal sealed record NodeSettings(
    string Address,
    IReadOnlyList<string> Members,
    IReadOnlyList<string> JoinThrough,
    string DataDirectory,
    int Shards,
    bool AllowInsecureTransport)
{
    /// <summary>How it agrees with the others; null for Raft, or for what a cluster has that it joins.</summary>
    public ReplicaProtocol? Protocol { get; init; }

    /// <summary>How long a node hears nothing of a leader before it looks for another; null for the product's
    /// default.</summary>
    public TimeSpan? ElectionTimeout { get; init; }

    /// <summary>Whether reads rest on a lease.</summary>
    public bool LeaderLease { get; init; }

    /// <summary>How many bytes of snapshots it gives per second to all others together; null for the product's
    /// default.</summary>
    public long? SnapshotBytesPerSecond { get; init; }
}
