using Concord.Consensus;

namespace Concord.Simulation.Consensus;

/// <summary>One thing in the disk's queue: what the core wants written, or a snapshot.</summary>
internal sealed class DiskWrite
{
    public ulong Sequence { get; init; }

    public HardState? HardState { get; init; }

    public ulong? TruncateFrom { get; init; }

    public LogEntry[] Entries { get; init; } = [];

    public MachineSnapshot? Snapshot { get; init; }

    /// <summary>The snapshot came from another replica: the log begins again behind it unless it matches.</summary>
    public bool IsInstall { get; init; }
}
