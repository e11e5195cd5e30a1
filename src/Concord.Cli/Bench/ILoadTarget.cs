namespace Concord.Cli.Bench;

/// <summary>A store that is loaded: ours, or one that it is compared with.</summary>
internal interface ILoadTarget
{
    Task<ILoadConnection> ConnectAsync(CancellationToken cancellationToken);

    /// <summary>What its servers have used since they began.</summary>
    Task<ServerUsage> UsageAsync(CancellationToken cancellationToken);
}

/// <summary>One connection that callers share. Records are known by their number.</summary>
internal interface ILoadConnection : IAsyncDisposable
{
    /// <returns>Whether the write was acknowledged; false for a failure that may pass.</returns>
    ValueTask<bool> PutAsync(int key, byte[] value, CancellationToken cancellationToken);

    /// <returns>Whether there was a value, read linearizably; false for a failure that may pass.</returns>
    ValueTask<bool> GetAsync(int key, CancellationToken cancellationToken);
}

/// <summary>What servers have used, all together.</summary>
/// <param name="CpuSeconds">Processor time of their processes.</param>
/// <param name="Syncs">Syncs of their write-ahead logs.</param>
internal readonly record struct ServerUsage(double CpuSeconds, long Syncs);
