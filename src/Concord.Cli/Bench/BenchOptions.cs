namespace Concord.Cli.Bench;

/// <summary>What is measured.</summary>
internal enum BenchOperation
{
    /// <summary>Sets a value.</summary>
    Put,

    /// <summary>Reads a value, linearizably.</summary>
    Get,
}

/// <summary>What <c>bench</c> was asked for.</summary>
internal sealed record BenchOptions
{
    public required BenchOperation Operation { get; init; }

    public required int Nodes { get; init; }

    public required int Callers { get; init; }

    public required int Connections { get; init; }

    public required int ValueBytes { get; init; }

    public required int Seconds { get; init; }

    public string? JsonPath { get; init; }
}
