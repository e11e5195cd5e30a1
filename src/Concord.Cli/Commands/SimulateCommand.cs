using System.CommandLine;
using Concord.Simulation;

namespace Concord.Cli.Commands;

/// <summary><c>concord simulate</c>: imaginary clusters under faults, one per seed.</summary>
internal sealed class SimulateCommand(CommandContext context)
{
    private const string AllProfiles = "all";
    private const int SeedsByDefault = 1_000;

    private readonly Option<string> _target = new("--target")
    {
        Description = "What is simulated: core (consensus alone) or node (whole nodes with log and transport).",
        HelpName = "TARGET",
        DefaultValueFactory = _ => "core",
    };
    private readonly Option<string> _protocol = new("--protocol")
    {
        Description = "The consensus protocol.",
        HelpName = "PROTOCOL",
        DefaultValueFactory = _ => "raft",
    };
    private readonly Option<int?> _seeds = new("--seeds")
    {
        Description = $"How many seeds, one after the other. Default: {SeedsByDefault}, or 1 with --seed.",
        HelpName = "N",
    };
    private readonly Option<ulong?> _seed = new("--seed")
    {
        Description = "The first seed. Default: 1.",
        HelpName = "S",
    };
    private readonly Option<string> _profile = new("--profile")
    {
        Description = "The mix of faults: a name, or all in turn.",
        HelpName = "NAME",
        DefaultValueFactory = _ => AllProfiles,
    };
    private readonly Option<string> _json = CommandOptions.File(
        "--json", "Write the result as JSON: seeds, violations, seedsPerSecond, traceHash and more.");

    private readonly Option<string> _html = CommandOptions.File(
        "--html", "Draw the run on one page: of the first seed, or of the first that breaks a rule.");
    private readonly Option<string?> _story = new("--story")
    {
        Description = "Draw a story instead: a directed run of the real protocol, explained step by step.",
        HelpName = "NAME",
    };
    private readonly Option<string?> _keep = new("--keep")
    {
        Description = "Only these decisions of the seed, as a shrunk run lists them: 3,17,40-44.",
        HelpName = "LIST",
    };
    private readonly Option<int?> _healAt = new("--heal-at")
    {
        Description = "End the faults after so many simulated milliseconds, if that is earlier than planned.",
        HelpName = "MS",
    };
    private readonly Option<int> _shrinkRuns = CommandOptions.Count(
        "--shrink-runs", 200, 0, 100_000, "Runs to find a shorter one when a seed breaks a rule; 0 for none.");

    public static Command Create(CommandContext context) => new SimulateCommand(context).Create();

    private Command Create()
    {
        Command command = new("simulate", "Runs imaginary clusters under faults and checks every rule that must hold.")
        {
            _target, _protocol, _seeds, _seed, _profile, _json, _html, _story, _keep, _healAt, _shrinkRuns,
        };
        _target.AcceptOnlyFromAmong("core", "node");
        _protocol.AcceptOnlyFromAmong("raft", "paxos");
        _story.AcceptOnlyFromAmong([.. SimulationPicture.Stories]);
        _profile.AcceptOnlyFromAmong(
            [
                .. Simulator.ProfilesOf(SimulationTarget.Core)
                    .Union(Simulator.ProfilesOf(SimulationTarget.Node), StringComparer.Ordinal),
                AllProfiles,
            ]);
        _seeds.Validators.Add(result =>
        {
            if (result.Tokens.Count > 0 && int.TryParse(result.Tokens[0].Value, out int seeds) && seeds < 1)
            {
                result.AddError("--seeds must be at least 1.");
            }
        });
        command.Validators.Add(result =>
        {
            bool isPart = result.GetValue(_keep) is not null || result.GetValue(_healAt) is not null;
            if (isPart && (result.GetValue(_seed) is null || result.GetValue(_profile) is null or AllProfiles))
            {
                result.AddError("--keep and --heal-at belong to one run: name it with --seed and --profile.");
            }
        });
        command.SetAction(RunAsync);
        Page().AttachTo(command);
        return command;
    }

