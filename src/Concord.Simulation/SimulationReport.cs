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
    IReadOnlyDictionary<string, long> FaultHits);

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
    IReadOnlyList<string> TraceTail);
