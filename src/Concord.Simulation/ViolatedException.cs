namespace Concord.Simulation;

/// <summary>A rule did not hold in a run; it ends the run and becomes a <see cref="SimulationViolation"/>.</summary>
/// <param name="invariant">The name of the rule.</param>
/// <param name="message">What was seen.</param>
internal sealed class ViolatedException(string invariant, string message) : Exception($"{invariant}: {message}")
{
    public string Invariant { get; } = invariant;

    public string Detail { get; } = message;
}
