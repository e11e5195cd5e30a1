namespace Concord.Engines;

/// <summary>Several holds by as many requests: for an engine, or a cluster for the time being, that knows no
/// other.</summary>
internal static class OneByOne
{
    /// <summary>As <see cref="IEngine.AcquireSeveralAsync"/>. When one fails, so do all that still wait.</summary>
    public static async Task AcquireAsync(
        IEngine engine, SeveralRequest request, Action<EngineHold> granted, CancellationToken cancellationToken)
    {
        var one = new Lock();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        List<Task> waiting =
            [.. Enumerable.Range(0, request.Count).Select(_ => AcquireAsync(engine, request.One, Tell, stop.Token))];
        Task first = Task.CompletedTask;
        while (waiting.Count > 0 && first.IsCompletedSuccessfully)
        {
            first = await Task.WhenAny(waiting).ConfigureAwait(false);
            waiting.Remove(first);
        }

        await stop.CancelAsync().ConfigureAwait(false);
        await Task.WhenAll(waiting).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await first.ConfigureAwait(false);

        void Tell(EngineHold hold)
        {
            lock (one)
            {
                granted(hold);
            }
        }
    }

    private static async Task AcquireAsync(
        IEngine engine, HoldRequest request, Action<EngineHold> granted, CancellationToken cancellationToken)
    {
        if (await engine.AcquireAsync(request, cancellationToken).ConfigureAwait(false) is { } hold)
        {
            granted(hold);
        }
    }
}
