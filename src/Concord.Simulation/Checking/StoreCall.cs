namespace Concord.Simulation.Checking;

/// <summary>What a client asks of a register or a counter.</summary>
public enum StoreVerb
{
    /// <summary>What does it hold?</summary>
    Read,

    /// <summary>Hold this.</summary>
    Write,

    /// <summary>Hold this if you hold that.</summary>
    CompareAndSet,

    /// <summary>Add this.</summary>
    Add,
}

/// <summary>A call to a register or a counter, as its client saw it.</summary>
/// <param name="Verb">What was asked.</param>
/// <param name="Argument">What was written or added; null for a read.</param>
/// <param name="Expected">What a compare-and-set expected; null is a register that holds nothing yet.</param>
/// <param name="Result">What was read, null if nothing was there; the number after an addition; 1 for a
/// compare-and-set that succeeded, else 0.</param>
public readonly record struct StoreCall(StoreVerb Verb, long? Argument, long? Expected, long? Result)
{
    /// <inheritdoc/>
    public override string ToString() => Verb switch
    {
        StoreVerb.Read => $"read → {Text(Result)}",
        StoreVerb.Write => $"write {Text(Argument)}",
        StoreVerb.CompareAndSet =>
            $"cas {Text(Expected)} to {Text(Argument)} → {(Result == 1 ? "done" : "refused")}",
        _ => $"add {Text(Argument)} → {Text(Result)}",
    };

    private static string Text(long? value) => value is { } number ? $"{number}" : "nothing";
}
