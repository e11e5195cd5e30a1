using Concord.Consensus;

namespace Concord.Simulation.Consensus;

/// <summary>A log from its first entry to its last, whatever of it a snapshot has replaced.</summary>
internal sealed class LogPath
{
    private readonly List<LogEntry> _entries = [];

    public ulong Last => (ulong)_entries.Count;

    public LogEntry? Tip => _entries.Count == 0 ? null : _entries[^1];

    public Stamp LastStamp => _entries.Count == 0 ? Stamp.None : _entries[^1].Stamp;

    /// <summary>The entry at <paramref name="index"/>; null before the first and behind the last.</summary>
    public LogEntry? At(ulong index) => index - 1 < (ulong)_entries.Count ? _entries[(int)index - 1] : null;

    public bool Holds(LogEntry entry) => At(entry.Index) == entry;

    /// <summary>Puts an entry at its place; what was there and behind it goes.</summary>
    /// <returns>False when there would be a gap, or the entry before is another one.</returns>
    public bool Put(LogEntry entry)
    {
        if (entry.Index > Last + 1 || At(entry.Index - 1) != entry.Previous)
        {
            return false;
        }

        TruncateFrom(entry.Index);
        _entries.Add(entry);
        return true;
    }

    public void TruncateFrom(ulong index)
    {
        int keep = (int)Math.Min(index - 1, Last);
        _entries.RemoveRange(keep, _entries.Count - keep);
    }

    public void CopyFrom(LogPath other)
    {
        _entries.Clear();
        _entries.AddRange(other._entries);
    }

    /// <summary>Becomes the log that ends with <paramref name="tip"/>, plus what follows it here already.</summary>
    public void RestartAt(LogEntry tip)
    {
        if (Holds(tip))
        {
            return;
        }

        _entries.Clear();
        for (LogEntry? at = tip; at is not null; at = at.Previous)
        {
            _entries.Add(at);
        }

        _entries.Reverse();
    }
}
