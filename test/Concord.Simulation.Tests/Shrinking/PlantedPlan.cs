using Concord.Simulation.Consensus;
using Concord.Simulation.Shrinking;
using Concord.Simulation.Tests.Consensus;

namespace Concord.Simulation.Tests.Shrinking;

/// <summary>A run with something wrong in it that the product does not have.</summary>
internal abstract record PlantedPlan(string Target, ulong Seed, string Profile)
    : SimulationPlan(Target, "raft", Seed, Profile);

/// <summary>Replicas that forget to say from where on their log is void: it shows when a follower has to give up
/// entries.</summary>
internal sealed record KeepsSuffixPlan(ulong Seed, string Profile)
    : PlantedPlan(SimulationTarget.Core, Seed, Profile)
{
    public override ISimulationWorld NewWorld(SimulationTrace trace) => new CoreWorld(
        SimProtocol.Raft with
        {
            New = FaultyReplica.With(static (_, outbox) =>
                outbox.Write = outbox.Write is { TruncateFrom: not null } write
                ? write with { TruncateFrom = null, Entries = default }
                : outbox.Write),
        },
        Seed, CoreProfile.Draw(Profile, Seed), trace, NewDecisions());
}

/// <summary>A rule that nobody can keep: that no node crashes while clients ask for something.</summary>
internal sealed record NoCrashPlan(string Target, ulong Seed, string Profile) : PlantedPlan(Target, Seed, Profile)
{
    public override ISimulationWorld NewWorld(SimulationTrace trace) => new World(base.NewWorld(trace));

    private sealed class World(ISimulationWorld inner) : ISimulationWorld
    {
        public SimulationTrace Trace => inner.Trace;

        public FaultTally Faults => inner.Faults;

        public Decisions Decisions => inner.Decisions;

        public WorldShape Shape => inner.Shape;

        public long Now => inner.Now;

        public long Operations => inner.Operations;

        public long Unknown => inner.Unknown;

        public void Run()
        {
            inner.Run();
            bool anyOperation = Decisions.Made.Any(Decisions.IsOperation);
            if (anyOperation && Faults[FaultKind.Crash] > 0)
            {
                throw new ViolatedException("no-crash", "a node crashed");
            }
        }

        public void ShowEnd() => inner.ShowEnd();
    }
}
