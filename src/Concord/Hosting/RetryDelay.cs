namespace Concord.Hosting;

/// <summary>How long a service waits before it tries again after a failure: doubled from 100 ms to 30 s.</summary>
internal static class RetryDelay
{
    private static readonly TimeSpan s_first = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan s_most = TimeSpan.FromSeconds(30);

    /// <param name="failures">How many in a row, from 1.</param>
    public static TimeSpan Of(int failures) => Of(failures, s_first, s_most);

    public static TimeSpan Of(int failures, TimeSpan first, TimeSpan most)
    {
        long ticks = first.Ticks;
        for (int i = 1; i < failures && ticks < most.Ticks; i++)
        {
            ticks *= 2;
        }

        return TimeSpan.FromTicks(Math.Min(ticks, most.Ticks));
    }
}
