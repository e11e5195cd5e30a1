using System.Globalization;
using System.Xml.Linq;

namespace Concord.Mutants;

/// <summary>One killer against what is built in a copy.</summary>
/// <param name="Kill">What it noticed; null when all is well.</param>
/// <param name="Tests">How many tests ran; 1 for seeds.</param>
/// <param name="Seconds">How long it took.</param>
/// <param name="Output">What it printed.</param>
internal sealed record KillerRun(Kill? Kill, int Tests, double Seconds, string Output)
{
    public static async Task<KillerRun> StartAsync(
        WorkingCopy copy, Killer killer, int seeds, TimeSpan deadline, CancellationToken stop)
    {
        string results = Path.Combine(copy.Path, "results.xml");
        File.Delete(results);
        string[] arguments = killer.Tests is null
            ? [copy.AssemblyOf(killer.Project), .. SeedHost.ArgumentsFor(killer, seeds)]
            : [copy.AssemblyOf(killer.Project), .. TestArguments(killer, results)];
        Ending ending = await ChildProcess.DotnetAsync(copy.Path, arguments, deadline, stop);
        return new(KillIn(killer, ending, results), TestsIn(killer, results), ending.Seconds, ending.Output);
    }

    private static Kill? KillIn(Killer killer, Ending ending, string results)
    {
        if (ending.IsOverdue)
        {
            string seconds = ending.Seconds.ToString("F0", CultureInfo.InvariantCulture);
            return new(killer.Name, $"deadline: not done after {seconds} s", "", ending.Seconds);
        }

        if (killer.Tests is not null && FirstFailure(results) is { } test)
        {
            return new(killer.Name, test, "", ending.Seconds);
        }

        if (killer.Tests is null && SeedHost.FindingIn(ending.Output) is { } finding)
        {
            string profile = finding.Profile.Length == 0 ? "" : $" ({finding.Profile})";
            return new(killer.Name, finding.Rule, $"seed {finding.Seed}{profile}", ending.Seconds);
        }

        return ending.Code == 0
            ? null
            : new(killer.Name, $"crash of the process, exit code {ending.Code}", "", ending.Seconds);
    }

    private static int TestsIn(Killer killer, string results) => killer.Tests is null ? 1
        : !File.Exists(results) ? 0
        : XDocument.Load(results).Descendants("test").Count();

    private static IEnumerable<string> TestArguments(Killer killer, string results) =>
    [
        "-noLogo", "-noColor", "-stopOnFail", "-xml", results,
        .. killer.Classes.SelectMany(static name => new[] { "-class", name }),
        .. killer.Methods.SelectMany(static name => new[] { "-method", name }),
    ];

    /// <summary>The first in time: whoever runs beside it is told to stop, and may fail because of that.</summary>
    private static string? FirstFailure(string results)
    {
        if (!File.Exists(results))
        {
            return null;
        }

        XElement? failed = XDocument.Load(results).Descendants("test")
            .Where(static test => test.Attribute("result")?.Value == "Fail")
            .MinBy(static test => DateTimeOffset.Parse(
                test.Attribute("finish-rtf")!.Value, CultureInfo.InvariantCulture));
        return failed is null ? null : ShortName(failed);
    }

    /// <summary>The class without its namespace, the method, and the arguments of a theory.</summary>
    private static string ShortName(XElement test)
    {
        string name = test.Attribute("name")!.Value.Replace("\\\"", "\"", StringComparison.Ordinal);
        string type = test.Attribute("type")?.Value ?? "";
        int lastDot = type.LastIndexOf('.');
        return lastDot > 0 && name.StartsWith(type, StringComparison.Ordinal) ? name[(lastDot + 1)..] : name;
    }
}
