using System.Threading.RateLimiting;
using Concord.Primitives;

namespace Concord;

/// <summary>Semaphores where a rate limiter is asked for.</summary>
public static class ConcordRateLimitingExtensions
{
    /// <summary>
    /// The permits of a semaphore as a limiter of concurrency that all processes share: for ASP.NET Core's rate
    /// limiting, for HttpClient, or for your own code. Disposing of a lease gives its permits back, in the background.
    /// Asynchronous only: <see cref="RateLimiter.AttemptAcquire"/> cannot ask the engine, and gets nothing.
    /// </summary>
    /// <param name="semaphore">The semaphore.</param>
    /// <param name="queueTimeout">How long a request stands in line; not at all by default.
    /// <see cref="Timeout.InfiniteTimeSpan"/>: until it is cancelled.</param>
    /// <returns>The limiter. Disposing of it leaves the leases that it gave alone.</returns>
    public static RateLimiter AsRateLimiter(this IConcordSemaphore semaphore, TimeSpan queueTimeout = default)
    {
        ArgumentNullException.ThrowIfNull(semaphore);
        WaitTime.Of(queueTimeout, nameof(queueTimeout));
        return new ConcordConcurrencyLimiter(semaphore, queueTimeout);
    }
}
