namespace Concord.Simulation.Consensus;

/// <summary>A replica's own idea of the time: runs fast or slow, and goes on while the replica is paused.</summary>
internal struct SimClock
{
    private long _since;
    private double _local;
    private double _rate;

    public SimClock(long now, long offset) => (_since, _local, _rate) = (now, offset, 1);

    public readonly TimeSpan Read(long now) => TimeSpan.FromTicks((long)((_local + ((now - _since) * _rate)) * 10));

    public void Step(long now, long by) => (_local, _since) = (_local + ((now - _since) * _rate) + by, now);

    public void SetRate(long now, double rate) =>
        (_local, _since, _rate) = (_local + ((now - _since) * _rate), now, rate);
}
