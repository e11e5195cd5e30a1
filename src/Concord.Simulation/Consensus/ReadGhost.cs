using Concord.Consensus;

namespace Concord.Simulation.Consensus;

/// <summary>A read that a leader took.</summary>
/// <param name="Stamp">The leader's term.</param>
/// <param name="Floor">What was committed anywhere when it was taken.</param>
/// <param name="Step">When it was taken.</param>
internal readonly record struct ReadGhost(Stamp Stamp, ulong Floor, long Step);
