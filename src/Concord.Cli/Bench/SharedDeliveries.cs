namespace Concord.Cli.Bench;

/// <summary>
/// What a queue has delivered to any connection, for whoever asks first. Callers ask for as many messages as they send:
/// what lay with the connection of callers that are done would keep others waiting for ever.
/// </summary>
internal sealed class SharedDeliveries<TDelivery>
    where TDelivery : class
{
    private readonly Lock _gate = new();
    private readonly Queue<TaskCompletionSource<TDelivery?>> _receivers = new();
    private readonly Queue<TDelivery> _deliveries = new();
    private bool _isOver;

    /// <returns>A message; null when there will be none.</returns>
    public Task<TDelivery?> ReceiveAsync()
    {
        lock (_gate)
        {
            if (_deliveries.TryDequeue(out TDelivery? delivery))
            {
                return Task.FromResult<TDelivery?>(delivery);
            }

            // It continues on the receiving thread, as the answers of the other sides do.
            TaskCompletionSource<TDelivery?> receiver = new();
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

    public void Add(TDelivery delivery)
    {
        TaskCompletionSource<TDelivery?>? receiver;
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
        List<TaskCompletionSource<TDelivery?>> receivers;
        lock (_gate)
        {
            _isOver = true;
            receivers = [.. _receivers];
            _receivers.Clear();
        }

        receivers.ForEach(static each => each.SetResult(null));
    }
}
