namespace Concord.Simulation.Disk;

/// <content>All that a crash may leave, one after the other (ALICE: Pillai et al., OSDI 2014).</content>
internal sealed partial class SimFileSystem
{
    private const int ChangesMax = 20;

    /// <summary>
    /// A disk for each set of changes that a crash at this moment may keep: every unsynced write, whole or not at all,
    /// and every unsynced change of a name, each without regard to the others. What is torn within a write,
    /// <see cref="Crash"/> draws.
    /// </summary>
    public IEnumerable<SimFileSystem> CrashStates()
    {
        int changes = _names.UnsyncedCount + _names.Inodes.Sum(static inode => inode.UnsyncedCount);
        if (changes > ChangesMax)
        {
            throw new InvalidOperationException($"{changes} changes are not synced: too many to try all of them.");
        }

        for (int mask = 0; mask < 1 << changes; mask++)
        {
            SimFileSystem copy = Copy((ulong)mask);
            copy.CrashTo(mask);
            yield return copy;
        }
    }

    private void CrashTo(int mask)
    {
        int bit = 0;
        HashSet<int> Take(int count)
        {
            HashSet<int> kept = [];
            for (int i = 0; i < count; i++, bit++)
            {
                if ((mask >> bit & 1) != 0)
                {
                    kept.Add(i);
                }
            }

            return kept;
        }

        IReadOnlyList<SimInode> inodes = _names.Inodes;
        _names.Crash(Take(_names.UnsyncedCount));
        foreach (SimInode inode in inodes)
        {
            inode.Crash(Take(inode.UnsyncedCount));
        }

        Kill();
    }
}
