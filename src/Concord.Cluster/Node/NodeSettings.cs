using Concord.Consensus;
using Concord.Operations;

namespace Concord.Cluster.Node;

/// <summary>The settings of a node below the shell.</summary>
internal sealed record NodeSettings
{
    public required NodeId Self { get; init; }

    /// <summary>Made anew with each data folder.</summary>
    public required ulong Incarnation { get; init; }

    public required ulong Seed { get; init; }

    /// <summary>The highest level of operations that this node takes part in: as a build does that knows no
    /// more.</summary>
    public int LevelMax { get; init; } = OperationTable.KnownLevel;

    public TimeSpan ElectionTimeout { get; init; } = TimeSpan.FromSeconds(1);

    public TimeSpan HeartbeatInterval { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>Whether reads may rest on a lease instead of a round.</summary>
    public bool LeaderLease { get; init; }

    /// <summary>Writes that add are refused while a node's state is larger.</summary>
    public long StateBytesMax { get; init; } = 256L << 20;

    /// <summary>A shard is snapshotted when this much of log has been applied since its last one.</summary>
    public long SnapshotEveryBytes { get; init; } = 64L << 20;

    /// <summary>How many entries behind a snapshot are kept in memory for followers that lag.</summary>
    public int RetainedEntries { get; init; } = 4096;

    /// <summary>How much one slice of a snapshot writes.</summary>
    public int SnapshotSliceBytes { get; init; } = 128 << 10;

    /// <summary>The most bytes of snapshots per second that this node gives to all others together.</summary>
    public long SnapshotBytesPerSecond { get; init; } = 64L << 20;

    /// <summary>How long the older of two transactions waits for the younger one in its way.</summary>
    public TimeSpan OlderWaits { get; init; } = TimeSpan.FromSeconds(4);

    /// <summary>How long the younger waits before it gives up: long enough for one that is decided already.</summary>
    public TimeSpan YoungerWaits { get; init; } = TimeSpan.FromMilliseconds(25);

    /// <summary>How long an operation on one record waits for a transaction in its way.</summary>
    public TimeSpan OperationWaits { get; init; } = TimeSpan.FromSeconds(8);

    /// <summary>The most operations that wait for transactions in one shard.</summary>
    public int ParkedMax { get; init; } = 65536;
}
