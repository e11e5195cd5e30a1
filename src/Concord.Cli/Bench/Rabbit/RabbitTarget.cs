namespace Concord.Cli.Bench.Rabbit;

/// <summary>A broker under load: one queue, to which each connection sends and of which it is sent messages.</summary>
/// <param name="address">Where it listens.</param>
/// <param name="processes">Its process.</param>
/// <param name="callersOfConnection">How many callers share a connection. It is sent as many messages ahead.</param>
internal sealed class RabbitTarget(string address, IReadOnlyList<int> processes, int callersOfConnection) : ILoadTarget
{
    private readonly SharedDeliveries<RabbitDelivery> _deliveries = new();

    public async Task<ILoadConnection> ConnectAsync(CancellationToken cancellationToken) => new Load(
        _deliveries,
        await RabbitConnection.OpenAsync(
            address, LoadNames.Queue, _deliveries, (ushort)callersOfConnection, cancellationToken));

    public Task<ServerUsage> UsageAsync(CancellationToken cancellationToken) =>
        Task.FromResult(new ServerUsage(PeerProcesses.CpuSeconds(processes), Syncs: null));

    private sealed class Load(SharedDeliveries<RabbitDelivery> deliveries, RabbitConnection connection)
        : ILoadConnection
    {
        public async ValueTask<bool> CallAsync(
            BenchOperation operation, LoadCall call, CancellationToken cancellationToken)
        {
            if (!await connection.PublishAsync(call.Value) || await deliveries.ReceiveAsync() is not { } delivery)
            {
                return false;
            }

            delivery.Acknowledge();
            return true;
        }

        public ValueTask DisposeAsync() => connection.DisposeAsync();
    }
}
