using Concord.Consensus;

namespace Concord.Simulation.Consensus;

/// <summary>A read that a replica took.</summary>
/// <param name="Stamp">Its term.</param>
/// <param name="Floor">What was committed anywhere when it was taken.</param>
/// <param name="Step">When it was taken.</param>
/// <param name="AtLeader">Whether the replica led.</param>
/// <param name="IsSuperseded">Whether a newer term had a leader already.</param>
internal readonly record struct ReadGhost(Stamp Stamp, ulong Floor, long Step, bool AtLeader, bool IsSuperseded);
