using Concord.Cluster.Node;

namespace Concord.Cli.Bench;

/// <summary>What is measured.</summary>
internal enum BenchOperation
{
    /// <summary>Sets a value.</summary>
    Put,

    /// <summary>Reads a value, linearizably.</summary>
    Get,

    /// <summary>Takes and gives back a lock, each caller one of its own.</summary>
    Lock,

    /// <summary>Takes and gives back one lock that all callers want.</summary>
    LockContended,

    /// <summary>Adds to one counter.</summary>
    Counter,

    /// <summary>Puts a message into one queue, takes the next one and completes it.</summary>
    Queue,
}

/// <summary>What to compare with.</summary>
internal enum BenchPeer
{
    /// <summary>An etcd cluster.</summary>
    Etcd,

    /// <summary>A ZooKeeper ensemble.</summary>
    ZooKeeper,

    /// <summary>A RabbitMQ broker: a quorum queue with one member.</summary>
    RabbitMq,
}

/// <summary>What <c>bench</c> was asked for.</summary>
internal sealed record BenchOptions
{
    public required BenchOperation Operation { get; init; }

    public required int Nodes { get; init; }

    /// <summary>How they agree; of no concern to the load generator.</summary>
    public ReplicaProtocol Protocol { get; init; } = ReplicaProtocol.Raft;

    public required int Callers { get; init; }

    public required int Connections { get; init; }

    /// <summary>How many callers share a connection, at most.</summary>
    public int CallersOfConnection => (Callers + Connections - 1) / Connections;

    public required int ValueBytes { get; init; }

    /// <summary>How long a window is.</summary>
    public required int Seconds { get; init; }

    /// <summary>What to compare with; null for nothing.</summary>
    public BenchPeer? Against { get; init; }

    /// <summary>Whether Concord's reads rest on a lease.</summary>
    public bool LeaderLease { get; init; }

    /// <summary>How many pairs of windows a comparison has.</summary>
    public int Pairs { get; init; }

    public string? JsonPath { get; init; }
}
