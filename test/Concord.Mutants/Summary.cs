using System.Globalization;
using System.Text.Json;

namespace Concord.Mutants;

/// <summary>What came out, for people and for programs.</summary>
internal static class Summary
{
    private static readonly JsonSerializerOptions s_json = new(JsonSerializerOptions.Web) { WriteIndented = true };

    public static string LineOf(Verdict verdict)
    {
        string outcome = verdict.Outcome switch
        {
            Outcome.Killed => "killed    by "
                + string.Join("; ", verdict.Kills.Select(static kill => $"{kill.By}: {kill}")),
            Outcome.Survived => "SURVIVED",
            Outcome.Equivalent => $"equivalent: {verdict.Detail}",
            _ => $"ERROR     {verdict.Detail} {verdict.First}",
        };
        string times = string.Create(
            CultureInfo.InvariantCulture, $"{verdict.Seconds:F1} s, build {verdict.BuildSeconds:F1} s");
        return $"{verdict.Mutant.Id,-6} {verdict.Mutant.What}: {outcome} ({times})";
    }

    public static void Print(IReadOnlyList<Verdict> verdicts, TextWriter output)
    {
        output.WriteLine();
        foreach (Verdict verdict in verdicts)
        {
            string who = verdict.Outcome == Outcome.Killed ? verdict.First!.ToString() : verdict.Outcome.ToString();
            output.WriteLine($"{verdict.Mutant.Id,-6} {Cut(verdict.Mutant.What, 52),-52} {who}");
        }

        output.WriteLine();
        foreach (Verdict verdict in verdicts.Where(static v => v.Outcome is Outcome.Survived or Outcome.Error))
        {
            output.WriteLine(LineOf(verdict));
        }

        string counts = string.Join(
            ", ",
            Enum.GetValues<Outcome>()
                .Select(outcome => $"{verdicts.Count(v => v.Outcome == outcome)} {NameOf(outcome)}"));
        double seconds = verdicts.Sum(static verdict => verdict.BuildSeconds + verdict.Seconds);
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{verdicts.Count} mutants: {counts}; {seconds / Math.Max(1, verdicts.Count):F1} s each."));
    }

    public static byte[] ToJson(IReadOnlyList<Verdict> verdicts) => JsonSerializer.SerializeToUtf8Bytes(
        new
        {
            mutants = verdicts.Select(static verdict => new
            {
                verdict.Mutant.Id,
                verdict.Mutant.What,
                verdict.Mutant.File,
                outcome = NameOf(verdict.Outcome),
                killers = verdict.Kills,
                seconds = Math.Round(verdict.Seconds, 2),
                buildSeconds = Math.Round(verdict.BuildSeconds, 2),
                detail = verdict.Detail,
            }),
            killed = verdicts.Count(static verdict => verdict.Outcome == Outcome.Killed),
            survived = verdicts.Count(static verdict => verdict.Outcome == Outcome.Survived),
            equivalent = verdicts.Count(static verdict => verdict.Outcome == Outcome.Equivalent),
            errors = verdicts.Count(static verdict => verdict.IsError),
        },
        s_json);

    private static string NameOf(Outcome outcome) => outcome switch
    {
        Outcome.Killed => "killed",
        Outcome.Survived => "survived",
        Outcome.Equivalent => "equivalent",
        _ => "errors",
    };

    private static string Cut(string text, int characters) =>
        text.Length <= characters ? text : text[..(characters - 3)] + "...";
}
