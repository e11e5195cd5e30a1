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

            Assert.True(LeadsToTheSame(model, state, Reduced), "Something that was forgotten is missed.");
        }
    }

    [Fact]
    public void Forgetting_too_much_would_be_seen()
    {
        PaxosModel model = new(new(Positions: 1, Ballots: 2), new ModelRules());
        StateTable states = new();
        states.Add(default, 0);
        bool isSeen = false;
        for (int number = 0; number < states.Count; number++)
        {
            PaxosState state = states[number];
            foreach (ref readonly PaxosState next in model.Next(state))
            {
                states.Add(next.Canonical(), number);
            }

            isSeen |= !LeadsToTheSame(model, state, WithoutHeld);
        }

        Assert.True(isSeen);
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
                Assert.True(LeadsToTheSame(model, state, Reduced), "Something that was forgotten is missed.");
                ReadOnlySpan<PaxosState> next = model.Next(state);
                if (next.IsEmpty)
                {
                    break;
                }

                state = next[random.Next(next.Length)];
            }
        }
    }

    private static bool LeadsToTheSame(PaxosModel model, in PaxosState state, Forgetting forget)
    {
        PaxosState rest = forget(model, state);
        HashSet<PaxosState> ofWhole = [rest];
        foreach (ref readonly PaxosState next in model.Next(state))
        {
            ofWhole.Add(forget(model, next));
        }

        HashSet<PaxosState> ofRest = [rest];
        foreach (ref readonly PaxosState next in model.Next(rest))
        {
            ofRest.Add(forget(model, next));
        }

        return ofWhole.SetEquals(ofRest);
    }

    private static PaxosState Reduced(PaxosModel model, in PaxosState state) =>
        state.Reduced(model.Size, model.Rules.ChooseQuorum).Canonical();

    private static PaxosState WithoutHeld(PaxosModel model, in PaxosState state)
    {
        PaxosState rest = state;
        for (int acceptor = 0; acceptor < PaxosState.Acceptors; acceptor++)
        {
            rest = rest.With(acceptor, rest[acceptor].WithHeld(0, 0));
        }

        return Reduced(model, rest);
    }

    private delegate PaxosState Forgetting(PaxosModel model, in PaxosState state);
}
