using Concord.Engines;
using Concord.Operations.Holds;

namespace Concord.Tests;

/// <summary>A root as anybody would write it down: two lists, and the first of the line comes in when it may.</summary>
internal sealed class NaiveHolds(RecordKind kind)
{
    public List<Ask> Holders { get; } = [];

    public List<Ask> Line { get; } = [];

    public int Limit { get; private set; }

    public bool IsLimitSet { get; private set; }

    /// <summary>Transactions that are not decided and rest on what is held here.</summary>
    public HashSet<ulong> Required { get; } = [];

    public bool IsIdle => Holders.Count == 0 && Line.Count == 0 && !IsLimitSet;

    /// <returns>Granted, in line (null), or refused as more than there is (false).</returns>
    public bool? Acquire(Ask ask, int initialLimit)
    {
        if (IsIdle)
        {
            Limit = initialLimit;
        }

        if (kind == RecordKind.Semaphore && ask.Count > Limit)
        {
            return false;
        }

        Line.Add(ask);
        LetIn();
        return Holders.Contains(ask) ? true : null;
    }

    /// <returns>Null when it has to wait for a transaction.</returns>
    public ReleaseOutcome? Release(ulong session, ulong sequence)
    {
        bool held = Holders.Exists(ask => ask.Is(session, sequence));
        if (held && Required.Count > 0)
        {
            return null;
        }

        int gone = Holders.RemoveAll(ask => ask.Is(session, sequence));
        int left = Line.RemoveAll(ask => ask.Is(session, sequence));
        LetIn();
        return gone > 0 ? ReleaseOutcome.Released
            : left > 0 ? ReleaseOutcome.LeftLine
            : ReleaseOutcome.NotFound;
    }

    public void Close(ulong session)
    {
        Line.RemoveAll(ask => ask.Session == session);
        Holders.RemoveAll(ask => ask.Session == session);
        LetIn();
    }

    public void TakeAll()
    {
        Holders.Clear();
        LetIn();
    }

    public void Set(int limit)
    {
        (Limit, IsLimitSet) = (limit, true);
        LetIn();
    }

    private void LetIn()
    {
        while (Line.Count > 0 && MayHold(Line[0]))
        {
            Holders.Add(Line[0]);
            Line.RemoveAt(0);
        }
    }

    private bool MayHold(Ask ask) => kind switch
    {
        RecordKind.Group => true,
        RecordKind.Semaphore => Holders.Sum(holder => holder.Count) + ask.Count <= Limit,
        _ when ask.Mode == HoldMode.Exclusive => Holders.Count == 0,
        _ => Holders.TrueForAll(holder => holder.Mode == HoldMode.Shared),
    };

    internal sealed record Ask(ulong Session, ulong Sequence, HoldMode Mode, int Count)
    {
        public bool Is(ulong session, ulong sequence) => (Session, Sequence) == (session, sequence);
    }
}
