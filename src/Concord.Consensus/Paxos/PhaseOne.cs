namespace Concord.Consensus.Paxos;

/// <summary>
/// What a candidate learns in phase 1 of its ballot: who has promised, and of each place the value that was accepted
/// under the highest ballot. A promise comes in pieces; it counts when all of it is there.
/// </summary>
internal sealed class PhaseOne
{
    private readonly List<Promise> _promises = [];
    private bool _isForgotten = true;

    /// <summary>Asked is for what lies behind <paramref name="from"/>.</summary>
    public PhaseOne(LogIndex from) => Values = new(from);

    /// <summary>Of each place what was accepted under the highest ballot that anybody told of.</summary>
    public LogBuffer Values { get; }

    /// <summary>Whether <paramref name="node"/> has promised and told all that it has accepted.</summary>
    public bool HasPromised(NodeId node) => Find(node) is { IsComplete: true };

    /// <summary>Behind which place <paramref name="node"/> is to be asked next. What is committed by now need not be
    /// told.</summary>
    public LogIndex AskFrom(NodeId node, LogIndex committed)
    {
        Promise promise = Find(node) ?? Add(node, committed);
        promise.SkipThrough(committed);
        return promise.Through;
    }

    /// <summary>Who of <paramref name="membership"/> has promised, by place.</summary>
    public ulong PromisedIn(Membership membership)
    {
        ulong promised = 0;
        foreach (Promise promise in _promises)
        {
            int place = promise.IsComplete ? membership.IndexOf(promise.Node) : -1;
            promised |= place < 0 ? 0 : 1UL << place;
        }

        return promised;
    }

    /// <summary>How far <paramref name="node"/> knew the log to be committed when it promised; null if it did
    /// not.</summary>
    public LogIndex? CommitOf(NodeId node) => Find(node) is { IsComplete: true } promise ? promise.Commit : null;

    /// <summary>Whether <paramref name="node"/> said that it holds the value <paramref name="origin"/> at
    /// <paramref name="index"/>.</summary>
    public bool HasTold(NodeId node, LogIndex index, Stamp origin) => Find(node) is { } promise
        && index > promise.From && index - promise.From <= (ulong)promise.Origins.Count
        && promise.Origins[(int)(index - promise.From) - 1] == origin;

    /// <summary>It turned out not to hold what it told.</summary>
    public void ForgetTold(NodeId node) => Find(node)?.ForgetOrigins();

    /// <summary>Takes a piece of a promise. It may begin later than asked, for a snapshot covers what is before: that
    /// is good as far as it is committed here too.</summary>
    /// <returns>Whether it told something more.</returns>
    public bool Take(in Message message, EntryReader entries, LogIndex committed)
    {
        if (Find(message.From) is not { IsComplete: false } promise)
        {
            return false;
        }

        if (_isForgotten)
        {
            _isForgotten = false;
            Values.Restart(committed, Stamp.None);
        }

        promise.SkipThrough(LogIndex.Min(message.Index, committed));
        LogIndex index = message.Index;
        if (index > promise.Through)
        {
            return false;
        }

        while (entries.TryRead(out Stamp stamp, out EntryKind kind, out ReadOnlySpan<byte> payload))
        {
            index++;
            if (index > promise.Through)
            {
                promise.Origins.Add(entries.Origin);
            }

            bool isNews = kind != EntryKind.None && index > Values.Base;
            if (isNews && (!Values.Has(index) || Values.StampAt(index) < stamp))
            {
                Values.Put(index, stamp, entries.Origin, kind, payload);
            }
        }

        // The answer to the question before counts for what it tells beyond.
        if (index < promise.Through || (index == promise.Through && index < message.Hint))
        {
            return false;
        }

        promise.Through = index;
        promise.IsComplete = index >= message.Hint;
        promise.Commit = message.Commit;
        return true;
    }

    /// <summary>All of it has been proposed and is committed: only who has promised still matters.</summary>
    public void ForgetValues(LogIndex committed)
    {
        if (_isForgotten)
        {
            return;
        }

        _isForgotten = true;
        Values.Restart(committed, Stamp.None);
        foreach (Promise promise in _promises)
        {
            promise.ForgetOrigins();
            promise.Origins.TrimExcess();
        }
    }

    private Promise? Find(NodeId node)
    {
        foreach (Promise promise in _promises)
        {
            if (promise.Node == node)
            {
                return promise;
            }
        }

        return null;
    }

    private Promise Add(NodeId node, LogIndex from)
    {
        var promise = new Promise(node, from);
        _promises.Add(promise);
        return promise;
    }

    private sealed class Promise(NodeId node, LogIndex from)
    {
        public NodeId Node { get; } = node;

        /// <summary>What was told before is not remembered.</summary>
        public LogIndex From { get; private set; } = from;

        public LogIndex Through { get; set; } = from;

        public bool IsComplete { get; set; }

        public LogIndex Commit { get; set; }

        /// <summary>The names of the values that it holds behind <see cref="From"/>, none where it holds
        /// none.</summary>
        public List<Stamp> Origins { get; } = [];

        public void SkipThrough(LogIndex index)
        {
            if (!IsComplete && index > Through)
            {
                Through = index;
                ForgetOrigins();
            }
        }

        public void ForgetOrigins()
        {
            Origins.Clear();
            From = Through;
        }
    }
}
