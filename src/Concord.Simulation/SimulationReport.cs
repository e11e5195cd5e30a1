namespace Concord.Simulation;

/// <summary>What came out of a simulation.</summary>
/// <param name="Seeds">How many seeds were run.</param>
/// <param name="Violations">What did not hold, in the order of seeds; empty is good.</param>
/// <param name="SeedsPerSecond">How fast, by the caller's clock.</param>
/// <param name="TraceHash">A hash over every event of every seed: equal for equal options and equal code,
/// always.</param>
/// <param name="FaultHits">How often each kind of fault struck, by name. A kind at zero was not tested.</param>
public sealed record SimulationReport(
    int Seeds,
    IReadOnlyList<SimulationViolation> Violations,
    double SeedsPerSecond,
    ulong TraceHash,
    IReadOnlyDictionary<string, long> FaultHits)
{
    /// <summary>How much simulated time passed in a second, by the caller's clock.</summary>
    public double SimulatedSecondsPerSecond { get; init; }

    /// <summary>How many operations of clients ended.</summary>
    public long Operations { get; init; }

    /// <summary>How many of them ended without anybody knowing what became of them.</summary>
    public long Unknown { get; init; }
}

/// <summary>A rule that did not hold.</summary>
/// <param name="Seed">In which seed.</param>
/// <param name="Profile">Under which mix of faults.</param>
/// <param name="Invariant">The name of the rule.</param>
/// <param name="Message">What was seen.</param>
/// <param name="RepeatCommand">The command that shows it again.</param>
/// <param name="TraceTail">The last events before it.</param>
public sealed record SimulationViolation(
    ulong Seed,
    string Profile,
    string Invariant,
    string Message,
    string RepeatCommand,
    IReadOnlyList<string> TraceTail)
{
    /// <summary>The shortest run that was found to break the same rule; null when none was looked for.</summary>
    public ShrunkRun? Shrunk { get; init; }
}

/// <summary>A part of a seed that breaks the same rule as the whole.</summary>
/// <param name="RepeatCommand">The command that runs it.</param>
/// <param name="Keep">Its decisions, for <see cref="SimulationOptions.Keep"/>.</param>
/// <param name="HealAtMilliseconds">For <see cref="SimulationOptions.HealAtMilliseconds"/>.</param>
/// <param name="Message">What was seen in it.</param>
/// <param name="FaultsBefore">How many faults and adverse conditions the whole seed had until then.</param>
/// <param name="FaultsAfter">How many are left.</param>
/// <param name="OperationsBefore">How many operations clients had begun until then.</param>
/// <param name="OperationsAfter">How many are left.</param>
/// <param name="Runs">How many runs the search took.</param>
/// <param name="TraceTail">The last events before it.</param>
public sealed record ShrunkRun(
    string RepeatCommand,
    string Keep,
    int? HealAtMilliseconds,
    string Message,
    int FaultsBefore,
    int FaultsAfter,
    int OperationsBefore,
    int OperationsAfter,
    int Runs,
    IReadOnlyList<string> TraceTail);
