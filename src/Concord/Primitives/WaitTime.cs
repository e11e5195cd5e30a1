namespace Concord.Primitives;

/// <summary>How long somebody is ready to wait.</summary>
internal static class WaitTime
{
    /// <summary>The longest that a timer can do.</summary>
    private static readonly TimeSpan s_most = TimeSpan.FromMilliseconds(int.MaxValue);

    /// <summary>Null for as long as it takes.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Negative, or more than 24 days.</exception>
    public static TimeSpan? Of(TimeSpan time, string parameter)
    {
        if (time == Timeout.InfiniteTimeSpan)
        {
            return null;
        }

        return time >= TimeSpan.Zero && time <= s_most ? time : throw new ArgumentOutOfRangeException(
            parameter, time, "A wait must not be negative, and at most 24 days; or Timeout.InfiniteTimeSpan.");
    }
}
