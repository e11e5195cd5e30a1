using System.Text.Json.Serialization;

namespace Concord.Cli.Bench;

/// <summary>What the load generator saw while it measured.</summary>
internal sealed record LoadResult
{
    public required long Operations { get; init; }

    /// <summary>Calls that failed; each ends one caller's attempt, not the measurement.</summary>
    public required long Errors { get; init; }

    public required double Seconds { get; init; }

    public required double P50Ms { get; init; }

    public required double P99Ms { get; init; }

    /// <summary>Processor time of the load generator's process.</summary>
    public required double ClientCpuSeconds { get; init; }

    /// <summary>Processor time of all nodes together.</summary>
    public required double NodeCpuSeconds { get; init; }

    /// <summary>Syncs of all nodes' logs together; null where they do not tell.</summary>
    public required long? Syncs { get; init; }
}

/// <summary>The report, and the message between the two processes.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(LoadResult))]
internal sealed partial class BenchJson : JsonSerializerContext;
