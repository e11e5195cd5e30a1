namespace Concord.Simulation.Checking;

/// <summary>How much a search may cost before it is given up. Counts, not seconds: the same history ends in the same
/// way on every machine.</summary>
/// <param name="StepsMax">The most operations that are tried.</param>
/// <param name="WordsMax">The most memory for what has been tried, in words of eight bytes.</param>
public readonly record struct SearchBudget(long StepsMax, long WordsMax)
{
    /// <summary>Twenty million steps and 512 MiB.</summary>
    public static SearchBudget Standard => new(20_000_000, 64L << 20);
}

/// <summary>What a search for an order found.</summary>
/// <param name="Verdict">Whether there is an order.</param>
/// <param name="Reason">Why not, as a sentence; empty when there is one.</param>
/// <param name="Order">The order, as places in the history; the longest beginning of one when there is none.</param>
/// <param name="StopsAt">The operation that no beginning of an order reaches in time, as a place in the history; null
/// when there is an order.</param>
/// <param name="Steps">How many operations were tried.</param>
public sealed record SearchOutcome(
    CheckVerdict Verdict, string Reason, IReadOnlyList<int> Order, int? StopsAt, long Steps);
