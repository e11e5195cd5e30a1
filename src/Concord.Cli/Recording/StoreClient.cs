namespace Concord.Cli.Recording;

/// <summary>Reads and writes registers, or adds to counters.</summary>
/// <param name="workload">Which of the two.</param>
/// <param name="tools">What it works with.</param>
internal sealed class StoreClient(Workload workload, RecordingTools tools) : RecordingClient(tools)
{
    private const double LookBack = 0.03;

    private readonly Dictionary<string, Versioned<long>> _seen = [];

    protected override Task<EntryOutcome> StepAsync(CancellationToken cancellationToken)
    {
        string? earlier =
            Tools.Random.Chance(LookBack) ? Tools.Keys.Earlier(Tools.Place, Tools.Random.Next) : null;
        return earlier is null
            ? StepAsync(Tools.Keys.Next(Tools.Place), cancellationToken)
            : ReadAsync(earlier, cancellationToken);
    }

    /// <summary>An acknowledged write that is gone shows in a key's last read.</summary>
    protected override async Task<bool> IsClosedAsync(string key, CancellationToken cancellationToken) =>
        await ReadAsync(key, cancellationToken) == EntryOutcome.Ok;

    private Task<EntryOutcome> StepAsync(string key, CancellationToken cancellationToken)
    {
        double draw = Tools.Random.NextDouble();
        return draw < 0.45 ? ReadAsync(key, cancellationToken)
            : workload == Workload.Counter ? AddAsync(key, cancellationToken)
            : draw < 0.8 ? WriteAsync(key, cancellationToken)
            : CompareAndSetAsync(key, cancellationToken);
    }

    private Task<EntryOutcome> ReadAsync(string key, CancellationToken cancellationToken) =>
        DoAsync(key, new(HistoryVerb.Read), async call =>
        {
            if (workload == Workload.Counter)
            {
                return call with { Result = await Tools.Concord.GetCounter(key).GetAsync(cancellationToken) };
            }

            Versioned<long> read = await Tools.Concord.GetValue<long>(key).GetAsync(cancellationToken);
            _seen[key] = read;
            return call with { Result = read.Exists ? read.Value : null };
        });

    private Task<EntryOutcome> AddAsync(string key, CancellationToken cancellationToken) => DoAsync(
        key,
        new(HistoryVerb.Add, 1 + Tools.Random.Next(9)),
        async call => call with
        {
            Result = await Tools.Concord.GetCounter(key).AddAsync(call.Argument!.Value, cancellationToken),
        });

    private Task<EntryOutcome> WriteAsync(string key, CancellationToken cancellationToken) => DoAsync(
        key,
        new(HistoryVerb.Write, Tools.Recorder.NewValue()),
        async call =>
        {
            long value = call.Argument!.Value;
            Revision revision = await Tools.Concord.GetValue<long>(key).SetAsync(
                value, cancellationToken: cancellationToken);
            _seen[key] = new(value, revision);
            return call;
        });

    /// <summary>By the revision of what it saw last. Each value is written once, so that says the same as the
    /// value.</summary>
    private Task<EntryOutcome> CompareAndSetAsync(string key, CancellationToken cancellationToken)
    {
        long value = Tools.Recorder.NewValue();
        Versioned<long> seen = _seen.GetValueOrDefault(key);
        HistoryCall asked = new(HistoryVerb.CompareAndSet, value, Second: seen.Exists ? seen.Value : null);
        return DoAsync(key, asked, async call =>
        {
            Revision? revision = await Tools.Concord.GetValue<long>(key).TrySetAsync(
                value, seen.Revision, cancellationToken: cancellationToken);
            _seen[key] = revision is { } made ? new(value, made) : seen;
            return call with { Result = revision is null ? 0 : 1 };
        });
    }
}
