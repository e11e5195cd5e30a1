namespace Concord.Cli.Bench;

/// <summary>
/// Makes the load, in a process of its own: what it costs must not be mixed up with what a server costs. It stays for
/// one window after the other, so that only the first meets code that is not compiled yet.
/// </summary>
/// <param name="target">What is loaded.</param>
/// <param name="options">How.</param>
/// <param name="time">The clock.</param>
internal sealed class LoadGenerator(ILoadTarget target, BenchOptions options, TimeProvider time) : IAsyncDisposable
{
    /// <summary>Of as many seconds as a window: until the runtime has compiled for good what runs often.</summary>
    private const int FirstWarmUpWindows = 4;

    private static readonly TimeSpan s_warmUp = TimeSpan.FromMilliseconds(700);

    private readonly List<ILoadConnection> _connections = [];
    private LoadCaller[] _callers = [];
    private bool _isWarm;

    public async Task ConnectAsync(CancellationToken cancellationToken)
    {
        for (int i = 0; i < options.Connections; i++)
        {
            _connections.Add(await target.ConnectAsync(cancellationToken));
        }

        _callers =
        [
            .. Enumerable.Range(0, options.Callers).Select(i => new LoadCaller(
                i, _connections[i % _connections.Count], options.Operation, options.ValueBytes, time)),
        ];
        if (options.Operation == BenchOperation.Get)
        {
            await Task.WhenAll(_callers.Select((caller, i) => caller.FillAsync(i, _callers.Length, cancellationToken)));
        }
    }

    public async Task<LoadResult> MeasureAsync(CancellationToken cancellationToken)
    {
        LoadWindow window = new();
        Task load = Task.WhenAll(_callers.Select(caller => caller.RunAsync(window, cancellationToken)));
        TimeSpan warmUp = _isWarm ? s_warmUp : TimeSpan.FromSeconds(FirstWarmUpWindows * options.Seconds);
        await PassAsync(load, warmUp, cancellationToken);
        _isWarm = true;
        Usage before = await UsageAsync(cancellationToken);
        window.Open();
        await PassAsync(load, TimeSpan.FromSeconds(options.Seconds), cancellationToken);
        window.Close();
        Usage after = await UsageAsync(cancellationToken);
        await load;
        return ResultOf(before, after);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (ILoadConnection connection in _connections)
        {
            await connection.DisposeAsync();
        }
    }

    /// <summary>Lets time pass; a caller that fails for good ends it at once.</summary>
    private async Task PassAsync(Task load, TimeSpan duration, CancellationToken cancellationToken)
    {
        if (await Task.WhenAny(load, Task.Delay(duration, time, cancellationToken)) == load)
        {
            await load;
        }

        cancellationToken.ThrowIfCancellationRequested();
    }

    private async Task<Usage> UsageAsync(CancellationToken cancellationToken)
    {
        ServerUsage servers = await target.UsageAsync(cancellationToken);
        return new(time.GetTimestamp(), Environment.CpuUsage.TotalTime.TotalSeconds, servers);
    }

    private LoadResult ResultOf(Usage before, Usage after)
    {
        LatencyHistogram all = new();
        foreach (LoadCaller caller in _callers)
        {
            all.Add(caller.Latencies);
        }

        return new LoadResult
        {
            Operations = all.Count,
            Errors = _callers.Sum(caller => caller.Errors),
            Seconds = time.GetElapsedTime(before.Timestamp, after.Timestamp).TotalSeconds,
            P50Ms = all.PercentileMs(50),
            P99Ms = all.PercentileMs(99),
            ClientCpuSeconds = after.ClientCpuSeconds - before.ClientCpuSeconds,
            NodeCpuSeconds = after.Servers.CpuSeconds - before.Servers.CpuSeconds,
            Syncs = after.Servers.Syncs - before.Servers.Syncs,
        };
    }

    private readonly record struct Usage(long Timestamp, double ClientCpuSeconds, ServerUsage Servers);
}
