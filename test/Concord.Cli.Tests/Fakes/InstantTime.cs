namespace Concord.Cli.Tests.Fakes;

/// <summary>A clock on which every wait is over at once, and every look at it is a little later.</summary>
internal sealed class InstantTime(int millisecondsPerLook = 1) : TimeProvider
{
    private long _milliseconds;

    public override long TimestampFrequency => 1_000;

    public override long GetTimestamp() => Interlocked.Add(ref _milliseconds, millisecondsPerLook);

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        System.CreateTimer(
            callback, state, dueTime < TimeSpan.Zero ? dueTime : TimeSpan.Zero, Timeout.InfiniteTimeSpan);
}
