using System.Diagnostics;
using System.Globalization;

namespace Concord.Cli.Bench.Etcd;

/// <summary>An etcd cluster under load.</summary>
/// <param name="address">The member that all connections go to: the leader.</param>
/// <param name="processes">The processes of its members.</param>
internal sealed class EtcdTarget(string address, IReadOnlyList<int> processes) : ILoadTarget
{
    public async Task<ILoadConnection> ConnectAsync(CancellationToken cancellationToken) =>
        new Connection(await EtcdConnection.OpenAsync(address, cancellationToken));

    public async Task<ServerUsage> UsageAsync(CancellationToken cancellationToken)
    {
        double cpu = 0;
        foreach (int id in processes)
        {
            using Process process = Process.GetProcessById(id);
            cpu += process.TotalProcessorTime.TotalSeconds;
        }

        // Members sync in step with their leader: its own count, once per member.
        return new(cpu, await EtcdMetrics.SyncsAsync(address, cancellationToken) * processes.Count);
    }

    private sealed class Connection(EtcdConnection connection) : ILoadConnection
    {
        private readonly byte[][] _keys =
        [
            .. Enumerable.Range(0, LoadCaller.Keys).Select(
                key => System.Text.Encoding.UTF8.GetBytes(key.ToString("'bench/'D5", CultureInfo.InvariantCulture))),
        ];

        public ValueTask<bool> PutAsync(int key, byte[] value, CancellationToken cancellationToken) =>
            connection.PutAsync(_keys[key], value);

        public ValueTask<bool> GetAsync(int key, CancellationToken cancellationToken) =>
            connection.GetAsync(_keys[key]);

        public ValueTask DisposeAsync() => connection.DisposeAsync();
    }
}
