using Concord.Cli.Connections;
using Concord.Client.Administration;

namespace Concord.Cli.Bench;

/// <summary>A cluster of Concord, used through the public API and nothing else.</summary>
/// <param name="access">The way to it.</param>
/// <param name="servers">Its nodes.</param>
/// <param name="callersOfConnection">How many callers share a connection. It asks for as many messages ahead.</param>
internal sealed class ConcordTarget(IClusterAccess access, IReadOnlyList<string> servers, int callersOfConnection)
    : ILoadTarget
{
    private readonly SharedDeliveries<IDelivery<byte[]>> _deliveries = new();

    public async Task<ILoadConnection> ConnectAsync(CancellationToken cancellationToken) => new ConcordLoad(
        await access.ConnectAsync(servers, "", cancellationToken), _deliveries, callersOfConnection);

    public async Task<ServerUsage> UsageAsync(CancellationToken cancellationToken)
    {
        NodeStatus[] nodes = await Task.WhenAll(
            servers.Select(server => access.Admin.StatusAsync(server, verifyDigests: false, cancellationToken)));
        return new(nodes.Sum(node => node.CpuSeconds), nodes.Sum(node => node.Syncs));
    }
}
