namespace Concord.Client.Connections;

/// <summary>
/// Looks at the lease when its time is over. With the system's time it has a thread of its own: neither the network nor
/// a thread of the pool is needed to learn that a session is lost. With another time, a timer of that.
/// </summary>
internal abstract class SessionAlarm : IDisposable
{
    /// <summary>The longest time between two looks: how late a thread is at most that overslept a renewal.</summary>
    private static readonly TimeSpan s_longest = TimeSpan.FromMilliseconds(500);

    private static readonly TimeSpan s_shortest = TimeSpan.FromMilliseconds(1);

    public static SessionAlarm Start(TimeProvider time, ILeaseOwner owner) =>
        time == TimeProvider.System || time is BootTime ? new OwnThread(owner) : new Timer(time, owner);

    public abstract void Dispose();

    /// <summary>Looks, and says when to look again.</summary>
    private static TimeSpan Look(ILeaseOwner owner)
    {
        TimeSpan left = owner.LookAtLease();
        return left > s_longest ? s_longest : left < s_shortest ? s_shortest : left;
    }

    private sealed class OwnThread : SessionAlarm
    {
        private readonly ManualResetEventSlim _stop = new();

        public OwnThread(ILeaseOwner owner)
        {
            var thread = new Thread(() =>
            {
                TimeSpan next = s_shortest;
                while (!_stop.Wait(next))
                {
                    next = Look(owner);
                }

                _stop.Dispose();
            })
            {
                IsBackground = true,
                Name = "concord-session",
            };
            thread.Start();
        }

        public override void Dispose() => _stop.Set();
    }

    private sealed class Timer : SessionAlarm
    {
        private readonly ITimer _timer;
        private bool _isDisposed;

        public Timer(TimeProvider time, ILeaseOwner owner)
        {
            _timer = time.CreateTimer(
                _ =>
                {
                    TimeSpan next = Look(owner);
                    if (!Volatile.Read(ref _isDisposed))
                    {
                        _timer!.Change(next, Timeout.InfiniteTimeSpan);
                    }
                },
                null,
                Timeout.InfiniteTimeSpan,
                Timeout.InfiniteTimeSpan);
            _timer.Change(s_shortest, Timeout.InfiniteTimeSpan);
        }

        public override void Dispose()
        {
            Volatile.Write(ref _isDisposed, true);
            _timer.Dispose();
        }
    }
}

/// <summary>Whose lease an alarm looks at.</summary>
internal interface ILeaseOwner
{
    /// <summary>Loses the session if its time is over.</summary>
    /// <returns>How long the present one lasts.</returns>
    TimeSpan LookAtLease();
}
