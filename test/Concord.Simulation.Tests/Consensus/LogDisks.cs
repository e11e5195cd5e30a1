using Concord.Consensus;
using Concord.Simulation.Consensus;

namespace Concord.Simulation.Tests.Consensus;

/// <summary>Imaginary disks for tests, and what to write on them.</summary>
internal static class LogDisks
{
    /// <summary>An empty disk, and eight entries that follow each other.</summary>
    public static (LogDisk Disk, LogEntry[] Entries) New(ulong seed)
    {
        LogEntry[] entries = new LogEntry[8];
        EntryTree tree = new();
        for (int i = 0; i < entries.Length; i++)
        {
            LogEntry? previous = i == 0 ? null : entries[i - 1];
            entries[i] = tree.Intern(previous, (ulong)i + 1, Stamp.FromTerm(1), EntryKind.Command, [(byte)i]);
        }

        return (new(new(seed), new()), entries);
    }

    /// <summary>Writes and syncs.</summary>
    public static void Write(this LogDisk disk, DiskWrite write)
    {
        disk.Submit(write);
        disk.BeginSync();
        disk.EndSync([]);
    }
}
