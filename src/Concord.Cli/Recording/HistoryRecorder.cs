namespace Concord.Cli.Recording;

/// <summary>Collects what the clients saw, on one clock.</summary>
/// <param name="time">The clock; only its monotonic side is used.</param>
internal sealed class HistoryRecorder(TimeProvider time)
{
    private readonly Lock _gate = new();
    private readonly List<HistoryEntry> _entries = [];
    private readonly long _origin = time.GetTimestamp();
    private int _processes;
    private long _values;

    /// <summary>Nanoseconds since the beginning.</summary>
    public long NowNs => (long)((Int128)(time.GetTimestamp() - _origin) * 1_000_000_000 / time.TimestampFrequency);

    /// <summary>What was recorded so far.</summary>
    public IReadOnlyList<HistoryEntry> Entries
    {
        get
        {
            lock (_gate)
            {
                return [.. _entries];
            }
        }
    }

    /// <summary>A number for a process that nobody else has had.</summary>
    public int NewProcess() => Interlocked.Increment(ref _processes) - 1;

    /// <summary>A value that nobody else writes.</summary>
    public long NewValue() => Interlocked.Increment(ref _values);

    /// <summary>Does an operation and records how it ended.</summary>
    /// <param name="process">Who asks.</param>
    /// <param name="key">Of which thing.</param>
    /// <param name="call">What is asked.</param>
    /// <param name="ask">Asks, and returns the call with its answer.</param>
    public async Task<EntryOutcome> RecordAsync(
        int process, string key, HistoryCall call, Func<HistoryCall, Task<HistoryCall>> ask)
    {
        long invoked = NowNs;
        EntryOutcome outcome;
        try
        {
            call = await ask(call);
            outcome = EntryOutcome.Ok;
        }
        catch (ConcordException error)
        {
            outcome = error.Outcome == OperationOutcome.Refused ? EntryOutcome.Fail : WithoutAnswer(call.Verb);
        }
        catch (Exception error) when (error is OperationCanceledException or TimeoutException)
        {
            outcome = WithoutAnswer(call.Verb);
        }

        long completed = NowNs;
        lock (_gate)
        {
            _entries.Add(
                new(process, key, call, outcome, invoked, outcome == EntryOutcome.Unknown ? null : completed));
        }

        return outcome;
    }

    /// <summary>A read changes nothing, and what nobody got to know that it was granted is given back unseen: one
    /// without an answer may as well not have been.</summary>
    private static EntryOutcome WithoutAnswer(HistoryVerb verb) =>
        verb is HistoryVerb.Read or HistoryVerb.Count or HistoryVerb.Acquire or HistoryVerb.Receive
            ? EntryOutcome.Fail
            : EntryOutcome.Unknown;
}
