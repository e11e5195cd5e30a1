using Concord.Consensus;

namespace Concord.Simulation.Consensus;

/// <summary>All entries that were ever written. Finding the entry for a place and a stamp is the log matching
/// check.</summary>
internal sealed class EntryTree
{
    private readonly Dictionary<(ulong Index, Stamp Stamp), LogEntry> _entries = [];

    public LogEntry Intern(LogEntry? previous, ulong index, Stamp stamp, EntryKind kind, ReadOnlySpan<byte> payload) =>
        Intern(previous, index, stamp, stamp, kind, payload);

    public LogEntry Intern(
        LogEntry? previous, ulong index, Stamp stamp, Stamp origin, EntryKind kind, ReadOnlySpan<byte> payload)
    {
        if (!_entries.TryGetValue((index, stamp), out LogEntry? entry))
        {
            entry = new(previous, index, stamp, origin, kind, payload.ToArray());
            _entries.Add((index, stamp), entry);
            return entry;
        }

        // Raft section 5.3: entries with the same index and term hold the same command, and so does all before them.
        if (entry.Previous != previous)
        {
            throw new ViolatedException(
                "log-matching",
                $"{entry} follows {entry.Previous?.ToString() ?? "-"} here and {previous?.ToString() ?? "-"} there");
        }

        if (entry.Origin != origin || entry.Kind != kind || !payload.SequenceEqual(entry.Payload))
        {
            throw new ViolatedException("log-matching", $"{entry} is two different ones");
        }

        return entry;
    }

    public LogEntry? Find(ulong index, Stamp stamp) => _entries.GetValueOrDefault((index, stamp));
}
