namespace Concord.Simulation.Consensus;

/// <summary>A client's request on its way to a replica.</summary>
internal sealed record Request(int Client, long Attempt, RegisterCommand Command);
