using Concord.Consensus;

namespace Concord.Simulation.Consensus;

/// <summary>One thing in the disk's queue: what the core wants written, or an own snapshot.</summary>
internal sealed class DiskWrite
{
    public ulong Sequence { get; init; }

    public HardState? HardState { get; init; }

    public ulong? TruncateFrom { get; init; }

    public LogEntry[] Entries { get; init; } = [];

    /// <summary>Whether each entry stands for itself.</summary>
    public bool KeepsWhatFollows { get; init; }

    /// <summary>A snapshot of this replica's own state.</summary>
    public MachineSnapshot? Snapshot { get; init; }

    /// <summary>It was submitted before another replica's snapshot was installed: what does not lead on from the
    /// snapshot belongs to another past, and recovery drops it.</summary>
    public bool IsBeforeInstall { get; set; }
}
