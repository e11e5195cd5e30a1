namespace Concord.Tests;

/// <summary>A clock that stands still until the test moves it. Timers that are due within <see cref="SkipsUpTo"/> go
/// off at once, and the clock with them: waits between attempts cost no time, deadlines stay where they are.</summary>
internal sealed class ManualTime : TimeProvider
{
    private readonly List<ManualTimer> _timers = [];
    private DateTimeOffset _now = DateTimeOffset.UnixEpoch.AddDays(10_000);

    public TimeSpan SkipsUpTo { get; init; } = TimeSpan.FromMilliseconds(100);

    public List<TimeSpan> Skipped { get; } = [];

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override DateTimeOffset GetUtcNow() => _now;

    public override long GetTimestamp() => _now.Ticks;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new ManualTimer(() => callback(state), this);
        timer.Change(dueTime, period);
        if (dueTime >= TimeSpan.Zero && dueTime <= SkipsUpTo)
        {
            Skipped.Add(dueTime);
            Advance(dueTime);
        }

        return timer;
    }

    public void Advance(TimeSpan by)
    {
        _now += by;
        foreach (ManualTimer timer in _timers.Where(timer => timer.Due <= _now).ToArray())
        {
            timer.Dispose();
            timer.GoOff();
        }
    }

    private sealed class ManualTimer(Action goOff, ManualTime time) : ITimer
    {
        public DateTimeOffset Due { get; private set; }

        public void GoOff() => goOff();

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            time._timers.Remove(this);
            if (dueTime >= TimeSpan.Zero)
            {
                Due = time._now + dueTime;
                time._timers.Add(this);
            }

            return true;
        }

        public void Dispose() => time._timers.Remove(this);

        public ValueTask DisposeAsync()
        {
            Dispose();
            return default;
        }
    }
}
