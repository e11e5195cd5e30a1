namespace Concord.Simulation.Consensus;

/// <summary>A replica's answer on its way to a client.</summary>
/// <param name="Attempt">Which of the client's attempts it answers.</param>
/// <param name="IsDone">Whether it was done; if not, it has to be tried elsewhere.</param>
/// <param name="Answer">The result.</param>
/// <param name="Index">The place in the log at which it took effect, or whose state was read.</param>
/// <param name="LeaderHint">Where to try, or -1.</param>
internal sealed record Reply(long Attempt, bool IsDone, ulong Answer, ulong Index, int LeaderHint);
