using System.Runtime.CompilerServices;
using Concord.Hosting;
using Concord.Operations.Queues;

namespace Concord.Primitives;

/// <summary>
/// Deliveries one after the other, in the order in which they come, some of them asked for ahead: by few requests,
/// each for several, the next when half of them are handed out. What waits to be handed out is extended meanwhile.
/// </summary>
internal sealed class DeliveryStream<T> : IAsyncDisposable
    where T : notnull
{
    /// <summary>Whatever the time of a delivery, those that wait are looked at so often.</summary>
    private static readonly TimeSpan s_lookMax = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private readonly Queue<Waiting> _waiting = [];
    private readonly List<Task> _asking = [];
    private readonly List<Delivery<T>> _handedOut = [];
    private readonly ConcordQueue<T> _queue;
    private readonly int _prefetch;
    private readonly CancellationToken _cancelled;
    private readonly CancellationTokenSource _stop;
    private TaskCompletionSource _changed = NewSignal();
    private Task _extending = Task.CompletedTask;
    private Exception? _failure;
    private int _asked;

    public DeliveryStream(ConcordQueue<T> queue, int prefetch, CancellationToken cancellationToken)
    {
        _queue = queue;
        _prefetch = prefetch;
        _cancelled = cancellationToken;
        _stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
    }

    public async ValueTask<Delivery<T>> NextAsync()
    {
        long began = _queue.Client.Time.GetTimestamp();
        _handedOut.RemoveAll(static delivery => delivery.IsOver);
        while (true)
        {
            // By the caller's own token: it is what he looks at in the exception.
            _cancelled.ThrowIfCancellationRequested();
            AskAhead();
            (Waiting? next, Task changed) = Take();
            if (next is null)
            {
                await changed.WaitAsync(_cancelled).ConfigureAwait(false);
                continue;
            }

            await next.DisposeAsync().ConfigureAwait(false);
            if (!next.Delivery.Lost.IsCancellationRequested)
            {
                next.Delivery.Source.RecordWait(began);
                _handedOut.Add(next.Delivery);
                return next.Delivery;
            }

            await next.Delivery.DisposeAsync().ConfigureAwait(false);
        }
    }

    /// <summary>Gives back what nobody has seen, and what was seen and not settled.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await Task.WhenAll([.. _asking, _extending]).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await Task.WhenAll(_waiting.Select(static waiting => waiting.DisposeAsync().AsTask())).ConfigureAwait(false);
        await Task.WhenAll(_waiting.Select(static waiting => waiting.Delivery).Concat(_handedOut)
            .Select(static delivery => delivery.DisposeAsync().AsTask())).ConfigureAwait(false);
        _stop.Dispose();
    }

    /// <summary>Not under the lock of the caller: the engine calls back.</summary>
    private static ConfiguredTaskAwaitable Elsewhere() =>
        Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private (Waiting? Next, Task Changed) Take()
    {
        lock (_lock)
        {
            if (_waiting.TryDequeue(out Waiting? next))
            {
                return (next, Task.CompletedTask);
            }

            return _failure is null ? (null, _changed.Task) : throw _failure;
        }
    }

    private void AskAhead()
    {
        lock (_lock)
        {
            _asking.RemoveAll(static asking => asking.IsCompleted);
            int free = _prefetch - _asked - _waiting.Count;
            if (free * 2 < _prefetch)
            {
                return;
            }

            while (free > 0)
            {
                int count = Math.Min(free, ReceiveSeveral.CountMax);
                free -= count;
                _asked += count;
                _asking.Add(AskAsync(count));
            }
        }
    }

    private async Task AskAsync(int count)
    {
        await Elsewhere();
        int left = count;
        for (int failures = 1; left > 0; failures++)
        {
            try
            {
                await _queue.ReceiveAsync(left, Receive, _stop.Token).ConfigureAwait(false);
                break;
            }
            catch (ConcordException exception) when (exception.IsTransient || exception is SessionExpiredException)
            {
                Log.ReceiveFailed(_queue.Client.Logger, _queue.Name, exception);
                await Task.Delay(RetryDelay.Of(failures), _queue.Client.Time, _stop.Token).ConfigureAwait(false);
            }
            catch (Exception exception) when (!_stop.IsCancellationRequested)
            {
                lock (_lock)
                {
                    _failure = exception;
                    Change();
                }

                return;
            }
        }

        // What was lost before it was heard of is asked for again.
        lock (_lock)
        {
            _asked -= left;
            Change();
        }

        void Receive(Delivery<T> delivery)
        {
            lock (_lock)
            {
                left--;
                _asked--;
                _waiting.Enqueue(new(delivery));
                Change();
                if (_extending.IsCompleted)
                {
                    _extending = ExtendAsync();
                }
            }
        }
    }

    /// <summary>Tells whoever waits for the next one.</summary>
    private void Change()
    {
        _changed.TrySetResult();
        _changed = NewSignal();
    }

    /// <summary>Looks after what waits, until nothing does. That is one timer for all of them: nearly all are handed
    /// out long before they have to be extended.</summary>
    private async Task ExtendAsync()
    {
        while (true)
        {
            TimeSpan pause = s_lookMax;
            lock (_lock)
            {
                if (_waiting.Count == 0)
                {
                    _extending = Task.CompletedTask;
                    return;
                }

                foreach (Waiting waiting in _waiting)
                {
                    waiting.ExtendIfDue();
                    pause = waiting.Delivery.Visibility / 8 < pause ? waiting.Delivery.Visibility / 8 : pause;
                }
            }

            await Task.Delay(pause, _queue.Client.Time, _stop.Token).ConfigureAwait(false);
        }
    }

    /// <summary>A delivery that nobody has seen.</summary>
    private sealed class Waiting(Delivery<T> delivery) : IAsyncDisposable
    {
        private CancellationTokenSource? _stop;
        private Task _extending = Task.CompletedTask;

        public Delivery<T> Delivery { get; } = delivery;

        public void ExtendIfDue()
        {
            if (_stop is null && DeliveryExtension.IsDue(Delivery))
            {
                _stop = new();
                _extending = DeliveryExtension.RunAsync(Delivery, _stop.Token);
            }
        }

        /// <summary>The delivery stays; its time is its owner's concern from now on.</summary>
        public async ValueTask DisposeAsync()
        {
            if (_stop is not null)
            {
                await _stop.CancelAsync().ConfigureAwait(false);
                await _extending.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                _stop.Dispose();
            }
        }
    }
}
