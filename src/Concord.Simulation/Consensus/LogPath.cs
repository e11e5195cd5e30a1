using Concord.Consensus;

namespace Concord.Simulation.Consensus;

/// <summary>A log from its first entry to its last, whatever of it a snapshot has replaced.</summary>
internal sealed class LogPath
{
    private readonly List<LogEntry?> _entries = [];
    private Stamp _newest;

    public ulong Last => (ulong)_entries.Count;

    public LogEntry? Tip => _entries.Count == 0 ? null : _entries[^1];

    public Stamp LastStamp => Tip?.Stamp ?? Stamp.None;

    /// <summary>The newest stamp in it.</summary>
    public Stamp NewestStamp => _newest;

    /// <summary>The entry at <paramref name="index"/>; null before the first, behind the last, and in a gap.</summary>
    public LogEntry? At(ulong index) => index - 1 < (ulong)_entries.Count ? _entries[(int)index - 1] : null;

    public bool Holds(LogEntry entry) => At(entry.Index) == entry;

    /// <summary>Whether the same value is there, under whatever stamp.</summary>
    public bool HoldsValue(LogEntry entry) => entry.IsSameValue(At(entry.Index));

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
        Note(entry);
        return true;
    }

    /// <summary>Puts an entry at its place and leaves all others alone.</summary>
    public void PutAlone(LogEntry entry)
    {
        while (Last < entry.Index)
        {
            _entries.Add(null);
        }

        _entries[(int)entry.Index - 1] = entry;
        Note(entry);
    }

    public void TruncateFrom(ulong index)
    {
        int keep = (int)Math.Min(index - 1, Last);
        bool cuts = keep < _entries.Count;
        _entries.RemoveRange(keep, _entries.Count - keep);
        if (cuts)
        {
            // What lies at the end holds something.
            while (_entries.Count > 0 && _entries[^1] is null)
            {
                _entries.RemoveAt(_entries.Count - 1);
            }

            FindNewest();
        }
    }

    public void CopyFrom(LogPath other)
    {
        _entries.Clear();
        _entries.AddRange(other._entries);
        _newest = other._newest;
    }

    /// <summary>A snapshot at <paramref name="tip"/> stands for what is before; what is behind stays.</summary>
    public void CoverThrough(LogEntry tip)
    {
        for (LogEntry? at = tip; at is not null && !ReferenceEquals(At(at.Index), at); at = at.Previous)
        {
            PutAlone(at);
        }
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
        FindNewest();
    }

    private void Note(LogEntry entry) => _newest = entry.Stamp > _newest ? entry.Stamp : _newest;

    private void FindNewest()
    {
        _newest = Stamp.None;
        foreach (LogEntry? entry in _entries)
        {
            _newest = entry?.Stamp > _newest ? entry.Stamp : _newest;
        }
    }
}
