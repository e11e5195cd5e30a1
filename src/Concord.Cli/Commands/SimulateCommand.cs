using System.CommandLine;
using System.Text.Json;
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
        "--json", "Write the result as JSON: seeds, violations, seedsPerSecond, traceHash.");

    public static Command Create(CommandContext context) => new SimulateCommand(context).Create();

    private Command Create()
    {
        Command command = new("simulate", "Runs imaginary clusters under faults and checks every rule that must hold.")
        {
            _target, _protocol, _seeds, _seed, _profile, _json,
        };
        _target.AcceptOnlyFromAmong("core", "node");
        _protocol.AcceptOnlyFromAmong("raft");
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
        command.SetAction(RunAsync);
        Page().AttachTo(command);
        return command;
    }

    private async Task<int> RunAsync(ParseResult result, CancellationToken cancellationToken)
    {
        string? jsonPath = result.GetValue(_json);
        OutputFile.Probe(jsonPath);
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
        OutputFile.Write(jsonPath, () => ToJson(report));
        return report.Violations.Count > 0 ? ExitCode.Failed
            : cancellationToken.IsCancellationRequested ? ExitCode.Interrupted
            : ExitCode.Success;
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
        catch (ArgumentException error)
        {
            throw new CliException(error.Message);
        }
    }

    private void Say(SimulationViolation violation)
    {
        foreach (string line in violation.TraceTail)
        {
            context.Terminal.Error.WriteLine($"  {line}");
        }

        context.Terminal.Error.WriteLine(
            $"Seed {violation.Seed}, profile {violation.Profile}: {violation.Invariant} does not hold: "
                + $"{violation.Message}");
        context.Terminal.Error.WriteLine($"Repeat it with: {violation.RepeatCommand}");
    }

    private static byte[] ToJson(SimulationReport report)
    {
        using MemoryStream stream = new();
        using (Utf8JsonWriter writer = new(stream, new JsonWriterOptions { Indented = true }))
        {
            writer.WriteStartObject();
            writer.WriteNumber("seeds", report.Seeds);
            writer.WriteNumber("violations", report.Violations.Count);
            writer.WriteNumber("seedsPerSecond", Math.Round(report.SeedsPerSecond, 2));
            writer.WriteString("traceHash", report.TraceHash.ToString("x16", null));
            WriteFaults(writer, report);
            WriteViolations(writer, report);
            writer.WriteEndObject();
        }

        return stream.ToArray();
    }

    private static void WriteFaults(Utf8JsonWriter writer, SimulationReport report)
    {
        writer.WriteStartObject("faults");
        foreach ((string fault, long hits) in report.FaultHits.OrderBy(hit => hit.Key, StringComparer.Ordinal))
        {
            writer.WriteNumber(fault, hits);
        }

        writer.WriteEndObject();
    }

    private static void WriteViolations(Utf8JsonWriter writer, SimulationReport report)
    {
        writer.WriteStartArray("violationDetails");
        foreach (SimulationViolation violation in report.Violations)
        {
            writer.WriteStartObject();
            writer.WriteNumber("seed", violation.Seed);
            writer.WriteString("profile", violation.Profile);
            writer.WriteString("invariant", violation.Invariant);
            writer.WriteString("message", violation.Message);
            writer.WriteString("repeat", violation.RepeatCommand);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    private static ManualPage Page() => new(
        "Network, disks, clocks and crashes are imaginary and drawn from the seed: the same seed takes the same\n"
        + "way and has the same trace hash, always. Profiles of core: "
            + string.Join(", ", Simulator.ProfilesOf(SimulationTarget.Core)) + "; of node: "
            + string.Join(", ", Simulator.ProfilesOf(SimulationTarget.Node)) + ".",
        ["simulate --seeds 10000 --json result.json", "simulate --target core --seed 4711 --profile all"],
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
