using Concord.Consensus;

namespace Concord.Simulation.Consensus;

/// <summary>A snapshot of the state machine, and the place that it stands for.</summary>
internal sealed record MachineSnapshot(LogEntry Entry, SnapshotPoint Point, byte[] State);
