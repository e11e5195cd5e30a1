namespace Concord.Cluster.Node;

/// <summary>
/// How much of its snapshots a node gives away per second, to all that fetch together. Counted in time: each piece
/// is paid for with the time that it takes at the rate, and the next one goes when all before it are paid.
/// </summary>
/// <param name="bytesPerSecond">The rate.</param>
internal sealed class SnapshotThrottle(long bytesPerSecond)
{
    /// <summary>How much unused time counts for later. More than between two ticks: what waited for a tick is made up
    /// for, and the rate is reached. Not more than a burst of that length may disturb.</summary>
    private static readonly TimeSpan s_credit = TimeSpan.FromMilliseconds(50);

    private TimeSpan _paidUntil;

    public bool MayGive(TimeSpan now) => now >= _paidUntil;

    /// <summary>A piece goes out: of any size, for it is paid for afterwards.</summary>
    public void Charge(int bytes, TimeSpan now)
    {
        TimeSpan from = now - s_credit > _paidUntil ? now - s_credit : _paidUntil;
        _paidUntil = from + TimeSpan.FromTicks(bytes * TimeSpan.TicksPerSecond / bytesPerSecond);
    }
}
