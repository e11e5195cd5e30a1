using Concord.Hosting;

namespace Concord.Primitives;

/// <summary>
/// Deliveries one after the other, some of them asked for ahead. They come in the order in which they were asked for,
/// for the line of a queue is one. What waits to be handed out is extended meanwhile.
/// </summary>
internal sealed class DeliveryStream<T> : IAsyncDisposable
    where T : notnull
{
    private readonly Queue<Pull> _pulls = [];
    private readonly List<Delivery<T>> _handedOut = [];
    private readonly ConcordQueue<T> _queue;
    private readonly int _prefetch;
    private readonly CancellationTokenSource _stop;

    public DeliveryStream(ConcordQueue<T> queue, int prefetch, CancellationToken cancellationToken)
    {
        _queue = queue;
        _prefetch = prefetch;
        _stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
    }

    public async ValueTask<Delivery<T>> NextAsync()
    {
        _handedOut.RemoveAll(static delivery => delivery.IsOver);
        while (true)
        {
            while (_pulls.Count < _prefetch)
            {
                _pulls.Enqueue(new(_queue, _stop.Token));
            }

            // It leaves the queue only when it is there: a failure must not lose it.
            Delivery<T> delivery = await _pulls.Peek().Delivery.ConfigureAwait(false);
            await _pulls.Dequeue().HandOutAsync().ConfigureAwait(false);
            if (!delivery.Lost.IsCancellationRequested)
            {
                _handedOut.Add(delivery);
                return delivery;
            }

            await delivery.DisposeAsync().ConfigureAwait(false);
        }
    }

    /// <summary>Gives back what nobody has seen, and what was seen and not settled.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        foreach (Pull pull in _pulls)
        {
            await pull.DisposeAsync().ConfigureAwait(false);
        }

        await Task.WhenAll(_handedOut.Select(delivery => delivery.DisposeAsync().AsTask())).ConfigureAwait(false);
        _stop.Dispose();
    }

    /// <summary>One delivery that was asked for.</summary>
    private sealed class Pull : IAsyncDisposable
    {
        private readonly ConcordQueue<T> _queue;
        private readonly CancellationTokenSource _handOut = new();
        private Task _extending = Task.CompletedTask;

        public Pull(ConcordQueue<T> queue, CancellationToken stop)
        {
            _queue = queue;
            Delivery = ReceiveAsync(stop);
        }

        public Task<Delivery<T>> Delivery { get; }

        public async ValueTask HandOutAsync()
        {
            await _handOut.CancelAsync().ConfigureAwait(false);
            await _extending.ConfigureAwait(false);
            _handOut.Dispose();
        }

        public async ValueTask DisposeAsync()
        {
            await ((Task)Delivery).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await HandOutAsync().ConfigureAwait(false);
            if (Delivery.IsCompletedSuccessfully)
            {
                Delivery<T> delivery = await Delivery.ConfigureAwait(false);
                await delivery.DisposeAsync().ConfigureAwait(false);
            }
        }

        private async Task<Delivery<T>> ReceiveAsync(CancellationToken stop)
        {
            for (int failures = 1; ; failures++)
            {
                try
                {
                    if (await _queue.ReceiveAsync(timeout: null, stop).ConfigureAwait(false) is { } delivery)
                    {
                        _extending = DeliveryExtension.RunAsync(delivery, _handOut.Token);
                        return delivery;
                    }
                }
                catch (ConcordException exception)
                    when (exception.IsTransient || exception is SessionExpiredException)
                {
                    Log.ReceiveFailed(_queue.Client.Logger, _queue.Name, exception);
                    await Task.Delay(RetryDelay.Of(failures), _queue.Client.Time, stop).ConfigureAwait(false);
                }
            }
        }
    }
}
