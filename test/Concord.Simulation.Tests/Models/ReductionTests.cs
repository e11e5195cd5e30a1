namespace Concord.Simulation.Tests.Models;

/// <summary>
/// What the exploration forgets is of no consequence: from a state and from what is left of it the same states are
/// reached, in every state of the smaller worlds and along random ways through the largest.
/// </summary>
public sealed class ReductionTests
{
    private const int Walks = 3_000;
    private const int StepsMax = 60;

    [Theory]
    [InlineData(1, 3, false, false)]
    [InlineData(1, 3, true, true)]
    [InlineData(2, 2, false, false)]
    [InlineData(2, 2, true, false)]
    public void In_every_state_of_a_smaller_world(int positions, int ballots, bool snapshots, bool learns)
    {
        PaxosModel model = new(new(positions, ballots, snapshots, learns), new ModelRules());
        StateTable states = new();
        states.Add(default, 0);
        for (int number = 0; number < states.Count; number++)
        {
            PaxosState state = states[number];
            foreach (ref readonly PaxosState next in model.Next(state))
            {
                states.Add(next.Canonical(), number);
            }

            AssertLeadsToTheSame(model, state);
        }
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, true)]
    public void Along_random_ways_through_the_whole(bool snapshots, bool learns)
    {
        PaxosModel model = new(new(2, 3, snapshots, learns), new ModelRules());
        SimRandom random = new(4711);
        for (int walk = 0; walk < Walks; walk++)
        {
            PaxosState state = default;
            for (int step = 0; step < StepsMax; step++)
            {
                AssertLeadsToTheSame(model, state);
                ReadOnlySpan<PaxosState> next = model.Next(state);
                if (next.IsEmpty)
                {
                    break;
                }

                state = next[random.Next(next.Length)];
            }
        }
    }

    private static void AssertLeadsToTheSame(PaxosModel model, in PaxosState state)
    {
        PaxosState reduced = Reduced(model, state);
        HashSet<PaxosState> whole = [reduced];
        foreach (ref readonly PaxosState next in model.Next(state))
        {
            whole.Add(Reduced(model, next));
        }

        HashSet<PaxosState> rest = [reduced];
        foreach (ref readonly PaxosState next in model.Next(reduced))
        {
            rest.Add(Reduced(model, next));
        }

        Assert.True(whole.SetEquals(rest), "Something that was forgotten is missed.");
    }

    private static PaxosState Reduced(PaxosModel model, in PaxosState state) =>
        state.Reduced(model.Size, model.Rules.ChooseQuorum).Canonical();
}
