namespace Concord.Simulation.Checking;

/// <summary>One operation on one register, as its client saw it.</summary>
/// <param name="IsWrite">A write, else a read.</param>
/// <param name="Value">What was written or read. Zero is what a register holds before its first write.</param>
/// <param name="Invoked">When it began.</param>
/// <param name="Returned">When it returned; <see cref="long.MaxValue"/> when its outcome is unknown.</param>
public readonly record struct RegisterOperationRecord(bool IsWrite, ulong Value, long Invoked, long Returned)
{
    /// <summary>Whether its outcome is known.</summary>
    public bool IsKnown => Returned != long.MaxValue;
}
