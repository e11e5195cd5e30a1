using Concord.Cluster.Node;

namespace Concord.Cli.Recording;

/// <summary>What the clients do.</summary>
internal enum Workload
{
    /// <summary>Write, read, compare-and-set.</summary>
    Register,

    /// <summary>Add, read.</summary>
    Counter,

    /// <summary>Take a lock, write with its token, give it back, and write with a token that is old.</summary>
    Lock,

    /// <summary>Enqueue, receive, complete, give back.</summary>
    Queue,
}

/// <summary>A recording, as it was asked for.</summary>
internal sealed record RecordOptions
{
    public required Workload Workload { get; init; }

    public required int Seconds { get; init; }

    /// <summary>Kinds of faults, by name.</summary>
    public required IReadOnlyList<string> Faults { get; init; }

    public required int Nodes { get; init; }

    /// <summary>How they agree.</summary>
    public required ReplicaProtocol Protocol { get; init; }

    /// <summary>How many keys are in use at a time.</summary>
    public required int Keys { get; init; }

    public required int Clients { get; init; }

    public required string HistoryPath { get; init; }

    public required bool IsChecked { get; init; }

    /// <summary>Of the draws: which operation, which fault. The timing is the machine's.</summary>
    public required ulong Seed { get; init; }

    /// <summary>Where the faults are told.</summary>
    public string FaultsPath => HistoryPath + ".nemesis.jsonl";
}
