namespace Concord.Cli.Tests.Fakes;

/// <summary>Time that stands still unless it is moved.</summary>
internal sealed class SteppedTime : TimeProvider
{
    private long _now = 1;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => _now;

    public void Move(TimeSpan by) => _now += by.Ticks;
}
