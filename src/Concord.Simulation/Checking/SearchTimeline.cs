namespace Concord.Simulation.Checking;

/// <summary>
/// The calls and returns of a history in the order of time, doubly linked: an operation that has found its place is
/// lifted out in O(1), and put back in O(1) when the search takes it back. Calls come before returns of the same time:
/// such operations overlap. An operation of unknown outcome has no return.
/// </summary>
internal sealed class SearchTimeline
{
    private readonly int[] _next;
    private readonly int[] _previous;
    private readonly int _head;

    /// <param name="count">How many operations.</param>
    /// <param name="invoked">When each began.</param>
    /// <param name="returned">When each returned; <see cref="long.MaxValue"/> for never.</param>
    public SearchTimeline(int count, Func<int, long> invoked, Func<int, long> returned)
    {
        // Entry 2i is the call of i, 2i + 1 its return.
        _head = count * 2;
        (_next, _previous) = (new int[_head + 1], new int[_head + 1]);
        IEnumerable<int> entries = Enumerable.Range(0, _head)
            .Where(entry => IsCall(entry) || returned(OperationOf(entry)) != long.MaxValue)
            .OrderBy(entry => IsCall(entry) ? invoked(OperationOf(entry)) : returned(OperationOf(entry)))
            .ThenBy(static entry => entry & 1);
        int last = _head;
        foreach (int entry in entries)
        {
            (_next[last], _previous[entry]) = (entry, last);
            last = entry;
        }

        (_next[last], _previous[_head]) = (_head, last);
        Returns = [.. Enumerable.Range(0, count).Select(i => returned(i) != long.MaxValue)];
    }

    /// <summary>Which operations return.</summary>
    public bool[] Returns { get; }

    /// <summary>The earliest entry that is left; after the last one comes no entry, see <see cref="IsEnd"/>.</summary>
    public int First => _next[_head];

    public static int OperationOf(int entry) => entry >> 1;

    public static bool IsCall(int entry) => (entry & 1) == 0;

    public static int CallOf(int operation) => operation * 2;

    public bool IsEnd(int entry) => entry == _head;

    public int After(int entry) => _next[entry];

    public void Lift(int operation)
    {
        Unlink(operation * 2);
        if (Returns[operation])
        {
            Unlink((operation * 2) + 1);
        }
    }

    /// <summary>The reverse of <see cref="Lift"/>; what was lifted last comes back first.</summary>
    public void PutBack(int operation)
    {
        if (Returns[operation])
        {
            Link((operation * 2) + 1);
        }

        Link(operation * 2);
    }

    private void Unlink(int entry)
    {
        _next[_previous[entry]] = _next[entry];
        _previous[_next[entry]] = _previous[entry];
    }

    private void Link(int entry)
    {
        _next[_previous[entry]] = entry;
        _previous[_next[entry]] = entry;
    }
}
