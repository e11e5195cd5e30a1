namespace Concord.Cli.Recording;

/// <summary>How an operation ended, as its client knows.</summary>
internal enum EntryOutcome
{
    /// <summary>It happened, and this is the answer.</summary>
    Ok,

    /// <summary>It did not happen and will not.</summary>
    Fail,

    /// <summary>Nobody knows; it may still happen.</summary>
    Unknown,
}

/// <summary>One operation of a history.</summary>
/// <param name="Process">Who asked; has one operation under way at a time.</param>
/// <param name="Key">Of which register, counter, lock or queue.</param>
/// <param name="Call">What was asked and answered.</param>
/// <param name="Outcome">How it ended.</param>
/// <param name="InvokedNs">When it began, in nanoseconds of one clock.</param>
/// <param name="CompletedNs">When it ended; null if nobody knows that it did.</param>
internal sealed record HistoryEntry(
    int Process, string Key, HistoryCall Call, EntryOutcome Outcome, long InvokedNs, long? CompletedNs);
