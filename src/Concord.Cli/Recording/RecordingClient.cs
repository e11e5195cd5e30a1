using Concord.Simulation;
using Concord.Simulation.Checking;

namespace Concord.Cli.Recording;

/// <summary>
/// A client as an application has one: its own connection, linearizable reads, one operation at a time. After an
/// outcome that nobody knows it goes on as a new process: the old one still has that operation under way.
/// </summary>
/// <param name="place">Which of the keys in use it works on.</param>
/// <param name="concord">Its connection.</param>
/// <param name="workload">What it does.</param>
/// <param name="keys">The keys in use.</param>
/// <param name="recorder">Told everything.</param>
/// <param name="random">Its draws.</param>
/// <param name="time">The clock of its pauses.</param>
internal sealed class RecordingClient(
    int place,
    IConcord concord,
    Workload workload,
    KeyRotation keys,
    HistoryRecorder recorder,
    SimRandom random,
    TimeProvider time)
{
    private const int PauseMillisecondsMax = 8;
    private const double LookBack = 0.03;

    private static readonly TimeSpan s_failurePause = TimeSpan.FromMilliseconds(50);

    private readonly Dictionary<string, Versioned<long>> _seen = [];
    private int _process = recorder.NewProcess();

    /// <summary>Works until told to stop; the operation under way is then waited for.</summary>
    public async Task RunAsync(CancellationToken stop, CancellationToken cancellationToken)
    {
        await Task.Yield();
        while (!stop.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            string? earlier = random.Chance(LookBack) ? keys.Earlier(place, random.Next) : null;
            EntryOutcome outcome = earlier is null
                ? await DoAsync(keys.Next(place), cancellationToken)
                : await ReadAsync(earlier, cancellationToken);
            TimeSpan pause = outcome == EntryOutcome.Ok
                ? TimeSpan.FromMilliseconds(random.Next(PauseMillisecondsMax))
                : s_failurePause;
            await Task.Delay(pause, time, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Reads, and tries again until there is an answer.</summary>
    /// <returns>Whether there was one in time.</returns>
    public async Task<bool> ReadAsync(string key, TimeSpan limit, CancellationToken cancellationToken)
    {
        long start = time.GetTimestamp();
        while (time.GetElapsedTime(start) < limit && !cancellationToken.IsCancellationRequested)
        {
            if (await ReadAsync(key, cancellationToken) == EntryOutcome.Ok)
            {
                return true;
            }
        }

        return false;
    }

    private async Task<EntryOutcome> DoAsync(string key, CancellationToken cancellationToken)
    {
        double draw = random.NextDouble();
        EntryOutcome outcome =
            draw < 0.45 ? await ReadAsync(key, cancellationToken)
            : workload == Workload.Counter ? await AddAsync(key, cancellationToken)
            : draw < 0.8 ? await WriteAsync(key, cancellationToken)
            : await CompareAndSetAsync(key, cancellationToken);
        if (outcome == EntryOutcome.Unknown)
        {
            _process = recorder.NewProcess();
        }

        return outcome;
    }

    private Task<EntryOutcome> ReadAsync(string key, CancellationToken cancellationToken) =>
        recorder.RecordAsync(_process, key, new(StoreVerb.Read, null, null, null), async () =>
        {
            if (workload == Workload.Counter)
            {
                return await concord.GetCounter(key).GetAsync(cancellationToken);
            }

            Versioned<long> read = await concord.GetValue<long>(key).GetAsync(cancellationToken);
            _seen[key] = read;
            return read.Exists ? read.Value : null;
        });

    private Task<EntryOutcome> AddAsync(string key, CancellationToken cancellationToken)
    {
        long delta = 1 + random.Next(9);
        return recorder.RecordAsync(
            _process,
            key,
            new(StoreVerb.Add, delta, null, null),
            async () => await concord.GetCounter(key).AddAsync(delta, cancellationToken));
    }

    private Task<EntryOutcome> WriteAsync(string key, CancellationToken cancellationToken)
    {
        long value = recorder.NewValue();
        return recorder.RecordAsync(_process, key, new(StoreVerb.Write, value, null, null), async () =>
        {
            Revision revision =
                await concord.GetValue<long>(key).SetAsync(value, cancellationToken: cancellationToken);
            _seen[key] = new(value, revision);
            return null;
        });
    }

    /// <summary>By the revision of what it saw last. Each value is written once, so that says the same as the
    /// value.</summary>
    private Task<EntryOutcome> CompareAndSetAsync(string key, CancellationToken cancellationToken)
    {
        long value = recorder.NewValue();
        Versioned<long> seen = _seen.GetValueOrDefault(key);
        StoreCall call = new(StoreVerb.CompareAndSet, value, seen.Exists ? seen.Value : null, null);
        return recorder.RecordAsync(_process, key, call, async () =>
        {
            Revision? revision = await concord.GetValue<long>(key).TrySetAsync(
                value, seen.Revision, cancellationToken: cancellationToken);
            _seen[key] = revision is { } made ? new(value, made) : seen;
            return revision is null ? 0 : 1;
        });
    }
}
