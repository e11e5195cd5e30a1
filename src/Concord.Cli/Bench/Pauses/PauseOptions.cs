using System.Text.Json.Serialization;
using Concord.Cluster.Node;

namespace Concord.Cli.Bench.Pauses;

/// <summary>What <c>bench pauses</c> was asked for.</summary>
internal sealed record PauseOptions
{
    public required int Nodes { get; init; }

    /// <summary>How they agree; of no concern to the load generator.</summary>
    public ReplicaProtocol Protocol { get; init; } = ReplicaProtocol.Raft;

    public required int Keys { get; init; }

    /// <summary>Writes by second, whatever becomes of the earlier ones.</summary>
    public required int Rate { get; init; }

    public required int ValueBytes { get; init; }

    public required int Seconds { get; init; }

    public string? JsonPath { get; init; }
}

/// <summary>What the paced load came to; the message between the two processes.</summary>
internal sealed record PacedResult
{
    /// <summary>Writes that were acknowledged within the window.</summary>
    public required long Writes { get; init; }

    public required long Errors { get; init; }

    public required double Seconds { get; init; }

    /// <summary>Writes that were due and not sent, because too many waited for an answer already.</summary>
    public required long Skipped { get; init; }

    /// <summary>From when a write was due to its acknowledgement.</summary>
    public required double P50Ms { get; init; }

    public required double P99Ms { get; init; }

    public required double P999Ms { get; init; }

    public required double MaxMs { get; init; }

    public required double ClientCpuSeconds { get; init; }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(PacedResult))]
internal sealed partial class PauseJson : JsonSerializerContext;
