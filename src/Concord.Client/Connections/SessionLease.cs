using System.Diagnostics.CodeAnalysis;
using Concord.Client.Routing;

namespace Concord.Client.Connections;

/// <summary>
/// A session as its holders see it: how long it surely lasts, by the local clock. May be asked from any thread, and
/// answers by the time of the question, whatever other threads are doing.
/// </summary>
[SuppressMessage(
    "Reliability", "CA1001", Justification = "Whoever was given the token may look at it for as long as he likes.")]
internal sealed class SessionLease(
    ClientSession session, TimeSpan timeToLive, Func<TimeSpan> now, Action lookSooner) : IConcordSession
{
    private readonly CancellationTokenSource _lost = new();
    private readonly Lock _gate = new();
    private readonly HashSet<HeldClaim> _holds = [];
    private readonly HashSet<HeldClaim> _limited = [];
    private TimeSpan _looksAt = TimeSpan.MaxValue;
    private long _deadline = TimeSpan.MaxValue.Ticks;
    private int _isLost;

    /// <summary>Which session it is.</summary>
    public ClientSession Of { get; } = session;

    public string Id { get; } = session.Id.ToString();

    public CancellationToken Lost => _lost.Token;

    /// <summary>By the clock that it is counted by.</summary>
    public TimeSpan Now => now();

    /// <summary>When it is lost, unless it is renewed.</summary>
    public TimeSpan Deadline
    {
        get => new(Volatile.Read(ref _deadline));
        set => Volatile.Write(ref _deadline, value.Ticks);
    }

    /// <summary>Whether its time is over, now.</summary>
    public bool IsLost
    {
        get
        {
            if (Volatile.Read(ref _isLost) == 0 && now() >= Deadline)
            {
                Lose();
            }

            return Volatile.Read(ref _isLost) != 0;
        }
    }

    public SessionState State
    {
        get
        {
            if (IsLost)
            {
                return SessionState.Lost;
            }

            TimeSpan deadline = Deadline;
            return deadline == TimeSpan.MaxValue ? SessionState.Connecting
                : deadline - now() < timeToLive / 3 ? SessionState.Jeopardy
                : SessionState.Healthy;
        }
    }

    /// <summary>What is held is lost when the lease is, or when its own time is over.</summary>
    public void Add(HeldClaim hold)
    {
        lock (_gate)
        {
            _holds.Add(hold);
        }

        if (hold.Until < TimeSpan.MaxValue)
        {
            Limit(hold);
        }

        if (Volatile.Read(ref _isLost) != 0)
        {
            hold.Take();
        }
    }

    public void Remove(HeldClaim hold)
    {
        lock (_gate)
        {
            _holds.Remove(hold);
            _limited.Remove(hold);
        }
    }

    /// <summary>It was said for how long a hold has time.</summary>
    public void Limit(HeldClaim hold)
    {
        TimeSpan until = hold.Until;
        lock (_gate)
        {
            if (_holds.Contains(hold))
            {
                _limited.Add(hold);
            }

            if (until >= _looksAt)
            {
                return;
            }

            _looksAt = until;
        }

        lookSooner();
    }

    /// <summary>Takes what has no time left.</summary>
    /// <returns>How long to the next end of a time, that of the lease itself included.</returns>
    public TimeSpan Look()
    {
        TimeSpan now = Now;
        TimeSpan next = Deadline;
        var over = new List<HeldClaim>();
        lock (_gate)
        {
            foreach (HeldClaim hold in _limited)
            {
                TimeSpan until = hold.Until;
                if (until <= now)
                {
                    over.Add(hold);
                }
                else if (until < next)
                {
                    next = until;
                }
            }

            _looksAt = next;
        }

        over.ForEach(static hold => hold.Take());
        return next - now;
    }

    /// <summary>It is over, and what is held with it. Callbacks of users run on the pool, not here.</summary>
    public void Lose()
    {
        if (Interlocked.Exchange(ref _isLost, 1) != 0)
        {
            return;
        }

        _ = _lost.CancelAsync();
        HeldClaim[] holds;
        lock (_gate)
        {
            holds = [.. _holds];
        }

        foreach (HeldClaim hold in holds)
        {
            hold.Take();
        }
    }
}
