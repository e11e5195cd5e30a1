using Concord.Cli.Connections;

namespace Concord.Cli.Bench;

/// <summary>A client of Concord under load: each operation as an application writes it.</summary>
/// <param name="cluster">Its connection.</param>
/// <param name="deliveries">What the queue delivers to any connection.</param>
/// <param name="prefetch">How many messages this one asks for ahead.</param>
internal sealed class ConcordLoad(
    IClusterConnection cluster, SharedDeliveries<IDelivery<byte[]>> deliveries, int prefetch) : ILoadConnection
{
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _lock = new();
    private readonly IConcordValue<byte[]>[] _values =
        [.. LoadNames.Values.Select(name => cluster.Concord.GetValue(name, BytesSerializer.Instance))];
    private readonly IConcordLock[] _locks = [.. LoadNames.Locks.Select(cluster.Concord.GetLock)];
    private readonly IConcordLock _oneLock = cluster.Concord.GetLock(LoadNames.OneLock);
    private readonly IConcordCounter _counter = cluster.Concord.GetCounter(LoadNames.Counter);
    private readonly IConcordQueue<byte[]> _queue =
        cluster.Concord.GetQueue(LoadNames.Queue, BytesSerializer.Instance);
    private Task? _receiving;

    public async ValueTask<bool> CallAsync(
        BenchOperation operation, LoadCall call, CancellationToken cancellationToken)
    {
        try
        {
            switch (operation)
            {
                case BenchOperation.Put:
                    await _values[call.Key].SetAsync(call.Value, cancellationToken: cancellationToken);
                    return true;
                case BenchOperation.Get:
                    return await _values[call.Key].GetAsync(cancellationToken) is { Exists: true };
                case BenchOperation.Lock:
                    return await LockAsync(_locks[call.Caller % _locks.Length], cancellationToken);
                case BenchOperation.LockContended:
                    return await LockAsync(_oneLock, cancellationToken);
                case BenchOperation.Counter:
                    await _counter.AddAsync(1, cancellationToken);
                    return true;
                default:
                    return await PassAsync(call.Value, cancellationToken);
            }
        }
        catch (ConcordException error) when (error.IsTransient || error is HoldLostException)
        {
            // A message that lay between two windows may be another's by now.
            return false;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await (_receiving ?? Task.CompletedTask).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
        await cluster.DisposeAsync();
    }

    private static async ValueTask<bool> LockAsync(IConcordLock wanted, CancellationToken cancellationToken)
    {
        ILockHandle handle = await wanted.AcquireAsync(cancellationToken);
        await handle.ReleaseAsync(cancellationToken);
        return true;
    }

    /// <summary>In goes one message, out comes the next, whoever brought it.</summary>
    private async ValueTask<bool> PassAsync(byte[] message, CancellationToken cancellationToken)
    {
        BeginReceiving();
        await _queue.EnqueueAsync(message, cancellationToken: cancellationToken);
        if (await deliveries.ReceiveAsync() is not { } delivery)
        {
            return false;
        }

        await delivery.CompleteAsync(cancellationToken);
        return true;
    }

    private void BeginReceiving()
    {
        lock (_lock)
        {
            _receiving ??= ReceiveAsync();
        }
    }

    private async Task ReceiveAsync()
    {
        try
        {
            await foreach (IDelivery<byte[]> delivery in _queue.ReceiveAllAsync(prefetch, _stop.Token))
            {
                deliveries.Add(delivery);
            }
        }
        finally
        {
            deliveries.End();
        }
    }
}
