using System.Diagnostics.CodeAnalysis;

namespace Concord.Client.Connections;

/// <summary>
/// Looks at the lease when its time is over, or that of a hold. With the system's time it has a thread of its own:
/// neither the network nor a thread of the pool is needed to learn that a session is lost. With another time, a timer
/// of that.
/// </summary>
internal abstract class SessionAlarm : IDisposable
{
    /// <summary>The longest time between two looks: how late a thread is at most that overslept a renewal.</summary>
    private static readonly TimeSpan s_longest = TimeSpan.FromMilliseconds(500);

    private static readonly TimeSpan s_shortest = TimeSpan.FromMilliseconds(1);

    public static SessionAlarm Start(TimeProvider time, ILeaseOwner owner) =>
        time == TimeProvider.System || time is BootTime ? new OwnThread(owner) : new Timer(time, owner);

    /// <summary>Looks once more now: something has less time than the last look saw. Under whatever lock.</summary>
    public abstract void Wake();

    public abstract void Dispose();

    /// <summary>Looks, and says when to look again.</summary>
    private static TimeSpan Look(ILeaseOwner owner)
    {
        TimeSpan left = owner.LookAtLease();
        return left > s_longest ? s_longest : left < s_shortest ? s_shortest : left;
    }

    [SuppressMessage("Design", "CA1001", Justification = "It may be woken after the end; nobody would dispose of it.")]
    private sealed class OwnThread : SessionAlarm
    {
        private readonly AutoResetEvent _wake = new(false);
        private volatile bool _isDisposed;

        public OwnThread(ILeaseOwner owner)
        {
            var thread = new Thread(() =>
            {
                TimeSpan next = s_shortest;
                while (!_isDisposed)
                {
                    next = Look(owner);

                    // In whole milliseconds, and none too few: what is looked at too soon is looked at twice.
                    _wake.WaitOne((int)Math.Ceiling(next.TotalMilliseconds));
                }
            })
            {
                IsBackground = true,
                Name = "concord-session",
            };
            thread.Start();
        }

        public override void Wake() => _wake.Set();

        public override void Dispose()
        {
            _isDisposed = true;
            _wake.Set();
        }
    }

    private sealed class Timer : SessionAlarm
    {
        private readonly ITimer _timer;
        private int _wakes;
        private bool _isDisposed;

        public Timer(TimeProvider time, ILeaseOwner owner)
        {
            _timer = time.CreateTimer(
                _ =>
                {
                    int wakes = Volatile.Read(ref _wakes);
                    Set(Look(owner));
                    if (Volatile.Read(ref _wakes) != wakes)
                    {
                        // Perhaps set to now before it was set to then.
                        Set(s_shortest);
                    }
                },
                null,
                Timeout.InfiniteTimeSpan,
                Timeout.InfiniteTimeSpan);
            Set(s_shortest);
        }

        public override void Wake()
        {
            Interlocked.Increment(ref _wakes);
            Set(s_shortest);
        }

        public override void Dispose()
        {
            Volatile.Write(ref _isDisposed, true);
            _timer.Dispose();
        }

        private void Set(TimeSpan next)
        {
            if (!Volatile.Read(ref _isDisposed))
            {
                _timer.Change(next, Timeout.InfiniteTimeSpan);
            }
        }
    }
}

/// <summary>Whose lease an alarm looks at.</summary>
internal interface ILeaseOwner
{
    /// <summary>Loses the session if its time is over.</summary>
    /// <returns>How long the present one lasts, or less if a hold has less time.</returns>
    TimeSpan LookAtLease();
}
