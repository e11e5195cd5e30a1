namespace Concord.Cli.Recording;

/// <summary>Takes a lock, writes beside it with its token, gives it back; and at times writes with the token of a hold
/// that it has given back, which must change nothing.</summary>
/// <param name="tools">What it works with.</param>
internal sealed class LockClient(RecordingTools tools) : RecordingClient(tools)
{
    private const int WritesMax = 3;
    private const double ReadsAlone = 0.1;
    private const double WritesLate = 0.3;

    private static readonly LockAcquireOptions s_options = new() { Timeout = TimeSpan.FromSeconds(5) };

    protected override async Task<EntryOutcome> StepAsync(CancellationToken cancellationToken)
    {
        string key = Tools.Keys.Next(Tools.Place);
        if (Tools.Random.Chance(ReadsAlone))
        {
            return await ReadAsync(key, cancellationToken);
        }

        ILockHandle? handle = null;
        EntryOutcome outcome = await DoAsync(key, new(HistoryVerb.Acquire), async call =>
        {
            handle = await Tools.Concord.GetLock(key).AcquireAsync(s_options, cancellationToken);
            return call with { Result = handle.FencingToken.Value };
        });
        if (handle is null)
        {
            return outcome;
        }

        for (int writes = 1 + Tools.Random.Next(WritesMax); writes > 0; writes--)
        {
            await WriteAsync(key, handle, cancellationToken);
        }

        await ReadAsync(key, cancellationToken);
        outcome = await DoAsync(key, new(HistoryVerb.Release, Token: handle.FencingToken.Value), async call =>
        {
            await handle.ReleaseAsync(cancellationToken);
            return call;
        });
        return Tools.Random.Chance(WritesLate) ? await WriteAsync(key, handle, cancellationToken) : outcome;
    }

    protected override async Task<bool> IsClosedAsync(string key, CancellationToken cancellationToken) =>
        await ReadAsync(key, cancellationToken) == EntryOutcome.Ok;

    private Task<EntryOutcome> ReadAsync(string key, CancellationToken cancellationToken) =>
        DoAsync(key, new(HistoryVerb.Read), async call =>
        {
            Versioned<long> read = await Tools.Concord.GetValue<long>(key).GetAsync(cancellationToken);
            return call with { Result = read.Exists ? read.Value : null };
        });

    private Task<EntryOutcome> WriteAsync(string key, ILockHandle handle, CancellationToken cancellationToken)
    {
        HistoryCall asked = new(
            HistoryVerb.FencedWrite, Tools.Recorder.NewValue(), Token: handle.FencingToken.Value);
        return DoAsync(key, asked, async call =>
        {
            try
            {
                await Tools.Concord.GetValue<long>(key).SetAsync(
                    call.Argument!.Value, new() { Fence = handle.Fence }, cancellationToken);
                return call with { Result = 1 };
            }
            catch (FenceRejectedException)
            {
                return call with { Result = 0 };
            }
        });
    }
}
