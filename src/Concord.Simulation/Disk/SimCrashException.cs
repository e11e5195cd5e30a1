namespace Concord.Simulation.Disk;

/// <summary>The simulated machine lost its power here. Only the one who runs the simulation catches it.</summary>
internal sealed class SimCrashException(string at) : Exception($"The simulated machine crashed {at}.");
