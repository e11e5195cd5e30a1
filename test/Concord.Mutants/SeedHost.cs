using System.Globalization;
using System.Text.Json;
using Concord.Simulation;

namespace Concord.Mutants;

/// <summary>What a seed showed.</summary>
/// <param name="Seed">Which.</param>
/// <param name="Profile">Under which mix of faults; empty when the simulator itself failed.</param>
/// <param name="Rule">Which rule did not hold, or which exception ended the run.</param>
internal sealed record SeedFinding(ulong Seed, string Profile, string Rule);

/// <summary>The simulator as a process of its own: this program, in the copy, beside the mutated assembly.</summary>
internal static class SeedHost
{
    public const string Project = "Concord.Mutants";
    public const string Verb = "seeds";
    public const string AllProfiles = "all";
    public const string FindingMark = "finding: ";

    public static string[] ArgumentsFor(Killer killer, int seeds) =>
        [Verb, killer.Simulate!, killer.Protocol, killer.Profile, seeds.ToString(CultureInfo.InvariantCulture)];

    /// <summary>Runs seeds from 1 on until one shows something, and prints that.</summary>
    public static int Run(ReadOnlySpan<string> arguments)
    {
        (string target, string protocol, string profile) = (arguments[0], arguments[1], arguments[2]);
        int seeds = int.Parse(arguments[3], CultureInfo.InvariantCulture);
        for (ulong seed = 1; seed <= (ulong)seeds; seed++)
        {
            if (Try(target, protocol, profile, seed) is { } finding)
            {
                Console.WriteLine(FindingMark + JsonSerializer.Serialize(finding));
                return 1;
            }
        }

        return 0;
    }

    public static SeedFinding? FindingIn(string output) =>
        output.Split('\n').FirstOrDefault(static line => line.StartsWith(FindingMark, StringComparison.Ordinal))
            is { } line
            ? JsonSerializer.Deserialize<SeedFinding>(line[FindingMark.Length..])
            : null;

    private static SeedFinding? Try(string target, string protocol, string profile, ulong seed)
    {
        var options = new SimulationOptions
        {
            Target = target,
            Protocol = protocol,
            Profile = profile == AllProfiles ? null : profile,
            FirstSeed = seed,
            ViolationsMax = 1,
        };
        try
        {
            return Simulator.Run(options).Violations is [SimulationViolation violation, ..]
                ? new(seed, violation.Profile, violation.Invariant)
                : null;
        }
        catch (Exception failure) when (failure is not ArgumentException { ParamName: "options" or "target" })
        {
            return new(seed, "", failure.GetType().Name);
        }
    }
}
