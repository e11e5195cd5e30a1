namespace Concord.Hosting;

/// <summary>What all queue handlers have in common, whatever their messages.</summary>
internal static class QueueHandlerLoop
{
    public const int ConcurrencyMax = 1_000;

    /// <exception cref="ArgumentOutOfRangeException">An option is out of its bounds.</exception>
    public static void Check(QueueHandlerOptions options)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(options.MaxConcurrency, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(options.MaxConcurrency, ConcurrencyMax);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.RetryDelay, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.MaxRetryDelay, options.RetryDelay);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(options.MaxRetryDelay, Primitives.ConcordQueueLimits.DelayMax);
    }

    /// <summary>How long a message waits after its failure.</summary>
    /// <param name="options">First and longest wait.</param>
    /// <param name="failures">How often it has failed, this time included.</param>
    public static TimeSpan RetryAfter(QueueHandlerOptions options, int failures) =>
        RetryDelay.Of(failures, options.RetryDelay, options.MaxRetryDelay);
}
