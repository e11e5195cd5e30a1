using Concord.Simulation.Shrinking;

namespace Concord.Simulation;

/// <summary>One imaginary cluster with everything around it. It lives for one seed.</summary>
internal interface ISimulationWorld
{
    SimulationTrace Trace { get; }

    FaultTally Faults { get; }

    Decisions Decisions { get; }

    WorldShape Shape { get; }

    /// <summary>The simulated time that has passed, in microseconds.</summary>
    long Now { get; }

    /// <summary>How many operations clients have ended, with or without an answer.</summary>
    long Operations { get; }

    /// <summary>How many of them ended without anybody knowing what became of them.</summary>
    long Unknown { get; }

    /// <summary>Runs to the end of the seed.</summary>
    /// <exception cref="ViolatedException">A rule does not hold.</exception>
    void Run();

    /// <summary>The run is over: what is still open goes into the picture.</summary>
    void ShowEnd();
}

/// <summary>How much of what there is in a world.</summary>
internal readonly record struct WorldShape(int Replicas, int Clients, int Groups);
