namespace Concord.Simulation.Tests.Models;

/// <summary>
/// Every reachable state of Multi-Paxos with three acceptors, two positions and three ballots; and what becomes of it
/// when a rule is left out.
/// </summary>
public sealed class PaxosModelTests
{
    private static readonly ModelSize s_full = new(Positions: 2, Ballots: 3);

    [Theory]
    [InlineData(false, false, 200_000)]
    [InlineData(true, false, 600_000)]
    [InlineData(true, true, 1_200_000)]
    public void Every_reachable_state_keeps_every_rule(bool snapshots, bool learns, int statesMin)
    {
        PaxosModel model = new(s_full with { Snapshots = snapshots, Learns = learns }, new ModelRules());
        PaxosInvariants invariants = new(model);
        int filledHoles = 0;
        StateRule rule = (in PaxosState state) =>
        {
            filledHoles += state.IsNoOp(2, 0) && state.Chose(2, 0) ? 1 : 0;
            return invariants.All(state);
        };
        Exploration all = new Exploration(model, rule, reduces: true).Run();
        TestContext.Current.TestOutputHelper?.WriteLine($"{all}");
        Assert.True(all.Broken == null, all.ToString());
        Assert.InRange(all.States, statesMin, int.MaxValue);
        Assert.Null(model.RefusedStep);
        Assert.InRange(filledHoles, 1, int.MaxValue);
        Assert.InRange(all.Ends, 1, int.MaxValue);
        Assert.Equal(0, all.UnfinishedEnds);
    }

    [Theory]
    [InlineData(1, 3, true, true)]
    [InlineData(2, 2, false, false)]
    [InlineData(2, 2, true, false)]
    public void Smaller_worlds_keep_every_rule_with_nothing_forgotten(
        int positions, int ballots, bool snapshots, bool learns)
    {
        PaxosModel model = new(new(positions, ballots, snapshots, learns), new ModelRules());
        Exploration all = new Exploration(model, new PaxosInvariants(model).All, reduces: false).Run();
        TestContext.Current.TestOutputHelper?.WriteLine($"{all}");
        Assert.True(all.Broken == null, all.ToString());
        Assert.Null(model.RefusedStep);
        Assert.Equal(0, all.UnfinishedEnds);
    }
}
