using Concord.Consensus;
using Concord.Encoding;

namespace Concord.Cluster.Storage;

/// <summary>
/// A log in which each place is written for itself (Multi-Paxos), behind the newest snapshot: there may be gaps, stamps
/// need not rise, and a put replaces one place only. The last word at a place counts.
/// </summary>
internal sealed class PlaceReplay(SnapshotMark mark)
{
    private const ulong PlacesMax = 1 << 28;

    private HashSet<LogIndex>? _putSinceLoss;

    public LogBuffer Log { get; } = new(mark.Index, mark.Stamp);

    public void Put(LogIndex index, Stamp stamp, Stamp origin, EntryKind kind, ReadOnlySpan<byte> payload)
    {
        if (index - mark.Index > PlacesMax)
        {
            throw new MalformedDataException($"Place {index} is too far behind the snapshot at {mark.Index}.");
        }

        Log.Put(index, stamp, origin, kind, payload);
        _putSinceLoss?.Add(index);
    }

    /// <summary>What is not there stays away: a stamp makes no entry. Nor does it tell which value it was given to:
    /// when something could not be read since the value here was put, that was perhaps another.</summary>
    public void Restamp(LogIndex from, LogIndex to, Stamp stamp)
    {
        LogIndex last = LogIndex.Min(to, Log.Last);
        for (LogIndex at = LogIndex.Max(from, Log.First); at <= last; at++)
        {
            if (Log.Has(at) && _putSinceLoss?.Contains(at) != false)
            {
                Log.Restamp(at, stamp);
            }
        }
    }

    /// <summary>Here something could not be read. Each place is what it was once.</summary>
    public void Lost() => _putSinceLoss = [];
}
