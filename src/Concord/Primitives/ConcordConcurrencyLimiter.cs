using System.Threading.RateLimiting;

namespace Concord.Primitives;

/// <summary>A semaphore as a rate limiter.</summary>
internal sealed class ConcordConcurrencyLimiter(IConcordSemaphore semaphore, TimeSpan queueTimeout) : RateLimiter
{
    private static readonly SemaphoreLease s_refused = new(null);

    /// <summary>Not known: the permits are everybody's.</summary>
    public override TimeSpan? IdleDuration => null;

    public override RateLimiterStatistics? GetStatistics() => null;

    /// <summary>Who may not wait cannot ask the engine.</summary>
    protected override RateLimitLease AttemptAcquireCore(int permitCount) => s_refused;

    protected override async ValueTask<RateLimitLease> AcquireAsyncCore(
        int permitCount, CancellationToken cancellationToken)
    {
        // Zero asks whether there are any at the moment.
        IPermit? permit = await semaphore.TryAcquireAsync(
            Math.Max(permitCount, 1), queueTimeout, cancellationToken).ConfigureAwait(false);
        if (permit is not null && permitCount == 0)
        {
            await permit.DisposeAsync().ConfigureAwait(false);
            return new SemaphoreLease(null, isAcquired: true);
        }

        return permit is null ? s_refused : new SemaphoreLease(permit);
    }

    /// <summary>Disposing cannot wait: the permits are given back in the background.</summary>
    private sealed class SemaphoreLease(IPermit? permit, bool isAcquired = false) : RateLimitLease
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
            }

            base.Dispose(disposing);
        }
    }
}