    private async Task<int> RunAsync(ParseResult result, CancellationToken cancellationToken)
    {
        string? jsonPath = result.GetValue(_json);
        string? htmlPath = result.GetValue(_html);
        OutputFile.Probe(jsonPath);
        OutputFile.Probe(htmlPath);
        if (result.GetValue(_story) is { } story)
        {
            return Tell(story, htmlPath);
        }

        SimulationOptions options = OptionsOf(result);
        SimulationReport report = await ProgressView.ShowAsync(
            context.Terminal,
            options.Seeds,
            "seeds run",
            view => Task.FromResult(Run(options, view, cancellationToken)));
        foreach (SimulationViolation violation in report.Violations)
        {
            Say(violation);
        }

        context.Terminal.Say(
            $"{report.Seeds} seeds, {report.Violations.Count} violations, {report.SeedsPerSecond:F1} seeds/s, "
            + $"trace hash {report.TraceHash:x16}.");
        OutputFile.Write(jsonPath, () => SimulationJson.Write(report));
        OutputFile.Write(htmlPath, () => SimulationPicture.OfReport(options, report));
        return report.Violations.Count > 0 ? ExitCode.Failed
            : cancellationToken.IsCancellationRequested ? ExitCode.Interrupted
            : ExitCode.Success;
    }

    private int Tell(string story, string? path)
    {
        if (path is null)
        {
            throw new CliException("--story draws a page; say where with --html FILE.");
        }

        OutputFile.Write(path, () => SimulationPicture.OfStory(story));
        context.Terminal.Say($"{path}: open it in a browser.");
        return ExitCode.Success;
    }

    private SimulationOptions OptionsOf(ParseResult result)
    {
        ulong? seed = result.GetValue(_seed);
        string? profile = result.GetValue(_profile);
        return new SimulationOptions
        {
            Target = result.GetValue(_target)!,
            Protocol = result.GetValue(_protocol)!,
            FirstSeed = seed ?? 1,
            Seeds = result.GetValue(_seeds) ?? (seed is null ? SeedsByDefault : 1),
            Profile = profile == AllProfiles ? null : profile,
            Keep = result.GetValue(_keep),
            HealAtMilliseconds = result.GetValue(_healAt),
            ShrinkRunsMax = result.GetValue(_shrinkRuns),
            TimeProvider = context.Time,
        };
    }

    private static SimulationReport Run(
        SimulationOptions options, IProgressView view, CancellationToken cancellationToken)
    {
        try
        {
            return Simulator.Run(options, new SeedProgress(view), cancellationToken);
        }
        catch (Exception error) when (error is ArgumentException or FormatException)
        {
            throw new CliException(error.Message);
        }
    }

    private void Say(SimulationViolation violation)
    {
        foreach (string line in violation.Shrunk?.TraceTail ?? violation.TraceTail)
        {
            context.Terminal.Error.WriteLine($"  {line}");
        }

        context.Terminal.Error.WriteLine(
            $"Seed {violation.Seed}, profile {violation.Profile}: {violation.Invariant} does not hold: "
                + $"{violation.Message}");
        context.Terminal.Error.WriteLine($"Repeat it with: {violation.RepeatCommand}");
        if (violation.Shrunk is { } shrunk)
        {
            context.Terminal.Error.WriteLine(
                $"Shrunk in {shrunk.Runs} runs: {shrunk.FaultsBefore} faults to {shrunk.FaultsAfter}, "
                + $"{shrunk.OperationsBefore} operations to {shrunk.OperationsAfter}; the lines above are its last.");
            context.Terminal.Error.WriteLine($"The short one: {shrunk.RepeatCommand}");
        }
    }

    private static ManualPage Page() => new(
        "Network, disks, clocks and crashes are imaginary and drawn from the seed: the same seed takes the same\n"
        + "way and has the same trace hash, always. Profiles of core: "
            + string.Join(", ", Simulator.ProfilesOf(SimulationTarget.Core)) + "; of node: "
            + string.Join(", ", Simulator.ProfilesOf(SimulationTarget.Node)) + ".\n"
        + "When a seed breaks a rule, a part of it that breaks the same rule is looked for: fewer faults, fewer\n"
        + "operations. --html draws a run: messages as arrows between nodes, colour is the term or ballot. Stories: "
            + string.Join(", ", SimulationPicture.Stories) + ".",
        [
            "simulate --seeds 10000 --json result.json",
            "simulate --target core --seed 4711 --profile all",
            "simulate --seed 4711 --html run.html",
            "simulate --story figure-8 --html figure-8.html",
        ],
        [
            "0    every rule held",
            "1    a rule was violated; the seed, the rule and the command that repeats it are on the standard error",
            "2    wrong options",
            "130  interrupted with Ctrl-C; what was run is reported",
        ]);

    /// <summary>Tells at once: the BCL's Progress would tell later, on another thread.</summary>
    private sealed class SeedProgress(IProgressView view) : IProgress<int>
    {
        public void Report(int value) => view.Advance(value);
    }
}
