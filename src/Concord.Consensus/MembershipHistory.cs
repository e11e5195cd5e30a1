namespace Concord.Consensus;

/// <summary>
/// The memberships that a log and the snapshot before it name, in order. The newest one is in force: in Raft
/// from the moment it is appended, and one that is truncated gives way to the one before it (section 6); in Multi-Paxos
/// from the moment it is known to be chosen.
/// </summary>
internal sealed class MembershipHistory
{
    private readonly List<(LogIndex Index, Membership Membership)> _points = [];

    public MembershipHistory(Membership membership, LogIndex index, LogBuffer log, LogIndex through)
    {
        _points.Add((index, membership));
        for (LogIndex at = LogIndex.Max(index + 1, log.First); at <= through; at++)
        {
            if (log.KindAt(at) == EntryKind.Membership)
            {
                Append(at, log.PayloadAt(at));
            }
        }
    }

    /// <summary>The one in force.</summary>
    public Membership Current => _points[^1].Membership;

    /// <summary>The entry that it came with.</summary>
    public LogIndex Index => _points[^1].Index;

    /// <summary>The one in force at a place, and the entry that it came with.</summary>
    public (LogIndex Index, Membership Membership) At(LogIndex index)
    {
        int at = _points.Count - 1;
        for (; at > 0 && _points[at].Index > index; at--)
        {
        }

        return _points[at];
    }

    public void Append(LogIndex index, ReadOnlySpan<byte> payload)
    {
        Membership? membership = MembershipCodec.TryDecode(payload);
        Invariant.Check(membership is not null, "a membership entry was checked before it was appended");
        _points.Add((index, membership));
    }

    /// <summary>The entries from <paramref name="index"/> on are gone.</summary>
    /// <returns>Whether another membership is in force now.</returns>
    public bool TruncateFrom(LogIndex index)
    {
        int kept = _points.Count;
        for (; kept > 1 && _points[kept - 1].Index >= index; kept--)
        {
        }

        bool changed = kept < _points.Count;
        _points.RemoveRange(kept, _points.Count - kept);
        return changed;
    }

    /// <summary>Entries up to <paramref name="index"/> will not be asked for again.</summary>
    public void DiscardThrough(LogIndex index)
    {
        int superseded = 0;
        for (; superseded + 1 < _points.Count && _points[superseded + 1].Index <= index; superseded++)
        {
        }

        _points.RemoveRange(0, superseded);
    }

    /// <summary>The log begins again behind a snapshot that names <paramref name="membership"/>.</summary>
    public void Restart(Membership membership, LogIndex index)
    {
        _points.Clear();
        _points.Add((index, membership));
    }
}
