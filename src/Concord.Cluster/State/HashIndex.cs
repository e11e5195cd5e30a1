using Concord.Consensus;

namespace Concord.Cluster.State;

/// <summary>
/// Finds a record id by key: open addressing with linear probing, deletion by shifting back. An entry is the upper half
/// of the key's hash and the id, so that growing and shifting touch no record. One per slot: each grows alone.
/// </summary>
internal sealed class HashIndex(RecordStore records)
{
    private const int EntriesMin = 8;
    private const int IdBits = 32;

    private ulong[] _entries = new ulong[EntriesMin];

    public int Count { get; private set; }

    /// <summary>The id under a key, or <see cref="Record.None"/>.</summary>
    public int Find(ulong hash, ReadOnlySpan<byte> key)
    {
        ulong[] entries = _entries;
        uint tag = (uint)(hash >> IdBits);
        for (int at = Home(tag, entries); entries[at] != 0; at = Next(at, entries))
        {
            if ((uint)(entries[at] >> IdBits) == tag && records.KeyOf(IdOf(entries[at])).SequenceEqual(key))
            {
                return IdOf(entries[at]);
            }
        }

        return Record.None;
    }

    /// <summary>Adds a key that is not there.</summary>
    public void Add(ulong hash, int id)
    {
        if ((Count + 1) * 4 > _entries.Length * 3)
        {
            Resize(_entries.Length * 2);
        }

        Insert((hash >> IdBits << IdBits) | ((uint)id + 1));
        Count++;
    }

    /// <summary>Removes a key that is there.</summary>
    public void Remove(ulong hash, int id)
    {
        ulong[] entries = _entries;
        uint tag = (uint)(hash >> IdBits);
        int hole = Home(tag, entries);
        while (entries[hole] != 0 && IdOf(entries[hole]) != id)
        {
            hole = Next(hole, entries);
        }

        Invariant.Check(entries[hole] != 0, "a record that is removed is in the hash index");
        for (int at = Next(hole, entries); entries[at] != 0; at = Next(at, entries))
        {
            // What lies behind the hole moves into it, unless it would then stand before its home.
            int mask = entries.Length - 1;
            int fromHome = (at - Home((uint)(entries[at] >> IdBits), entries)) & mask;
            if (fromHome >= ((at - hole) & mask))
            {
                entries[hole] = entries[at];
                hole = at;
            }
        }

        entries[hole] = 0;
        Count--;
        if (Count * 8 < entries.Length && entries.Length > EntriesMin)
        {
            Resize(entries.Length / 2);
        }
    }

    private static int Home(uint tag, ulong[] entries) => (int)tag & (entries.Length - 1);

    private static int Next(int at, ulong[] entries) => (at + 1) & (entries.Length - 1);

    private static int IdOf(ulong entry) => (int)(uint)entry - 1;

    private void Insert(ulong entry)
    {
        int at = Home((uint)(entry >> IdBits), _entries);
        while (_entries[at] != 0)
        {
            at = Next(at, _entries);
        }

        _entries[at] = entry;
    }

    private void Resize(int length)
    {
        ulong[] old = _entries;
        _entries = new ulong[length];
        foreach (ulong entry in old)
        {
            if (entry != 0)
            {
                Insert(entry);
            }
        }
    }
}
