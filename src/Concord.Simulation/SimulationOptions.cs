namespace Concord.Simulation;

/// <summary>What to simulate.</summary>
public sealed record SimulationOptions
{
    /// <summary>What is run: <c>core</c>, the replicas of one group with an imaginary log and state machine.</summary>
    public string Target { get; init; } = "core";

    /// <summary>The consensus protocol: <c>raft</c>.</summary>
    public string Protocol { get; init; } = "raft";

    /// <summary>The first seed.</summary>
    public ulong FirstSeed { get; init; } = 1;

    /// <summary>How many seeds are run, one after the other. At least 1.</summary>
    public int Seeds { get; init; } = 1;

    /// <summary>The mix of faults, one of <see cref="Simulator.Profiles"/>; null for all of them in turn by
    /// seed.</summary>
    public string? Profile { get; init; }

    /// <summary>After so many violations no further seed is begun. At least 1.</summary>
    public int ViolationsMax { get; init; } = 10;

    /// <summary>Measures <see cref="SimulationReport.SeedsPerSecond"/>, and nothing else.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;
}
