namespace Concord.Simulation;

/// <summary>One imaginary cluster with everything around it. It lives for one seed.</summary>
internal interface ISimulationWorld
{
    SimulationTrace Trace { get; }

    FaultTally Faults { get; }

    /// <summary>Runs to the end of the seed.</summary>
    /// <exception cref="ViolatedException">A rule does not hold.</exception>
    void Run();
}
