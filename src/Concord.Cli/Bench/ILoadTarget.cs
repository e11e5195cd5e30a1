namespace Concord.Cli.Bench;

/// <summary>Servers that are loaded: ours, or those that they are compared with.</summary>
internal interface ILoadTarget
{
    Task<ILoadConnection> ConnectAsync(CancellationToken cancellationToken);

    /// <summary>What its servers have used since they began.</summary>
    Task<ServerUsage> UsageAsync(CancellationToken cancellationToken);
}

/// <summary>One connection that callers share.</summary>
internal interface ILoadConnection : IAsyncDisposable
{
    /// <returns>Whether it was done; false for a failure that may pass. A read is done when there was a
    /// value.</returns>
    ValueTask<bool> CallAsync(BenchOperation operation, LoadCall call, CancellationToken cancellationToken);
}

/// <summary>What is asked for.</summary>
/// <param name="Caller">Who asks; has one call under way at a time.</param>
/// <param name="Key">Which record, where there are many.</param>
/// <param name="Value">What is written, where something is.</param>
internal readonly record struct LoadCall(int Caller, int Key, byte[] Value);

/// <summary>What servers have used, all together.</summary>
/// <param name="CpuSeconds">Processor time of their processes.</param>
/// <param name="Syncs">Syncs of their write-ahead logs; null where they do not tell.</param>
internal readonly record struct ServerUsage(double CpuSeconds, long? Syncs);
