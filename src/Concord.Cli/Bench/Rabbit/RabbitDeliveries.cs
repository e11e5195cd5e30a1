namespace Concord.Cli.Bench.Rabbit;

/// <summary>A message that the broker has sent, until it is acknowledged where it came.</summary>
internal readonly record struct RabbitDelivery(RabbitConnection Connection, ulong Number)
{
    public void Acknowledge() => Connection.Acknowledge(Number);
}

/// <summary>
/// What the broker has sent to any connection, for whoever asks first. Callers ask for as many messages as they send:
/// what lay with the connection of callers that are done would keep others waiting for ever.
/// </summary>
internal sealed class RabbitDeliveries
{
    private readonly Lock _gate = new();
    private readonly Queue<TaskCompletionSource<RabbitDelivery?>> _receivers = new();
    private readonly Queue<RabbitDelivery> _deliveries = new();
    private bool _isOver;

    /// <returns>A message; null when there will be none.</returns>
    public Task<RabbitDelivery?> ReceiveAsync()
    {
        lock (_gate)
        {
            if (_deliveries.TryDequeue(out RabbitDelivery delivery))
            {
                return Task.FromResult<RabbitDelivery?>(delivery);
            }

            // It continues on the receiving thread, as the answers of the other sides do.
            TaskCompletionSource<RabbitDelivery?> receiver = new();
            if (_isOver)
            {
                receiver.SetResult(null);
            }
            else
            {
                _receivers.Enqueue(receiver);
            }

            return receiver.Task;
        }
    }

    public void Add(RabbitDelivery delivery)
    {
        TaskCompletionSource<RabbitDelivery?>? receiver;
        lock (_gate)
        {
            if (!_receivers.TryDequeue(out receiver))
            {
                _deliveries.Enqueue(delivery);
            }
        }

        receiver?.SetResult(delivery);
    }

    /// <summary>A connection has ended: nobody waits for what may have been lost with it.</summary>
    public void End()
    {
        List<TaskCompletionSource<RabbitDelivery?>> receivers;
        lock (_gate)
        {
            _isOver = true;
            receivers = [.. _receivers];
            _receivers.Clear();
        }

        receivers.ForEach(static each => each.SetResult(null));
    }
}
