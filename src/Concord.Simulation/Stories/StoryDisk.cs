using Concord.Consensus;

namespace Concord.Simulation.Stories;

/// <summary>What survives a crash in a story: writes that were completed, in their order.</summary>
internal sealed class StoryDisk
{
    private readonly SortedDictionary<LogIndex, Stored> _entries = [];

    public HardState HardState { get; private set; }

    /// <summary>How far it was known to be committed before the story begins.</summary>
    public LogIndex Commit { get; private set; }

    /// <summary>What has happened before the story begins.</summary>
    public void Given(ulong term, IEnumerable<ulong> terms, ulong commit)
    {
        Commit = new(commit);
        HardState = new(Stamp.FromTerm(term), NodeId.None);
        ulong index = 0;
        foreach (Stamp stamp in terms.Select(Stamp.FromTerm))
        {
            index++;
            _entries.Add(new(index), new(stamp, stamp, EntryKind.Command, StoryCluster.Bytes($"v{index}")));
        }
    }

    /// <summary>Takes a write down as it is now; what is returned completes it.</summary>
    public Action Begin(LogWrite write, LogBuffer log)
    {
        Dictionary<LogIndex, Stored> entries = PlacesOf(write.Entries).Where(log.Has).ToDictionary(
            static at => at,
            at => new Stored(log.StampAt(at), log.OriginAt(at), log.KindAt(at), log.PayloadAt(at).ToArray()));
        Dictionary<LogIndex, Stamp> restamped = PlacesOf(write.Restamped).ToDictionary(static at => at, log.StampAt);
        return () =>
        {
            HardState = write.HardState ?? HardState;
            if (write.TruncateFrom is { } from)
            {
                Truncate(from);
            }

            if (entries.Count > 0 && !write.KeepsWhatFollows)
            {
                Truncate(write.Entries.First);
            }

            foreach ((LogIndex at, Stored entry) in entries)
            {
                _entries[at] = entry;
            }

            foreach ((LogIndex at, Stamp stamp) in restamped)
            {
                _entries[at] = _entries[at] with { Stamp = stamp };
            }
        };
    }

    public LogBuffer Recover()
    {
        var log = new LogBuffer();
        foreach ((LogIndex at, Stored entry) in _entries)
        {
            log.Put(at, entry.Stamp, entry.Origin, entry.Kind, entry.Payload);
        }

        return log;
    }

    private static IEnumerable<LogIndex> PlacesOf(LogRange range) =>
        Enumerable.Range(0, range.Count).Select(i => range.First + (ulong)i);

    private void Truncate(LogIndex from)
    {
        foreach (LogIndex at in _entries.Keys.Where(at => at >= from).ToArray())
        {
            _entries.Remove(at);
        }
    }

    private sealed record Stored(Stamp Stamp, Stamp Origin, EntryKind Kind, byte[] Payload);
}
