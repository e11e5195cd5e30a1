using Concord.Simulation.Shrinking;

namespace Concord.Simulation.Tests.Shrinking;

public sealed class SeedShrinkerTests
{
    private const int RunsMax = 200;

    [Fact]
    public void A_failing_seed_becomes_a_much_shorter_run_that_breaks_the_same_rule()
    {
        SimulationPlan plan = FirstFailing(seed => new KeepsSuffixPlan(seed, "leader-churn"), out string rule);
        ShrunkRun shrunk = SeedShrinker.Shrink(plan, rule, RunsMax);
        int before = shrunk.FaultsBefore + shrunk.OperationsBefore;
        int after = shrunk.FaultsAfter + shrunk.OperationsAfter;
        Assert.True(before > 20, $"there is something to leave out: {before}");
        Assert.True(after * 4 <= before, $"{before} decisions became {after}: {shrunk.RepeatCommand}");
        AssertRepeats(plan, shrunk, rule);
    }

    [Theory]
    [InlineData(SimulationTarget.Core, "disk-storm", 200, 4)]
    [InlineData(SimulationTarget.Node, "crashes", 60, 8)]
    public void What_a_rule_rests_on_is_what_is_left(string target, string profile, int runsMax, int leftMax)
    {
        SimulationPlan plan = FirstFailing(seed => new NoCrashPlan(target, seed, profile), out string rule);
        ShrunkRun shrunk = SeedShrinker.Shrink(plan, rule, runsMax);
        int left = shrunk.FaultsAfter + shrunk.OperationsAfter;
        Assert.True(left <= leftMax, $"{left} are left: {shrunk.RepeatCommand}");
        Assert.True(shrunk.FaultsAfter >= 1 && shrunk.OperationsAfter >= 1, "without these, it does not fail");
        Assert.True(shrunk.Runs <= runsMax, $"{shrunk.Runs} runs");
        AssertRepeats(plan, shrunk, rule);
    }

    [Theory]
    [InlineData(SimulationTarget.Core, "default")]
    [InlineData(SimulationTarget.Node, "default")]
    public void With_all_decisions_kept_a_run_is_what_it_was(string target, string profile)
    {
        SimulationPlan plan = new(target, "raft", 11, profile);
        ISimulationWorld whole = plan.NewWorld(new(keepsText: false));
        Assert.Null(SimulationPlan.Run(whole));
        ISimulationWorld again = (plan with { Keep = whole.Decisions.Made }).NewWorld(new(keepsText: false));
        Assert.Null(SimulationPlan.Run(again));
        Assert.Equal(whole.Trace.Hash, again.Trace.Hash);
        Assert.Equal(whole.Decisions.Made, again.Decisions.Made);
        Assert.Distinct(whole.Decisions.Made);
    }

    [Theory]
    [InlineData(SimulationTarget.Core, "default")]
    [InlineData(SimulationTarget.Node, "default")]
    public void With_nothing_kept_nothing_happens_to_the_cluster_and_it_is_well(string target, string profile)
    {
        SimulationPlan plan = new(target, "raft", 11, profile) { Keep = [], HealAtMilliseconds = 700 };
        ISimulationWorld world = plan.NewWorld(new(keepsText: false));
        Assert.Null(SimulationPlan.Run(world));
        Assert.Empty(world.Decisions.Made);
        Assert.Equal(0, world.Faults[FaultKind.Crash] + world.Faults[FaultKind.Partition]);
    }

    private static SimulationPlan FirstFailing(Func<ulong, SimulationPlan> planOf, out string rule)
    {
        for (ulong seed = 1; seed <= 40; seed++)
        {
            SimulationPlan plan = planOf(seed);
            if (SimulationPlan.Run(plan.NewWorld(new(keepsText: false))) is { } violated)
            {
                rule = violated.Invariant;
                return plan;
            }
        }

        throw new InvalidOperationException("Nothing planted was seen in 40 seeds.");
    }

    /// <summary>The command, read as the command line reads it, takes the same way every time.</summary>
    private static void AssertRepeats(SimulationPlan plan, ShrunkRun shrunk, string rule)
    {
        Assert.Contains($"--keep {shrunk.Keep}", shrunk.RepeatCommand, StringComparison.Ordinal);
        SimulationPlan repeated = plan with
        {
            Keep = NumberList.Read(shrunk.Keep),
            HealAtMilliseconds = shrunk.HealAtMilliseconds,
        };
        Assert.Equal(shrunk.RepeatCommand, repeated.Command);
        ISimulationWorld first = repeated.NewWorld(new(keepsText: true));
        ISimulationWorld second = repeated.NewWorld(new(keepsText: false));
        Assert.Equal(rule, SimulationPlan.Run(first)?.Invariant);
        Assert.Equal(rule, SimulationPlan.Run(second)?.Invariant);
        Assert.Equal(first.Trace.Hash, second.Trace.Hash);
        Assert.Equal(shrunk.TraceTail, first.Trace.Lines);
    }
}
