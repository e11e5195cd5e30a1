using Concord.Simulation.Checking;

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
    /// <param name="ask">Asks, and returns the answer.</param>
    public async Task<EntryOutcome> RecordAsync(int process, string key, StoreCall call, Func<Task<long?>> ask)
    {
        long invoked = NowNs;
        EntryOutcome outcome;
        try
        {
            call = call with { Result = await ask() };
            outcome = EntryOutcome.Ok;
        }
        catch (ConcordException error)
        {
            // A read changes nothing: one without an answer may as well not have been.
            outcome = error.Outcome == OperationOutcome.Refused || call.Verb == StoreVerb.Read
                ? EntryOutcome.Fail
                : EntryOutcome.Unknown;
        }
        catch (OperationCanceledException)
        {
            outcome = call.Verb == StoreVerb.Read ? EntryOutcome.Fail : EntryOutcome.Unknown;
        }

        long completed = NowNs;
        lock (_gate)
        {
            _entries.Add(
                new(process, key, call, outcome, invoked, outcome == EntryOutcome.Unknown ? null : completed));
        }

        return outcome;
    }
}
