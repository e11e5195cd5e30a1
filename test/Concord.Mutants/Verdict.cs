namespace Concord.Mutants;

internal enum Outcome
{
    Killed,
    Survived,

    /// <summary>It carries a proof that nobody can tell it from the original, and was not run.</summary>
    Equivalent,

    /// <summary>It does not build, or its proof of equivalence is wrong: the catalogue must be mended.</summary>
    Error,
}

/// <summary>What noticed that something is wrong.</summary>
/// <param name="By">A killer of test/mutants/killers.json.</param>
/// <param name="What">The test, or the rule of the simulator.</param>
/// <param name="Where">The seed and the mix of faults; empty for tests.</param>
/// <param name="Seconds">From the start of the first killer to the end of this one.</param>
internal sealed record Kill(string By, string What, string Where, double Seconds)
{
    public override string ToString() => Where.Length == 0 ? What : $"{What}, {Where}";
}

/// <summary>What became of a mutant.</summary>
/// <param name="Mutant">Which.</param>
/// <param name="Outcome">How it ended.</param>
/// <param name="Kills">Who killed it, in the order of the budget; the first only, unless all were to try.</param>
/// <param name="BuildSeconds">What the build took.</param>
/// <param name="Seconds">What the killers took together.</param>
/// <param name="Detail">What the compiler said, or the proof of equivalence.</param>
internal sealed record Verdict(
    Mutant Mutant, Outcome Outcome, IReadOnlyList<Kill> Kills, double BuildSeconds, double Seconds, string Detail)
{
    public bool IsError => Outcome == Outcome.Error;

    public Kill? First => Kills.Count > 0 ? Kills[0] : null;
}
