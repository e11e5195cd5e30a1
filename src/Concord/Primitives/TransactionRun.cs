using Concord.Engines;

namespace Concord.Primitives;

/// <summary>How a run ended: the decision, what the body of the last attempt returned, and why the decision is not
/// known.</summary>
internal readonly record struct TransactionRun<T>(TransactionResult Result, T? Value = default, Exception? Doubt = null)
{
    /// <summary>The revision of what it wrote in the slot of the first write; zero when it is not known.</summary>
    public long Revision { get; init; }

    /// <summary>What the body returned, if it was committed.</summary>
    /// <exception cref="ConcordTransactionException">It aborted or is in doubt.</exception>
    public T EnsureCommitted() => Result.Outcome == TransactionOutcome.Committed
        ? Value!
        : throw EngineErrors.NotCommitted(Result, Doubt);
}
