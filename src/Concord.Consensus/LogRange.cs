namespace Concord.Consensus;

/// <summary>Entries that lie side by side in a log. Refers to them, holds none.</summary>
/// <param name="First">The first.</param>
/// <param name="Count">How many; zero is none.</param>
public readonly record struct LogRange(LogIndex First, int Count)
{
    /// <summary>Whether there is none.</summary>
    public bool IsEmpty => Count == 0;

    /// <summary>The last; meaningless when empty.</summary>
    public LogIndex Last => First + (ulong)Count - 1;

    /// <inheritdoc/>
    public override string ToString() => IsEmpty ? "[]" : Count == 1 ? $"[{First}]" : $"[{First}..{Last}]";
}
