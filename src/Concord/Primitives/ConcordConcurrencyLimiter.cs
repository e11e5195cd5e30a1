using System.Threading.RateLimiting;

namespace Concord.Primitives;

/// <summary>A semaphore as a rate limiter.</summary>
internal sealed class ConcordConcurrencyLimiter(IConcordSemaphore semaphore, TimeSpan queueTimeout) : RateLimiter
{
    private static readonly SemaphoreLease s_refused = new(null, null);

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
        IPermit? permit = null;
        try
        {
            using var both = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _disposed.Token);

            // Zero asks whether there are any at the moment.
            permit = await semaphore.TryAcquireAsync(Math.Max(permitCount, 1), queueTimeout, both.Token)
                .ConfigureAwait(false);
            if (permit is not null && permitCount > 0)
            {
                return new SemaphoreLease(permit, Leave);
            }
        }
        catch (OperationCanceledException) when (
            _disposed.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            // Who waits when it ends is refused.
        }
        catch (OperationCanceledException exception) when (cancellationToken.IsCancellationRequested)
        {
            throw new OperationCanceledException(exception.Message, exception, cancellationToken);
        }
        finally
        {
            if (permit is null || permitCount == 0)
            {
                Leave();
            }
        }

        if (permit is null)
        {
            return s_refused;
        }

        await permit.DisposeAsync().ConfigureAwait(false);
        return new SemaphoreLease(null, null, isAcquired: true);
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

    /// <summary>Disposing cannot wait: the permits are given back in the background.</summary>
    private sealed class SemaphoreLease(IPermit? permit, Action? left, bool isAcquired = false) : RateLimitLease
    {
        private IPermit? _permit = permit;

        public override bool IsAcquired { get; } = permit is not null || isAcquired;

        public override IEnumerable<string> MetadataNames => [];

        public override bool TryGetMetadata(string metadataName, out object? metadata)
        {
            metadata = null;
            return false;
        }

        protected override void Dispose(bool disposing)
        {
            if (Interlocked.Exchange(ref _permit, null) is { } held)
            {
                _ = held.DisposeAsync().AsTask();
                left!();
            }

            base.Dispose(disposing);
        }
    }
}
