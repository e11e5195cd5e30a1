using System.Globalization;
using Concord.Cli.Connections;
using Concord.Client.Administration;

namespace Concord.Cli.Bench;

/// <summary>A cluster of Concord, used through the public API and nothing else.</summary>
/// <param name="access">The way to it.</param>
/// <param name="servers">Its nodes.</param>
internal sealed class ConcordTarget(IClusterAccess access, IReadOnlyList<string> servers) : ILoadTarget
{
    public async Task<ILoadConnection> ConnectAsync(CancellationToken cancellationToken) =>
        new Connection(await access.ConnectAsync(servers, cancellationToken));

    public async Task<ServerUsage> UsageAsync(CancellationToken cancellationToken)
    {
        NodeStatus[] nodes = await Task.WhenAll(
            servers.Select(server => access.Admin.StatusAsync(server, verifyDigests: false, cancellationToken)));
        return new(nodes.Sum(node => node.CpuSeconds), nodes.Sum(node => node.Syncs));
    }

    private sealed class Connection(IClusterConnection cluster) : ILoadConnection
    {
        private readonly IConcordValue<byte[]>[] _values =
        [
            .. Enumerable.Range(0, LoadCaller.Keys).Select(key => cluster.Concord.GetValue(
                key.ToString("'bench/'D5", CultureInfo.InvariantCulture), BytesSerializer.Instance)),
        ];

        public async ValueTask<bool> PutAsync(int key, byte[] value, CancellationToken cancellationToken)
        {
            try
            {
                await _values[key].SetAsync(value, cancellationToken: cancellationToken);
                return true;
            }
            catch (ConcordException error) when (error.IsTransient)
            {
                return false;
            }
        }

        public async ValueTask<bool> GetAsync(int key, CancellationToken cancellationToken)
        {
            try
            {
                return await _values[key].GetAsync(cancellationToken) is { Exists: true };
            }
            catch (ConcordException error) when (error.IsTransient)
            {
                return false;
            }
        }

        public ValueTask DisposeAsync() => cluster.DisposeAsync();
    }
}
