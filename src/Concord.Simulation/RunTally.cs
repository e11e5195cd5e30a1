namespace Concord.Simulation;

/// <summary>Sums over the seeds of a report.</summary>
internal sealed class RunTally
{
    public FaultTally Faults { get; } = new();

    public ulong Hash { get; private set; }

    public double SimulatedSeconds { get; private set; }

    public long Operations { get; private set; }

    public long Unknown { get; private set; }

    public void Add(ISimulationWorld world, ulong seed)
    {
        Hash = SimulationTrace.Mix(Hash ^ world.Trace.Hash ^ seed);
        Faults.Add(world.Faults);
        SimulatedSeconds += world.Now / 1e6;
        Operations += world.Operations;
        Unknown += world.Unknown;
    }
}
