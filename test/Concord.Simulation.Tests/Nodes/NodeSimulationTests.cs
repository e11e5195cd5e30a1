using Concord.Simulation.Nodes;

namespace Concord.Simulation.Tests.Nodes;

public sealed class NodeSimulationTests
{
    private const int SeedsPerProfile = 8;

    public static MatrixTheoryData<string, string> Profiles => new(["raft", "paxos"], NodeProfile.Names);

    [Theory]
    [MemberData(nameof(Profiles))]
    public void Whole_nodes_keep_their_promises(string protocol, string profile)
    {
        SimulationReport report = Simulator.Run(
            new()
            {
                Target = SimulationTarget.Node,
                Protocol = protocol,
                Profile = profile,
                Seeds = SeedsPerProfile,
            },
            cancellationToken: TestContext.Current.CancellationToken);
        Assert.True(report.Violations.Count == 0, Tell(report));
        Assert.True(report.FaultHits["LeaderElected"] > report.Seeds, "leaders fall and others are elected");
    }

    [Theory]
    [InlineData("raft")]
    [InlineData("paxos")]
    public void The_same_seed_takes_the_same_way(string protocol)
    {
        for (ulong seed = 1; seed <= 10; seed++)
        {
            SimulationOptions options = new()
            {
                Target = SimulationTarget.Node,
                Protocol = protocol,
                FirstSeed = seed,
            };
            Assert.Equal(Simulator.Run(options).TraceHash, Simulator.Run(options).TraceHash);
        }
    }

    [Theory]
    [InlineData("raft")]
    [InlineData("paxos")]
    public void Every_kind_of_fault_strikes_within_the_default_run(string protocol)
    {
        SimulationReport report = Simulator.Run(
            new() { Target = SimulationTarget.Node, Protocol = protocol, Seeds = 25 },
            cancellationToken: TestContext.Current.CancellationToken);
        Assert.True(report.Violations.Count == 0, Tell(report));
        Assert.All(report.FaultHits, static hits => Assert.True(hits.Value > 0, $"{hits.Key} never happened"));
    }

    private static string Tell(SimulationReport report) => string.Join('\n', report.Violations.Select(
        static violation => string.Join(
            '\n',
            [$"{violation.Invariant}: {violation.Message}", violation.RepeatCommand, .. violation.TraceTail])));
}
