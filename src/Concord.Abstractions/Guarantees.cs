namespace Concord;

/// <summary>What an engine promises. A guarantee is kept in full or it is absent; there is no "mostly".</summary>
[Flags]
public enum Guarantees
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>No two hold the same, also when a server fails over.</summary>
    ExclusionSurvivesFailover = 1,

    /// <summary>Fencing tokens of one name grow for ever.</summary>
    MonotonicFencing = 1 << 1,

    /// <summary>Who waits longer is served first.</summary>
    FifoWaiting = 1 << 2,

    /// <summary>A broken connection does not cost what is held, as long as it is mended in time.</summary>
    HoldsSurviveReconnect = 1 << 3,

    /// <summary>A retried call runs once.</summary>
    ExactlyOnceRetry = 1 << 4,

    /// <summary>Transactions over any names.</summary>
    AtomicTransactions = 1 << 5,

    /// <summary>A message that was enqueued is delivered, whatever fails.</summary>
    DurableQueues = 1 << 6,

    /// <summary>A read sees every write that ended before it began.</summary>
    LinearizableReads = 1 << 7,
}

/// <summary>What an engine is and promises.</summary>
/// <param name="engineName">For people and logs.</param>
/// <param name="guarantees">What it promises.</param>
public sealed class ConcordCapabilities(string engineName, Guarantees guarantees)
{
    /// <summary>For people and logs.</summary>
    public string EngineName { get; } = engineName;

    /// <summary>What it promises.</summary>
    public Guarantees Guarantees { get; } = guarantees;

    /// <summary>Whether it promises all of these.</summary>
    public bool Supports(Guarantees required) => (Guarantees & required) == required;
}
