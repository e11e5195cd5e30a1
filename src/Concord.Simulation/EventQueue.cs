namespace Concord.Simulation;

/// <summary>
/// What will happen, in the order of virtual time; what falls on the same moment happens in the order of scheduling, so
/// that a run depends on its seed alone. Times are in microseconds since the run began.
/// </summary>
internal sealed class EventQueue<T>
{
    private readonly PriorityQueue<T, Moment> _events = new();
    private ulong _sequence;

    public long Now { get; private set; }

    public int Count => _events.Count;

    public void Schedule(long at, in T item)
    {
        long time = Math.Max(at, Now);
        _events.Enqueue(item, new(time, _sequence++));
    }

    public bool TryNext(out T item)
    {
        if (!_events.TryDequeue(out item!, out Moment moment))
        {
            return false;
        }

        Now = moment.Time;
        return true;
    }

    /// <summary>The next thing, if it happens before a moment or at it.</summary>
    public bool TryNextBefore(long until, out T item)
    {
        item = default!;
        return _events.TryPeek(out _, out Moment moment) && moment.Time <= until && TryNext(out item);
    }

    private readonly record struct Moment(long Time, ulong Sequence) : IComparable<Moment>
    {
        public int CompareTo(Moment other) =>
            Time != other.Time ? Time.CompareTo(other.Time) : Sequence.CompareTo(other.Sequence);
    }
}
