using System.Text;

namespace Concord.Commit.Tests;

/// <summary>
/// Every reachable state of the protocol, breadth first, with the real coordinator inside: any message lost, repeated,
/// delayed or reordered; the coordinator lost at any moment; recovery at any moment; the next leader beside the first.
/// </summary>
public sealed class ExplorationTests
{
    private const int StatesMax = 3_000_000;

    [Theory]
    [InlineData(1, true, false)]
    [InlineData(1, false, true)]
    [InlineData(2, true, false)]
    [InlineData(2, false, false)]
    [InlineData(2, false, true)]
    [InlineData(3, false, false)]
    public void Every_reachable_state_is_atomic_and_has_a_way_home(int participants, bool presumeAbort, bool runTwice)
    {
        CommitModel model = new(participants, presumeAbort, runTwice);
        (int states, string? violation) = Explore(model, withEndings: true);
        Assert.True(violation == null, violation);
        TestContext.Current.TestOutputHelper?.WriteLine($"{states} states");
        Assert.InRange(states, 100, StatesMax);
    }

    public static TheoryData<string> Flaws() => [.. Enum.GetNames<Flaw>().Where(name => name != nameof(Flaw.None))];

    [Theory]
    [MemberData(nameof(Flaws))]
    public void The_exploration_finds(string flaw)
    {
        CommitModel model = new(2, presumeAbort: false, runTwice: false, Enum.Parse<Flaw>(flaw));
        string? violation = Explore(model, withEndings: false).Violation;
        Assert.NotNull(violation);
        TestContext.Current.TestOutputHelper?.WriteLine(violation);
    }

    [Fact]
    public void Presuming_an_abort_while_another_run_goes_on_breaks_atomicity_and_is_found()
    {
        CommitModel model = new(2, presumeAbort: true, runTwice: true);
        string? violation = Explore(model, withEndings: false).Violation;
        Assert.NotNull(violation);
        TestContext.Current.TestOutputHelper?.WriteLine(violation);
    }

    /// <summary>The number of states, or the shortest way to a broken rule.</summary>
    private static (int States, string? Violation) Explore(CommitModel model, bool withEndings)
    {
        World start = model.Start();
        Dictionary<World, (World From, string What, int Who)> seen = new() { [start] = (start, "start", 0) };
        Queue<World> frontier = new([start]);
        while (frontier.TryDequeue(out World world))
        {
            string? violation = world.Violation
                ?? (withEndings ? model.UnfinishedAfterCrash(world) ?? model.StuckWithoutFaults(world) : null);
            if (violation != null)
            {
                return (seen.Count, Story(seen, world, violation));
            }

            foreach (Step step in model.Next(world))
            {
                if (seen.TryAdd(step.To, (world, step.What, step.Who)))
                {
                    Assert.True(seen.Count <= StatesMax, "The model has more states than it is meant to have.");
                    frontier.Enqueue(step.To);
                }
            }
        }

        return (seen.Count, null);
    }

    private static string Story(
        Dictionary<World, (World From, string What, int Who)> seen, World end, string violation)
    {
        List<string> steps = [];
        for (World at = end; seen[at] is var step && step.From != at; at = step.From)
        {
            steps.Add($"{step.What} [{step.Who}]");
        }

        steps.Reverse();
        return new StringBuilder(violation).Append(" after:\n  ").AppendJoin("\n  ", steps).ToString();
    }
}
