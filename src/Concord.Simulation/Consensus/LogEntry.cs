using Concord.Consensus;

namespace Concord.Simulation.Consensus;

/// <summary>
/// An entry as the simulator knows it: one object for each entry that was ever written anywhere, linked to the one before
/// it. Two replicas hold the same entry exactly when they hold the same object, and then they agree on all before it.
/// </summary>
internal sealed class LogEntry(LogEntry? previous, ulong index, Stamp stamp, EntryKind kind, byte[] payload)
{
    public LogEntry? Previous { get; } = previous;

    public ulong Index { get; } = index;

    public Stamp Stamp { get; } = stamp;

    public EntryKind Kind { get; } = kind;

    public byte[] Payload { get; } = payload;

    public override string ToString() => $"{Index}@{Stamp}";
}

/// <summary>All entries that were ever written. Finding the entry for a place and a stamp is the log matching check.</summary>
internal sealed class EntryTree
{
    private readonly Dictionary<(ulong Index, Stamp Stamp), LogEntry> _entries = [];

    public LogEntry Intern(LogEntry? previous, ulong index, Stamp stamp, EntryKind kind, ReadOnlySpan<byte> payload)
    {
        if (!_entries.TryGetValue((index, stamp), out LogEntry? entry))
        {
            entry = new(previous, index, stamp, kind, payload.ToArray());
            _entries.Add((index, stamp), entry);
            return entry;
        }

        // Raft section 5.3: entries with the same index and term hold the same command, and so does all before them.
        if (entry.Previous != previous)
        {
            throw new ViolatedException(
                "log-matching", $"{entry} follows {entry.Previous?.ToString() ?? "-"} here and {previous?.ToString() ?? "-"} there");
        }

        if (entry.Kind != kind || !payload.SequenceEqual(entry.Payload))
        {
            throw new ViolatedException("log-matching", $"{entry} holds two different commands");
        }

        return entry;
    }

    public LogEntry? Find(ulong index, Stamp stamp) => _entries.GetValueOrDefault((index, stamp));
}
