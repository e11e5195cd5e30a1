namespace Concord.Simulation.Checking;

/// <summary>Whether a history can be explained.</summary>
public enum CheckVerdict
{
    /// <summary>There is an order that explains it.</summary>
    Legal,

    /// <summary>There is none.</summary>
    Illegal,

    /// <summary>The search was given up at its bound; nothing is known.</summary>
    Unknown,
}

/// <summary>What a checker found.</summary>
/// <param name="Verdict">Whether the history can be explained.</param>
/// <param name="Reason">Why not, as a sentence; empty when it can.</param>
public readonly record struct CheckOutcome(CheckVerdict Verdict, string Reason)
{
    internal static CheckOutcome Legal => new(CheckVerdict.Legal, "");

    internal static CheckOutcome Illegal(string reason) => new(CheckVerdict.Illegal, reason);
}
