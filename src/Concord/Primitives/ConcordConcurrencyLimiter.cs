using System.Threading.RateLimiting;

namespace Concord.Primitives;

/// <summary>A semaphore as a rate limiter.</summary>
internal sealed class ConcordConcurrencyLimiter(IConcordSemaphore semaphore, TimeSpan queueTimeout) : RateLimiter
{
    private static readonly Lease s_refused = new(isAcquired: false);
    private static readonly Lease s_granted = new(isAcquired: true);

    private readonly CancellationTokenSource _disposed = new();
    private readonly Lock _gate = new();
    private long _idleSince = TimeProvider.System.GetTimestamp();
    private int _inUse;

    /// <summary>How long nobody of this process has held or asked for any; what others hold is not known.</summary>
    public override TimeSpan? IdleDuration
    {
        get
        {
            lock (_gate)
            {
                return _inUse == 0 ? TimeProvider.System.GetElapsedTime(_idleSince) : null;
            }
        }
    }

    /// <summary>Not known: the permits are everybody's.</summary>
    public override RateLimiterStatistics? GetStatistics() => null;

    /// <summary>Who may not wait cannot ask the engine.</summary>
    protected override RateLimitLease AttemptAcquireCore(int permitCount) => s_refused;

    protected override async ValueTask<RateLimitLease> AcquireAsyncCore(
        int permitCount, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_disposed.IsCancellationRequested, typeof(RateLimiter));
        Enter();
        try
        {
            // Zero asks whether there are any at the moment.
            IPermit? permit = await WaitAsync(Math.Max(permitCount, 1), cancellationToken).ConfigureAwait(false);
            if (permit is null)
            {
                return s_refused;
            }

            if (permitCount == 0)
            {
                await permit.DisposeAsync().ConfigureAwait(false);
                return s_granted;
            }

            Enter();
            return new PermitLease(permit, Leave);
        }
        finally
        {
            Leave();
        }
    }

    /// <summary>Leases that are out stay; who waits is refused.</summary>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _disposed.Cancel();
        }

        base.Dispose(disposing);
    }

    protected override ValueTask DisposeAsyncCore()
    {
        _disposed.Cancel();
        return base.DisposeAsyncCore();
    }

    /// <summary>Null also for who waits when the limiter ends.</summary>
    private async Task<IPermit?> WaitAsync(int permits, CancellationToken cancellationToken)
    {
        using var both = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _disposed.Token);
        try
        {
            return await semaphore.TryAcquireAsync(permits, queueTimeout, both.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException exception) when (both.IsCancellationRequested)
        {
            return cancellationToken.IsCancellationRequested
                ? throw new OperationCanceledException(exception.Message, exception, cancellationToken)
                : null;
        }
    }

    /// <summary>A request is under way, or a lease is out.</summary>
    private void Enter()
    {
        lock (_gate)
        {
            _inUse++;
        }
    }

    private void Leave()
    {
        lock (_gate)
        {
            _inUse--;
            _idleSince = TimeProvider.System.GetTimestamp();
        }
    }

    private class Lease(bool isAcquired) : RateLimitLease
    {
        public override bool IsAcquired { get; } = isAcquired;

        public override IEnumerable<string> MetadataNames => [];

        public override bool TryGetMetadata(string metadataName, out object? metadata)
        {
            metadata = null;
            return false;
        }
    }

    /// <summary>Disposing cannot wait: the permits are given back in the background.</summary>
    private sealed class PermitLease(IPermit permit, Action left) : Lease(isAcquired: true)
    {
        private IPermit? _permit = permit;

        protected override void Dispose(bool disposing)
        {
            if (Interlocked.Exchange(ref _permit, null) is { } held)
            {
                _ = held.DisposeAsync().AsTask();
                left();
            }

            base.Dispose(disposing);
        }
    }
}
