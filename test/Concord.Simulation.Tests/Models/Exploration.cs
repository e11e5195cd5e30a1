using System.Text;

namespace Concord.Simulation.Tests.Models;

/// <summary>A rule that does not hold in a state.</summary>
internal delegate string? StateRule(in PaxosState state);

/// <summary>Every state that can be reached, breadth first: the first broken rule has the shortest way to it.</summary>
internal sealed class Exploration(PaxosModel model, StateRule rule, bool reduces)
{
    private const int StatesMax = 6_000_000;

    private readonly StateTable _states = new();

    public int States => _states.Count;

    public long Steps { get; private set; }

    /// <summary>How many steps the farthest state is away.</summary>
    public int Depth { get; private set; }

    /// <summary>States in which everything that may happen has happened.</summary>
    public int Ends { get; private set; }

    /// <summary>Those of them in which some position has nothing chosen.</summary>
    public int UnfinishedEnds { get; private set; }

    /// <summary>The rule that broke first; null if all held everywhere.</summary>
    public string? Broken { get; private set; }

    /// <summary>How many steps it takes to break it.</summary>
    public int StepsToBroken { get; private set; }

    /// <summary>The way there, in words.</summary>
    public string Story { get; private set; } = "";

    public Exploration Run()
    {
        _states.Add(default, 0);
        int level = 1;
        for (int number = 0; number < _states.Count; number++)
        {
            if (number == level)
            {
                Depth++;
                level = _states.Count;
            }

            PaxosState state = _states[number];
            Broken = rule(state);
            if (Broken != null)
            {
                Tell(number);
                return this;
            }

            Expand(state, number);
            Assert.True(_states.Count <= StatesMax, "The model has more states than it is meant to have.");
        }

        return this;
    }

    public override string ToString() => Broken == null
        ? $"{States} states, {Steps} steps, {Depth} deep, {Ends} ends"
        : $"{Broken}, after {StepsToBroken} steps ({States} states seen):{Story}";

    private void Expand(in PaxosState state, int number)
    {
        bool moves = false;
        foreach (ref readonly PaxosState next in model.Next(state))
        {
            PaxosState known = Known(next);
            moves |= !known.Equals(state);
            Steps++;
            _states.Add(known, number);
        }

        if (!moves)
        {
            Ends++;
            bool isFinished = true;
            for (int position = 0; position < model.Size.Positions; position++)
            {
                isFinished &= state.Chosen(position) != 0;
            }

            UnfinishedEnds += isFinished ? 0 : 1;
        }
    }

    private PaxosState Known(in PaxosState state) =>
        (reduces ? state.Reduced(model.Size, model.Rules.ChooseQuorum) : state).Canonical();

    private void Tell(int number)
    {
        List<int> way = [];
        for (int at = number; at != 0; at = _states.ParentOf(at))
        {
            way.Add(at);
        }

        // Acceptors change places when states are put in order. The story goes forward again without that, so that a
        // name stands for one acceptor from its beginning to its end.
        way.Reverse();
        StringBuilder story = new();
        PaxosState now = default;
        foreach (int at in way)
        {
            PaxosState then = now;
            foreach (ref readonly PaxosState next in model.Next(then))
            {
                if (Known(next).Equals(_states[at]))
                {
                    now = next;
                    break;
                }
            }

            story.Append("\n  ").Append(StepText.Between(then, now));
        }

        StepsToBroken = way.Count;
        Story = story.ToString();
    }
}
