namespace Concord.Cli.Orders;

/// <summary>Measures the longest time without any commit after a fault. Called by many clients at once.</summary>
/// <param name="time">The clock.</param>
internal sealed class CommitSilence(TimeProvider time)
{
    private readonly Lock _lock = new();
    private bool _isMeasuring;
    private long _since;
    private TimeSpan _longest;

    /// <summary>Starts to measure; a second fault does not start over.</summary>
    public void Fault()
    {
        lock (_lock)
        {
            _since = _isMeasuring ? _since : time.GetTimestamp();
            _isMeasuring = true;
        }
    }

    public void Commit() => EndSilence();

    /// <summary>After the last order. Silence at the end is counted only if no commit came at all: when only refusals
    /// are left, nobody is waiting for a commit.</summary>
    public TimeSpan End()
    {
        lock (_lock)
        {
            if (_isMeasuring && _longest == TimeSpan.Zero)
            {
                _longest = time.GetElapsedTime(_since);
            }

            return _longest;
        }
    }

    private void EndSilence()
    {
        lock (_lock)
        {
            if (!_isMeasuring)
            {
                return;
            }

            long now = time.GetTimestamp();
            TimeSpan silence = time.GetElapsedTime(_since, now);
            _longest = silence > _longest ? silence : _longest;
            _since = now;
        }
    }
}
