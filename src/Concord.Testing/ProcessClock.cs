namespace Concord.Testing;

/// <summary>The time as one process sees it. While the process is paused it stands still and no timer goes off; then it
/// is as late as it is, and everything that became due goes off at once.</summary>
internal sealed class ProcessClock(TestClock clock) : TimeProvider
{
    private readonly Lock _gate = new();
    private readonly List<Timer> _timers = [];
    private TimeSpan? _stoppedAt;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    private TimeSpan Now
    {
        get
        {
            lock (_gate)
            {
                return _stoppedAt ?? clock.Now;
            }
        }
    }

    public void Stop()
    {
        lock (_gate)
        {
            _stoppedAt ??= clock.Now;
        }
    }

    public void Continue()
    {
        lock (_gate)
        {
            _stoppedAt = null;
        }

        GoOff();
    }

    /// <summary>Sets off the timers that are due, in the order of their times.</summary>
    public void GoOff()
    {
        while (NextDue() is { } timer)
        {
            timer.GoOff();
        }
    }

    public override long GetTimestamp() => Now.Ticks;

    public override DateTimeOffset GetUtcNow() => TestClock.At(Now);

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new Timer(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    private Timer? NextDue()
    {
        lock (_gate)
        {
            if (_stoppedAt is not null)
            {
                return null;
            }

            Timer? first = null;
            foreach (Timer timer in _timers)
            {
                first = timer.Due <= clock.Now && (first is null || timer.Due < first.Due) ? timer : first;
            }

            first?.Rearm(clock.Now);
            return first;
        }
    }

    private sealed class Timer(ProcessClock process, TimerCallback callback, object? state) : ITimer
    {
        private TimeSpan _period;

        public TimeSpan Due { get; private set; }

        public void GoOff() => callback(state);

        /// <summary>Under the gate: it is going off.</summary>
        public void Rearm(TimeSpan now)
        {
            if (_period > TimeSpan.Zero)
            {
                Due = now + _period;
            }
            else
            {
                process._timers.Remove(this);
            }
        }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            lock (process._gate)
            {
                process._timers.Remove(this);
                _period = period;
                if (dueTime >= TimeSpan.Zero)
                {
                    Due = (process._stoppedAt ?? process.Clock.Now) + dueTime;
                    process._timers.Add(this);
                }
            }

            return true;
        }

        public void Dispose()
        {
            lock (process._gate)
            {
                process._timers.Remove(this);
            }
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return default;
        }
    }

    private TestClock Clock => clock;
}
