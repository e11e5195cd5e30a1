namespace Concord.Commit;

/// <summary>
/// Knows what is prepared at the leader of a participant, and when to ask the anchor about it. To ask is to recover:
/// the anchor writes Abort into the register if it is absent, and answers what the register holds. Not thread-safe.
/// </summary>
/// <remarks>
/// Never resolves anything by itself: a prepared participant that gives up alone breaks atomicity, however long it
/// waited. It only ever asks again. The order of the questions is that of their times, then that of the calls.
/// </remarks>
/// <typeparam name="TKey">Names a transaction.</typeparam>
public sealed class InDoubtTracker<TKey>
    where TKey : notnull, IEquatable<TKey>
{
    private readonly InDoubtOptions _options;
    private readonly Dictionary<TKey, Doubt> _doubts = [];

    // A change of plan leaves the old one behind; it is recognized and dropped when its time comes.
    private readonly PriorityQueue<TKey, Turn> _turns = new();
    private ulong _calls;

    /// <summary>A tracker of nothing.</summary>
    /// <param name="options">When to ask.</param>
    /// <exception cref="ArgumentOutOfRangeException">The times are not positive, or not in order.</exception>
    public InDoubtTracker(InDoubtOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        _options = options;
    }

    /// <summary>How many transactions are prepared and not resolved.</summary>
    public int Count => _doubts.Count;

    /// <summary>A transaction is prepared here, durably. Known ones are left as they are.</summary>
    /// <param name="key">The transaction.</param>
    /// <param name="now">The host's monotone time.</param>
    public void Prepared(TKey key, TimeSpan now)
    {
        if (!_doubts.ContainsKey(key))
        {
            Plan(key, now, _options.RecoveryDelay, isBlocking: false);
        }
    }

    /// <summary>The decision is applied here. Unknown ones are ignored.</summary>
    /// <param name="key">The transaction.</param>
    public void Resolved(TKey key) => _doubts.Remove(key);

    /// <summary>
    /// Somebody waits for it: the next question comes sooner. Repetitions and unknown ones are ignored.
    /// </summary>
    /// <param name="key">The transaction.</param>
    public void Blocking(TKey key)
    {
        if (_doubts.TryGetValue(key, out Doubt doubt) && !doubt.IsBlocking)
        {
            Plan(key, doubt.Since, _options.BlockingDelay, isBlocking: true);
        }
    }

    /// <summary>This replica leads now: forgets what it knew, and takes over all that is prepared.</summary>
    /// <param name="prepared">
    /// Every prepared and unresolved transaction, in an order that does not depend on chance.
    /// </param>
    /// <param name="now">The host's monotone time.</param>
    public void BecomeLeader(ReadOnlySpan<TKey> prepared, TimeSpan now)
    {
        Clear();
        foreach (TKey key in prepared)
        {
            Prepared(key, now);
        }
    }

    /// <summary>This replica does not lead: asking is another's business.</summary>
    public void Clear()
    {
        _doubts.Clear();
        _turns.Clear();
    }

    /// <summary>Time has passed: says whom to ask about, and plans to ask again.</summary>
    /// <param name="now">The host's monotone time.</param>
    /// <param name="asks">Gets the transactions to ask the anchor about, appended.</param>
    public void Tick(TimeSpan now, List<TKey> asks)
    {
        ArgumentNullException.ThrowIfNull(asks);
        int left = _options.AsksPerTickMax;
        while (left > 0 && _turns.TryPeek(out TKey? key, out Turn turn) && turn.At <= now)
        {
            _turns.Dequeue();
            if (_doubts.TryGetValue(key, out Doubt doubt) && doubt.Call == turn.Call)
            {
                left--;
                asks.Add(key);
                TimeSpan twice = doubt.Delay * 2;
                Plan(key, now, twice < _options.DelayMax ? twice : _options.DelayMax, doubt.IsBlocking);
            }
        }
    }

    private void Plan(TKey key, TimeSpan since, TimeSpan delay, bool isBlocking)
    {
        _doubts[key] = new(since, delay, isBlocking, ++_calls);
        _turns.Enqueue(key, new(since + delay, _calls));
    }

    /// <summary>What is known of one transaction: since when, and how long, it waits for its next question.</summary>
    private readonly record struct Doubt(TimeSpan Since, TimeSpan Delay, bool IsBlocking, ulong Call);

    /// <summary>When a question is due; ties are broken by the call that planned it.</summary>
    private readonly record struct Turn(TimeSpan At, ulong Call) : IComparable<Turn>
    {
        public int CompareTo(Turn other)
        {
            int byTime = At.CompareTo(other.At);
            return byTime != 0 ? byTime : Call.CompareTo(other.Call);
        }
    }
}
