using Concord.Consensus;

namespace Concord.Cluster.Storage;

/// <summary>
/// The places of a log in which each is written for itself (Multi-Paxos): gaps stay, stamps need not rise, and a put
/// replaces one place only. The last word at a place counts.
/// </summary>
internal sealed class PositionReplay
{
    private readonly SortedDictionary<ulong, RecoveredEntry> _places = [];

    public static PositionReplay From(LogBuffer log)
    {
        var replay = new PositionReplay();
        for (LogIndex at = log.First; at <= log.Last; at++)
        {
            replay.Put(at, log.StampAt(at), log.KindAt(at), log.PayloadAt(at));
        }

        return replay;
    }

    public void Put(LogIndex index, Stamp stamp, EntryKind kind, ReadOnlySpan<byte> payload) =>
        _places[index.Value] = new(index, stamp, kind, payload.ToArray());

    /// <summary>What is not there stays away: a stamp makes no entry.</summary>
    public void Restamp(LogIndex from, LogIndex to, Stamp stamp)
    {
        foreach (ulong place in Between(from, to))
        {
            _places[place] = _places[place] with { Stamp = stamp };
        }
    }

    public void RemoveFrom(LogIndex from)
    {
        foreach (ulong place in Between(from, new(ulong.MaxValue)))
        {
            _places.Remove(place);
        }
    }

    /// <summary>The places behind a mark, as far as a log can hold them: without a gap, and with stamps that do not
    /// fall.</summary>
    /// <param name="mark">The newest snapshot.</param>
    /// <param name="beyond">The others.</param>
    public LogBuffer ToLog(SnapshotMark mark, out IReadOnlyList<RecoveredEntry> beyond)
    {
        var log = new LogBuffer(mark.Index, mark.Stamp);
        List<RecoveredEntry> others = [];
        foreach (RecoveredEntry entry in _places.Values)
        {
            if (entry.Index <= mark.Index)
            {
                continue;
            }

            if (others.Count == 0 && entry.Index == log.Last + 1 && entry.Stamp >= log.LastStamp)
            {
                log.Append(entry.Stamp, entry.Kind, entry.Payload.Span);
            }
            else
            {
                others.Add(entry);
            }
        }

        beyond = others;
        return log;
    }

    private ulong[] Between(LogIndex from, LogIndex to) =>
        [.. _places.Keys.Where(place => place >= from.Value && place <= to.Value)];
}
