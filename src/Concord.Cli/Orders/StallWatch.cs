namespace Concord.Cli.Orders;

/// <summary>Cancels when a count has not moved for too long: every wait has an end.</summary>
internal sealed class StallWatch : IAsyncDisposable
{
    private readonly Func<int> _count;
    private readonly TimeSpan _limit;
    private readonly CancellationTokenSource _target;
    private readonly TimeProvider _time;
    private readonly ITimer _timer;
    private int _last = -1;
    private long _since;

    /// <param name="count">What must move.</param>
    /// <param name="limit">How long it may stand still.</param>
    /// <param name="target">Cancelled when it does.</param>
    /// <param name="time">The clock.</param>
    public StallWatch(Func<int> count, TimeSpan limit, CancellationTokenSource target, TimeProvider time)
    {
        (_count, _limit, _target, _time) = (count, limit, target, time);
        _since = time.GetTimestamp();
        _timer = time.CreateTimer(_ => Look(), null, limit / 20, limit / 20);
    }

    public ValueTask DisposeAsync() => _timer.DisposeAsync();

    private void Look()
    {
        int count = _count();
        if (count != _last)
        {
            (_last, _since) = (count, _time.GetTimestamp());
        }
        else if (_time.GetElapsedTime(_since) >= _limit)
        {
            _target.Cancel();
        }
    }
}
