namespace Concord.Simulation.Tests;

public sealed class SimulatorTests
{
    private const int SeedsPerProfile = 80;

    public static TheoryData<string> Profiles => [.. Simulator.Profiles];

    [Theory]
    [MemberData(nameof(Profiles))]
    public void Raft_keeps_its_promises_under(string profile) => KeepsItsPromises("raft", profile);

    [Theory]
    [MemberData(nameof(Profiles))]
    public void Multi_Paxos_keeps_its_promises_under(string profile) => KeepsItsPromises("paxos", profile);

    private static void KeepsItsPromises(string protocol, string profile)
    {
        SimulationReport report = Simulator.Run(
            new() { Protocol = protocol, Profile = profile, Seeds = SeedsPerProfile },
            cancellationToken: TestContext.Current.CancellationToken);
        Assert.True(report.Violations.Count == 0, Tell(report));
        Assert.True(report.FaultHits["LeaderElected"] > report.Seeds, "leaders fall and others are elected");
    }

    [Theory]
    [InlineData("raft")]
    [InlineData("paxos")]
    public void Every_kind_of_fault_strikes_within_the_default_run(string protocol)
    {
        SimulationReport report = Simulator.Run(
            new() { Protocol = protocol, Seeds = 500 }, cancellationToken: TestContext.Current.CancellationToken);
        Assert.True(report.Violations.Count == 0, Tell(report));
        Assert.All(report.FaultHits, static hits => Assert.True(hits.Value > 0, $"{hits.Key} never happened"));
        Assert.True(report.FaultHits.Count >= 30, "half of the catalogue of faults is none");
    }

    [Theory]
    [InlineData("membership-storm", "MemberRemoved", "LeaderRemoved", "MemberReplaced", "TwoChangesInFlight")]
    [InlineData("transfer-lease", "LeaseRead", "LeadershipTransfer", "ClockRate")]
    [InlineData("amnesia", "BitFlip", "VoteLost", "DiskWiped", "ImpairedRecovered")]
    [InlineData("quiet-group", "LivenessLost", "DeafLeader", "OneWayPartition")]
    public void A_profile_does_what_it_is_for(string profile, params string[] kinds)
    {
        const int Seeds = 60;
        SimulationReport report = Simulator.Run(
            new() { Profile = profile, Seeds = Seeds }, cancellationToken: TestContext.Current.CancellationToken);
        Assert.All(kinds, kind => Assert.True(report.FaultHits[kind] >= Seeds / 6, $"{kind} hardly happens"));
    }

    [Fact]
    public void The_same_seed_takes_the_same_way()
    {
        for (ulong seed = 1; seed <= 20; seed++)
        {
            ulong first = Simulator.Run(new() { FirstSeed = seed }).TraceHash;
            Assert.Equal(first, Simulator.Run(new() { FirstSeed = seed }).TraceHash);
            Assert.NotEqual(first, Simulator.Run(new() { FirstSeed = seed + 1 }).TraceHash);
        }
    }

    [Fact]
    public void Progress_is_told_and_a_cancelled_run_reports_what_it_did()
    {
        using CancellationTokenSource cancellation = new();
        Steps steps = new(3, cancellation);
        SimulationReport report = Simulator.Run(new() { Seeds = 100 }, steps, cancellation.Token);
        Assert.Equal(3, report.Seeds);
    }

    [Fact]
    public void What_is_not_known_is_refused_by_name()
    {
        AssertRefused(new() { Target = "moon" });
        AssertRefused(new() { Protocol = "moon" });
        AssertRefused(new() { Profile = "moon" });
        Assert.Throws<ArgumentOutOfRangeException>(() => Simulator.Run(new() { Seeds = 0 }));
    }

    private static void AssertRefused(SimulationOptions options)
    {
        ArgumentException refusal = Assert.Throws<ArgumentException>(() => Simulator.Run(options));
        Assert.Contains("moon", refusal.Message, StringComparison.Ordinal);
    }

    private static string Tell(SimulationReport report) => string.Join('\n', report.Violations.Select(Tell));

    private static string Tell(SimulationViolation violation) => string.Join(
        '\n', [$"{violation.Invariant}: {violation.Message}", violation.RepeatCommand, .. violation.TraceTail]);

    private sealed class Steps(int cancelAt, CancellationTokenSource cancellation) : IProgress<int>
    {
        public void Report(int value)
        {
            if (value == cancelAt)
            {
                cancellation.Cancel();
            }
        }
    }
}
