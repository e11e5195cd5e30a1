using Concord.Cli.Bench.Etcd;
using Concord.Cli.Bench.Rabbit;
using Concord.Cli.Bench.ZooKeeper;

namespace Concord.Cli.Bench;

/// <summary>Running servers of what Concord is compared with; disposing of them stops them.</summary>
internal interface IPeerServers : IAsyncDisposable
{
    /// <summary>What they are called, and their version.</summary>
    string Name { get; }

    /// <summary>Where the load goes.</summary>
    IReadOnlyList<string> Addresses { get; }

    IReadOnlyList<int> ProcessIds { get; }
}

/// <summary>Starts them, and makes the load's way to them.</summary>
internal static class PeerServers
{
    /// <exception cref="CliException">They are not installed, or do not start.</exception>
    public static async Task<IPeerServers> StartAsync(
        BenchPeer peer, int nodes, string folder, TimeProvider time, CancellationToken cancellationToken) =>
        peer switch
        {
            BenchPeer.Etcd => await EtcdCluster.StartAsync(nodes, folder, time, cancellationToken),
            BenchPeer.RabbitMq => await RabbitBroker.StartAsync(folder, time, cancellationToken),
            _ => await ZooKeeperEnsemble.StartAsync(nodes, folder, time, cancellationToken),
        };

    public static ILoadTarget TargetOf(
        BenchPeer peer, IReadOnlyList<string> addresses, IReadOnlyList<int> processes, BenchOptions options) =>
        peer switch
        {
            BenchPeer.RabbitMq => new RabbitTarget(addresses[0], processes, options.CallersOfConnection),
            BenchPeer.Etcd => new EtcdTarget(addresses[0], processes),
            _ => new ZooKeeperTarget(addresses[0], processes),
        };
}
