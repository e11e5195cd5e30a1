namespace Concord.Simulation;

/// <summary>What to simulate.</summary>
public sealed record SimulationOptions
{
    /// <summary>What is run, one of <see cref="SimulationTarget"/>.</summary>
    public string Target { get; init; } = SimulationTarget.Core;

    /// <summary>The consensus protocol: <c>raft</c>.</summary>
    public string Protocol { get; init; } = "raft";

    /// <summary>The first seed.</summary>
    public ulong FirstSeed { get; init; } = 1;

    /// <summary>How many seeds are run, one after the other. At least 1.</summary>
    public int Seeds { get; init; } = 1;

    /// <summary>The mix of faults, one of <see cref="Simulator.ProfilesOf"/>; null for all of them in turn by
    /// seed.</summary>
    public string? Profile { get; init; }

    /// <summary>After so many violations no further seed is begun. At least 1.</summary>
    public int ViolationsMax { get; init; } = 10;

    /// <summary>Measures <see cref="SimulationReport.SeedsPerSecond"/>, and nothing else.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;
}
