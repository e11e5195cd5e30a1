namespace Concord.Cli.Bench.Outages;

/// <summary>The writes of one group that were acknowledged, by when. Called by many callers at once.</summary>
/// <param name="time">The clock.</param>
internal sealed class GroupAcks(TimeProvider time)
{
    private readonly Lock _lock = new();
    private readonly List<long> _ends = [];
    private TimeSpan _slowest;

    /// <summary>How many since the last forgetting.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
            {
                return _ends.Count;
            }
        }
    }

    /// <summary>A write that began then was acknowledged now.</summary>
    public void Add(long began)
    {
        lock (_lock)
        {
            // Under the lock, so that they stand in their order.
            long now = time.GetTimestamp();
            _ends.Add(now);
            TimeSpan took = time.GetElapsedTime(began, now);
            _slowest = took > _slowest ? took : _slowest;
        }
    }

    /// <summary>Begins anew.</summary>
    public void Forget()
    {
        lock (_lock)
        {
            _ends.Clear();
            _slowest = default;
        }
    }

    /// <summary>How many were acknowledged since then.</summary>
    public int CountSince(long moment)
    {
        lock (_lock)
        {
            return _ends.Count - FirstAfter(moment);
        }
    }

    public TimeSpan SlowestCall
    {
        get
        {
            lock (_lock)
            {
                return _slowest;
            }
        }
    }

    /// <summary>The longest time without an acknowledgement of which a part lies behind a moment. What is still going
    /// on does not count: there must have been one since.</summary>
    public (long From, long To) LongestSilence(long moment)
    {
        lock (_lock)
        {
            (long From, long To) longest = (moment, moment);
            for (int i = Math.Max(1, FirstAfter(moment)); i < _ends.Count; i++)
            {
                if (_ends[i] - _ends[i - 1] > longest.To - longest.From)
                {
                    longest = (_ends[i - 1], _ends[i]);
                }
            }

            return longest;
        }
    }

    private int FirstAfter(long moment)
    {
        int place = _ends.BinarySearch(moment);
        return place < 0 ? ~place : place;
    }
}
