namespace Concord.Testing;

/// <summary>The time of a test host: moves only when it is told to. Each process has a view of its own, which can stand
/// still while the process is paused.</summary>
internal sealed class TestClock : TimeProvider
{
    private static readonly DateTimeOffset s_start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly Lock _gate = new();
    private readonly List<ProcessClock> _processes = [];
    private readonly ProcessClock _own;
    private long _ticks;

    public TestClock() => _own = NewProcess();

    public TimeSpan Now => new(Volatile.Read(ref _ticks));

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public static DateTimeOffset At(TimeSpan time) => s_start + time;

    public ProcessClock NewProcess()
    {
        var process = new ProcessClock(this);
        lock (_gate)
        {
            _processes.Add(process);
        }

        return process;
    }

    /// <summary>Moves on a little, and sets off what is due.</summary>
    public void Step(TimeSpan by)
    {
        Interlocked.Add(ref _ticks, by.Ticks);
        ProcessClock[] processes;
        lock (_gate)
        {
            processes = [.. _processes];
        }

        foreach (ProcessClock process in processes)
        {
            process.GoOff();
        }
    }

    public override long GetTimestamp() => Now.Ticks;

    public override DateTimeOffset GetUtcNow() => At(Now);

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        _own.CreateTimer(callback, state, dueTime, period);
}
