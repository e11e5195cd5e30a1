namespace Concord.Cli.Bench.Etcd;

/// <summary>An etcd cluster under load.</summary>
/// <param name="address">The member that all connections go to: the leader.</param>
/// <param name="processes">The processes of its members.</param>
internal sealed class EtcdTarget(string address, IReadOnlyList<int> processes) : ILoadTarget
{
    public async Task<ILoadConnection> ConnectAsync(CancellationToken cancellationToken) =>
        new EtcdLoad(await EtcdConnection.OpenAsync(address, cancellationToken));

    /// <summary>Members sync in step with their leader: its own count, once per member.</summary>
    public async Task<ServerUsage> UsageAsync(CancellationToken cancellationToken) => new(
        PeerProcesses.CpuSeconds(processes),
        await EtcdMetrics.SyncsAsync(address, cancellationToken) * processes.Count);
}
