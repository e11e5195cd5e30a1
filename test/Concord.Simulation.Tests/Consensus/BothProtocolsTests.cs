using Concord.Simulation.Checking;
using Concord.Simulation.Consensus;

namespace Concord.Simulation.Tests.Consensus;

/// <summary>The same workload and the same faults, once on each protocol: each keeps to its own log, and the clients
/// cannot tell which it is.</summary>
public sealed class BothProtocolsTests
{
    private const int Seeds = 96;

    [Fact]
    public void The_same_workload_and_faults_are_survived_by_both()
    {
        int operations = 0;
        for (ulong seed = 1; seed <= Seeds; seed++)
        {
            CoreWorld raft = Run(SimProtocol.Raft, seed);
            CoreWorld paxos = Run(SimProtocol.Paxos, seed);
            for (int client = 0; client < raft.Clients.Count; client++)
            {
                operations += AssertSameWorkload(raft.Clients[client], paxos.Clients[client], seed);
            }
        }

        Assert.True(operations > Seeds * 20, $"only {operations} operations were asked for by the clients of both");
    }

    /// <summary>Running to the end checks all rules: the log against what was applied everywhere, the answers against
    /// the log and against real time.</summary>
    private static CoreWorld Run(SimProtocol protocol, ulong seed)
    {
        string profile = CoreProfile.Names[(int)(seed % (ulong)CoreProfile.Names.Count)];
        CoreWorld world = new(protocol, seed, CoreProfile.Draw(profile, seed), new(keepsText: false));
        ViolatedException? violated = SimulationPlan.Run(world);
        Assert.True(violated is null, $"seed {seed}, profile {profile}: {violated?.Invariant}: {violated?.Detail}");
        return world;
    }

    private static int AssertSameWorkload(SimClient left, SimClient right, ulong seed)
    {
        int count = Math.Min(left.History.Count, right.History.Count);
        for (int i = 0; i < count; i++)
        {
            WitnessedOperation<RegisterCommand> one = left.History[i];
            WitnessedOperation<RegisterCommand> other = right.History[i];
            Assert.True(
                one.Command.Operation == other.Command.Operation && one.Command.Key == other.Command.Key,
                $"seed {seed}: operation {i} is {one.Command} here and {other.Command} there");
        }

        return count;
    }
}
