namespace Concord.Cli.Orders;

/// <summary>Repeats calls that may be repeated while the cluster finds a new leader, for a bounded time.</summary>
/// <param name="time">The clock of the pauses and of the bound.</param>
internal sealed class TransientRetry(TimeProvider time)
{
    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(100);

    /// <param name="call">Changes nothing, or the same however often it is made.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="ConcordException">It failed for good, or was still failing when the time was over.</exception>
    public async Task<T> RunAsync<T>(Func<Task<T>> call, CancellationToken cancellationToken)
    {
        long start = time.GetTimestamp();
        while (true)
        {
            try
            {
                return await call();
            }
            catch (ConcordException error) when (MayPass(error) && time.GetElapsedTime(start) < s_limit)
            {
                await Task.Delay(s_pause, time, cancellationToken);
            }
        }
    }

    private static bool MayPass(ConcordException error) =>
        error.IsTransient || error.Outcome == OperationOutcome.Unknown;
}
