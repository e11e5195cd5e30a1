using System.Globalization;
using Concord.Simulation.Consensus;
using Concord.Simulation.Nodes;
using Concord.Simulation.Pictures;
using Concord.Simulation.Stories;

namespace Concord.Simulation;

/// <summary>Pictures of runs: one page each, with everything in it, for a browser.</summary>
public static class SimulationPicture
{
    /// <summary>Runs the first seed of <paramref name="options"/> and draws it, to its end or to the moment at which a
    /// rule breaks.</summary>
    /// <returns>The page, as UTF-8.</returns>
    /// <exception cref="ArgumentException">The target, the protocol or the profile is not known.</exception>
    /// <exception cref="FormatException"><see cref="SimulationOptions.Keep"/> is no list of numbers.</exception>
    public static byte[] OfSeed(SimulationOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return OfPlan(SimulationPlan.Of(options, options.FirstSeed));
    }

    /// <summary>Draws what a report is about: the first seed that broke a rule, in its shortest form if there is one;
    /// the first seed if none did.</summary>
    /// <param name="options">What was run.</param>
    /// <param name="report">What came of it.</param>
    /// <returns>The page, as UTF-8.</returns>
    public static byte[] OfReport(SimulationOptions options, SimulationReport report)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(report);
        if (report.Violations is not [SimulationViolation violation, ..])
        {
            return OfSeed(options);
        }

        ShrunkRun? shrunk = violation.Shrunk;
        return OfSeed(options with
        {
            FirstSeed = violation.Seed,
            Profile = violation.Profile,
            Keep = shrunk?.Keep ?? options.Keep,
            HealAtMilliseconds = shrunk is null ? options.HealAtMilliseconds : shrunk.HealAtMilliseconds,
        });
    }

    /// <summary>The stories that can be drawn: directed runs of the real protocol, with words to each step.</summary>
    public static IReadOnlyList<string> Stories { get; } = [.. Story.All.Select(static story => story.Name)];

    /// <summary>Plays a story and draws it.</summary>
    /// <param name="name">One of <see cref="Stories"/>.</param>
    /// <returns>The page, as UTF-8.</returns>
    /// <exception cref="ArgumentException">There is no such story.</exception>
    public static byte[] OfStory(string name)
    {
        Story? story = Story.All.SingleOrDefault(story => story.Name == name);
        return story?.Draw() ?? throw new ArgumentException(
            $"There is no story '{name}'. There are: {string.Join(", ", Stories)}.", nameof(name));
    }

    internal static byte[] OfPlan(SimulationPlan plan)
    {
        bool isNode = plan.Target == SimulationTarget.Node;
        PictureRecorder picture = new(isNode ? StreamTap.WordsOf : OperationWords.Entry);
        ISimulationWorld world = plan.NewWorld(new(keepsText: false, picture));
        ViolatedException? violated = SimulationPlan.Run(world);
        world.ShowEnd();
        PictureTitle title = TitleOf(plan, world, violated);
        return PicturePage.Assemble(title.Title, picture.ToJson(title));
    }

    private static PictureTitle TitleOf(SimulationPlan plan, ISimulationWorld world, ViolatedException? violated)
    {
        (int replicas, int clients, int groups) = world.Shape;
        string part = plan.Keep is null ? "" : ", a part of it";
        List<(string, string)> settings =
        [
            ("seed", Text(plan.Seed)), ("profile", plan.Profile), ("target", plan.Target), ("protocol", plan.Protocol),
            (plan.Target == SimulationTarget.Node ? "nodes" : "replicas", Text(replicas)), ("clients", Text(clients)),
            ("operations", Text(world.Operations)), ("without an answer", Text(world.Unknown)),
            ("trace hash", world.Trace.Hash.ToString("x16", CultureInfo.InvariantCulture)),
        ];
        settings.AddRange(Enum.GetValues<FaultKind>().Where(kind => world.Faults[kind] > 0)
            .Select(kind => (kind.ToString(), Text(world.Faults[kind]))));
        return new()
        {
            Title = $"Seed {plan.Seed}, {plan.Profile}{part}",
            Lead = violated is null
                ? "An imaginary cluster under imaginary faults. Every rule held."
                : "An imaginary cluster under imaginary faults, up to the moment at which a rule did not hold.",
            Command = plan.Command,
            Rule = violated?.Invariant,
            Detail = violated?.Detail,
            Lanes = [.. Enumerable.Range(1, replicas).Select(static number => $"n{number}")],
            Groups = [.. Enumerable.Range(0, groups).Select(static number => $"shard {number}")],
            Clients = clients,
            Settings = settings,
            End = world.Now,
        };
    }

    private static string Text(IFormattable value) => value.ToString(null, CultureInfo.InvariantCulture);
}
