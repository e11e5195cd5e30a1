using Concord.Cluster.Node;

namespace Concord.Cli.Bench.Outages;

/// <summary>What takes the leader away.</summary>
internal enum OutageKind
{
    /// <summary>Leadership is handed over as planned.</summary>
    Transfer,

    /// <summary>The process of the leader is killed.</summary>
    Failover,
}

/// <summary>What <c>bench transfer</c> or <c>bench failover</c> was asked for.</summary>
internal sealed record OutageOptions
{
    public required OutageKind Kind { get; init; }

    public required int Nodes { get; init; }

    /// <summary>How they agree; of no concern to the load generator.</summary>
    public ReplicaProtocol Protocol { get; init; } = ReplicaProtocol.Raft;

    /// <summary>How often each group loses its leader.</summary>
    public required int Rounds { get; init; }

    /// <summary>How many calls are under way at once, in all groups together.</summary>
    public required int Callers { get; init; }

    public required int ElectionTimeoutMs { get; init; }

    public string? JsonPath { get; init; }
}

/// <summary>What users of one group saw when it lost its leader once.</summary>
internal sealed record OutageSample
{
    public required int Round { get; init; }

    public required int Group { get; init; }

    /// <summary>The nodes that led before and afterwards.</summary>
    public required int From { get; init; }

    public required int To { get; init; }

    /// <summary>From the last acknowledged write of the group to the next; for a kill, from the kill.</summary>
    public required double SilenceMs { get; init; }

    /// <summary>The longest time without an acknowledged write shortly before, while the leader was in its place: that
    /// of the machine and the load.</summary>
    public required double CalmMs { get; init; }

    /// <summary>Whether the logs of those that were left ended alike; where they did not, not everybody can be
    /// elected.</summary>
    public bool LogsEndAlike { get; init; } = true;

    /// <summary>The longest that one caller waited for one write.</summary>
    public required double SlowestCallMs { get; init; }
}
