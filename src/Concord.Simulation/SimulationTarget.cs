namespace Concord.Simulation;

/// <summary>What can be simulated.</summary>
public static class SimulationTarget
{
    /// <summary>The replicas of one group with an imaginary log and state machine.</summary>
    public const string Core = "core";

    /// <summary>Whole nodes with their disks, their connections and their clients.</summary>
    public const string Node = "node";
}
