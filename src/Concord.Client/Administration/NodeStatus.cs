namespace Concord.Client.Administration;

/// <summary>
/// What a node says about itself when an administrator asks. It travels as JSON, because a person with a wrong version
/// of the tools must still be able to read it.
/// </summary>
internal sealed record NodeStatus
{
    public required int Node { get; init; }

    /// <summary>Where other nodes and clients reach it: <c>host:port</c>.</summary>
    public required string Address { get; init; }

    public required string ClusterId { get; init; }

    /// <summary>Of the program.</summary>
    public required string Version { get; init; }

    /// <summary>The logged level: which operations and formats may be proposed.</summary>
    public required int Level { get; init; }

    /// <summary>Bytes of the log's segments on disk.</summary>
    public required long LogBytes { get; init; }

    /// <summary>How many syncs of the log have been asked of the disk since the node started.</summary>
    public required long Syncs { get; init; }

    /// <summary>Processor time of the whole process since it started, user and system.</summary>
    public required double CpuSeconds { get; init; }

    /// <summary>This node's replicas, ordered by shard.</summary>
    public required IReadOnlyList<ShardStatus> Shards { get; init; }
}
