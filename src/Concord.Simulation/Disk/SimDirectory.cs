namespace Concord.Simulation.Disk;

/// <summary>
/// The names of the simulated disk: what the disk holds, what a program sees, and the changes between the two, in their
/// order. A change is durable once the directory that it was made in has been synced.
/// </summary>
internal sealed class SimDirectory
{
    private readonly List<NameChange> _unsynced = [];
    private readonly SortedDictionary<string, SimInode> _durable = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, SimInode> _seen = new(StringComparer.Ordinal);

    public IEnumerable<KeyValuePair<string, SimInode>> Entries => _seen;

    /// <summary>Every file that some crash may leave, once, in an order that a copy has too.</summary>
    public IReadOnlyList<SimInode> Inodes
    {
        get
        {
            List<SimInode> all = [];
            HashSet<SimInode> met = [];
            IEnumerable<SimInode?> changed = _unsynced.Select(static change => change.Inode);
            foreach (SimInode? inode in _durable.Values.Concat(_seen.Values).Concat(changed))
            {
                if (inode is not null && met.Add(inode))
                {
                    all.Add(inode);
                }
            }

            return all;
        }
    }

    public SimInode? Find(string path) => _seen.GetValueOrDefault(path);

    public void Add(string path, SimInode inode) => Change(new(Parent(path), null, path, inode));

    public void Rename(string from, string to) => Change(new(Parent(to), from, to, _seen[from]));

    /// <summary>How many changes a crash may take back.</summary>
    public int UnsyncedCount => _unsynced.Count;

    /// <summary>A file is gone at once, as if it had never been.</summary>
    public void Lose(string path)
    {
        _seen.Remove(path);
        _durable.Remove(path);
        _unsynced.RemoveAll(change => change.Added == path || change.Removed == path);
    }

    public void Remove(string path) => Change(new(Parent(path), path, null, null));

    public void Sync(string directory)
    {
        foreach (NameChange change in _unsynced)
        {
            if (change.Directory == directory)
            {
                Apply(_durable, change);
            }
        }

        _unsynced.RemoveAll(change => change.Directory == directory);
    }

    /// <summary>What was not synced survives up to some change, or here and there, or not at all.</summary>
    public void Crash(SimRandom random, FaultTally faults)
    {
        bool inOrder = random.Chance(0.5);
        int kept = random.Next(_unsynced.Count + 1);
        for (int i = 0; i < _unsynced.Count; i++)
        {
            if (inOrder ? i < kept : random.Chance(0.5))
            {
                Apply(_durable, _unsynced[i]);
            }
            else
            {
                faults.Count(FaultKind.NameChangeLost);
            }
        }

        Settle();
    }

    /// <summary>What survives a crash when these changes do, by their places, and no others.</summary>
    public void Crash(IReadOnlySet<int> kept)
    {
        for (int i = 0; i < _unsynced.Count; i++)
        {
            if (kept.Contains(i))
            {
                Apply(_durable, _unsynced[i]);
            }
        }

        Settle();
    }

    private void Settle()
    {
        _unsynced.Clear();
        RemoveOrphans();
        _seen.Clear();
        foreach ((string path, SimInode inode) in _durable)
        {
            _seen.Add(path, inode);
        }
    }

    public SimDirectory Copy()
    {
        // A file keeps its identity: it may be known by different names before and after a change.
        Dictionary<SimInode, SimInode> copies = [];
        SimInode CopyOf(SimInode inode) =>
            copies.TryGetValue(inode, out SimInode? known) ? known : copies[inode] = inode.Copy();

        var copy = new SimDirectory();
        foreach ((string path, SimInode inode) in _durable)
        {
            copy._durable.Add(path, CopyOf(inode));
        }

        foreach ((string path, SimInode inode) in _seen)
        {
            copy._seen.Add(path, CopyOf(inode));
        }

        foreach (NameChange change in _unsynced)
        {
            copy._unsynced.Add(change with { Inode = change.Inode is null ? null : CopyOf(change.Inode) });
        }

        return copy;
    }

    public static string Parent(string path) => Path.GetDirectoryName(path) ?? "";

    private void Change(NameChange change)
    {
        _unsynced.Add(change);
        Apply(_seen, change);
    }

    private void RemoveOrphans()
    {
        // In ordinal order a directory comes before what is in it.
        foreach (string path in _durable.Keys.ToArray())
        {
            string parent = Parent(path);
            if (parent.Length > 0 && parent != Path.GetPathRoot(path) && !_durable.ContainsKey(parent))
            {
                _durable.Remove(path);
            }
        }
    }

    private static void Apply(SortedDictionary<string, SimInode> names, NameChange change)
    {
        if (change.Removed is not null)
        {
            names.Remove(change.Removed);
        }

        if (change.Added is not null)
        {
            names[change.Added] = change.Inode!;
        }
    }

    private sealed record NameChange(string Directory, string? Removed, string? Added, SimInode? Inode);
}
