using Concord.Cli.Connections;
using Concord.Client.Administration;

namespace Concord.Cli.Bench;

/// <summary>Makes the load, in a process of its own: what it costs must not be mixed up with what a node
/// costs.</summary>
/// <param name="access">The way to the cluster.</param>
/// <param name="servers">Its nodes.</param>
/// <param name="time">The clock.</param>
internal sealed class LoadGenerator(IClusterAccess access, IReadOnlyList<string> servers, TimeProvider time)
{
    private static readonly TimeSpan s_warmUp = TimeSpan.FromSeconds(2);

    public async Task<LoadResult> RunAsync(BenchOptions options, CancellationToken cancellationToken)
    {
        List<IClusterConnection> connections = [];
        try
        {
            for (int i = 0; i < options.Connections; i++)
            {
                connections.Add(await access.ConnectAsync(servers, cancellationToken));
            }

            return await MeasureAsync(options, connections, cancellationToken);
        }
        finally
        {
            foreach (IClusterConnection connection in connections)
            {
                await connection.DisposeAsync();
            }
        }
    }

    private async Task<LoadResult> MeasureAsync(
        BenchOptions options, List<IClusterConnection> connections, CancellationToken cancellationToken)
    {
        LoadCaller[] callers =
        [
            .. Enumerable.Range(0, options.Callers).Select(i => new LoadCaller(
                i, connections[i % connections.Count].Concord, options.Operation, options.ValueBytes, time)),
        ];
        if (options.Operation == BenchOperation.Get)
        {
            await Task.WhenAll(callers.Select((caller, i) => caller.FillAsync(i, callers.Length, cancellationToken)));
        }

        LoadWindow window = new();
        Task load = Task.WhenAll(callers.Select(caller => caller.RunAsync(window, cancellationToken)));
        await PassAsync(load, s_warmUp, cancellationToken);
        Usage before = await UsageAsync(cancellationToken);
        window.Open();
        await PassAsync(load, TimeSpan.FromSeconds(options.Seconds), cancellationToken);
        window.Close();
        Usage after = await UsageAsync(cancellationToken);
        await load;
        return ResultOf(callers, before, after);
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
        NodeStatus[] nodes = await Task.WhenAll(
            servers.Select(server => access.Admin.StatusAsync(server, verifyDigests: false, cancellationToken)));
        return new Usage(
            time.GetTimestamp(),
            Environment.CpuUsage.TotalTime.TotalSeconds,
            nodes.Sum(node => node.CpuSeconds),
            nodes.Sum(node => node.Syncs));
    }

    private LoadResult ResultOf(LoadCaller[] callers, Usage before, Usage after)
    {
        LatencyHistogram all = new();
        foreach (LoadCaller caller in callers)
        {
            all.Add(caller.Latencies);
        }

        return new LoadResult
        {
            Operations = all.Count,
            Errors = callers.Sum(caller => caller.Errors),
            Seconds = time.GetElapsedTime(before.Timestamp, after.Timestamp).TotalSeconds,
            P50Ms = all.PercentileMs(50),
            P99Ms = all.PercentileMs(99),
            ClientCpuSeconds = after.ClientCpuSeconds - before.ClientCpuSeconds,
            NodeCpuSeconds = after.NodeCpuSeconds - before.NodeCpuSeconds,
            Syncs = after.Syncs - before.Syncs,
        };
    }

    private readonly record struct Usage(long Timestamp, double ClientCpuSeconds, double NodeCpuSeconds, long Syncs);
}
