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

    /// <summary>
    /// Runs only these decisions of the seed, as a violation's <see cref="ShrunkRun.RepeatCommand"/> lists them:
    /// <c>3,17,40-44</c>. Null for all. Needs a profile and one seed.
    /// </summary>
    public string? Keep { get; init; }

    /// <summary>Ends the faults after so many simulated milliseconds, if that is earlier than planned.</summary>
    public int? HealAtMilliseconds { get; init; }

    /// <summary>When a seed breaks a rule, so many runs at most are spent to find a shorter one that breaks the same
    /// rule; for the first such seed. 0: none.</summary>
    public int ShrinkRunsMax { get; init; }

    /// <summary>Measures <see cref="SimulationReport.SeedsPerSecond"/> and the like, and nothing else.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;
}
