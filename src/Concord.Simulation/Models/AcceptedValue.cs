namespace Concord.Simulation.Models;

/// <summary>What an acceptor holds at one position: the value that it accepted last, and the ballot it did so
/// in.</summary>
/// <param name="Stamp">The ballot; zero if it holds nothing there.</param>
/// <param name="Value">Which value it is: equal numbers are equal values, and zero is none.</param>
internal readonly record struct AcceptedValue(ulong Stamp, ulong Value)
{
    /// <summary>Nothing was accepted.</summary>
    public static AcceptedValue None => default;

    /// <summary>Whether nothing was accepted.</summary>
    public bool IsNone => Stamp == 0;

    /// <inheritdoc/>
    public override string ToString() => IsNone ? "nothing" : $"{Value} of {Stamp}";
}
