using Concord.Simulation.Checking;

namespace Concord.Cli.Recording;

/// <summary>What is asked in a history.</summary>
internal enum HistoryVerb
{
    Read,
    Write,
    CompareAndSet,
    Add,

    /// <summary>Takes a lock.</summary>
    Acquire,

    /// <summary>Writes beside a lock, with the token of a hold.</summary>
    FencedWrite,

    /// <summary>Gives a lock back.</summary>
    Release,

    /// <summary>Puts a message into a queue.</summary>
    Enqueue,

    /// <summary>Takes the next message.</summary>
    Receive,

    /// <summary>Done with a message.</summary>
    Complete,

    /// <summary>Gives a message back, to be delivered again.</summary>
    Return,

    /// <summary>How many messages are in a queue, delivered or not.</summary>
    Count,
}

/// <summary>A call as its client saw it.</summary>
/// <param name="Verb">What was asked.</param>
/// <param name="Argument">What is written or added; which message.</param>
/// <param name="Second">What a compare-and-set expects; the group of a message.</param>
/// <param name="Token">The fencing token that is brought along, or that came with a message.</param>
/// <param name="Result">The answer: what was read, the number after an addition, a token, a message; 1 and 0 for yes
/// and no.</param>
internal readonly record struct HistoryCall(
    HistoryVerb Verb, long? Argument = null, long? Second = null, long? Token = null, long? Result = null)
{
    /// <summary>The same as the checkers of registers and counters know it.</summary>
    public StoreCall ToStore() => new(
        Verb switch
        {
            HistoryVerb.Read => StoreVerb.Read,
            HistoryVerb.Write => StoreVerb.Write,
            HistoryVerb.CompareAndSet => StoreVerb.CompareAndSet,
            HistoryVerb.Add => StoreVerb.Add,
            _ => throw new InvalidOperationException($"{Verb} is of no register or counter."),
        },
        Argument,
        Second,
        Result);
}
