using System.Globalization;
using System.Text;

namespace Concord.Mutants;

/// <summary>The table in <c>docs/robustness.md</c>.</summary>
internal static class RobustnessPage
{
    public const string Begin = "<!-- mutants: written by test/Concord.Mutants, update with update-docs -->";
    public const string End = "<!-- end of mutants -->";

    private const string Head = "| Mutant | What the broken product does | File | First killer | How soon | Also |";
    private const string Rule = "|---|---|---|---|---|---|";

    public static string PathIn(string root) => Path.Combine(root, "docs", "robustness.md");

    /// <summary>The ids in the table, in its order.</summary>
    public static IReadOnlyList<string> IdsIn(string page) => [.. RowsIn(page).Select(static row => row.Id)];

    /// <summary>Writes the rows of the verdicts; rows of mutants that were not run now stay as they are.</summary>
    /// <exception cref="CatalogueException">A mutant was never run, or it was not killed.</exception>
    public static void Update(Catalogue catalogue, IReadOnlyList<Verdict> verdicts)
    {
        string path = PathIn(catalogue.Root);
        string page = File.ReadAllText(path);
        Dictionary<string, string> rows = RowsIn(page).ToDictionary(
            static row => row.Id, static row => row.Text, StringComparer.Ordinal);
        foreach (Verdict verdict in verdicts)
        {
            if (verdict.Outcome is Outcome.Killed or Outcome.Equivalent)
            {
                rows[verdict.Mutant.Id] = RowOf(verdict);
            }
            else
            {
                rows.Remove(verdict.Mutant.Id);
            }
        }

        string[] missing =
            [.. catalogue.Mutants.Select(static mutant => mutant.Id).Where(id => !rows.ContainsKey(id))];
        var table = new StringBuilder($"{Begin}\n\n{Head}\n{Rule}\n");
        foreach (Mutant mutant in catalogue.Mutants)
        {
            if (rows.TryGetValue(mutant.Id, out string? row))
            {
                table.Append(row).Append('\n');
            }
        }

        (int from, int to) = BoundsIn(page);
        File.WriteAllText(path, $"{page[..from]}{table}\n{page[to..]}");
        if (missing.Length > 0)
        {
            throw new CatalogueException(
                $"The table in docs/robustness.md lacks what was not run or not killed: {string.Join(", ", missing)}.");
        }
    }

    private static string RowOf(Verdict verdict)
    {
        Mutant mutant = verdict.Mutant;
        string first = verdict.First is { } kill ? Named(kill) : $"none can: {verdict.Detail}";
        string soon = verdict.First is null
            ? ""
            : string.Create(CultureInfo.InvariantCulture, $"{verdict.First.Seconds:F1} s");
        string also = string.Join("; ", verdict.Kills.Skip(1).Select(Named));
        return $"| {mutant.Id} | {Cell(mutant.What)} | {Path.GetFileName(mutant.File)} | {Cell(first)} | {soon} "
            + (also.Length == 0 ? "| |" : $"| {Cell(also)} |");
    }

    private static string Named(Kill kill) =>
        kill.Where.Length == 0 ? $"`{kill.What}`" : $"`{kill.What}`, {kill.Where}";

    private static string Cell(string text) =>
        text.Replace("|", "\\|", StringComparison.Ordinal).Replace('\n', ' ').Replace('\t', ' ');

    private static IEnumerable<(string Id, string Text)> RowsIn(string page)
    {
        (int from, int to) = BoundsIn(page);
        return page[from..to].Split('\n')
            .Where(static line => line.StartsWith("| ", StringComparison.Ordinal) && line != Head)
            .Select(static line => (line.Split('|')[1].Trim(), line));
    }

    private static (int From, int To) BoundsIn(string page)
    {
        int from = page.IndexOf(Begin, StringComparison.Ordinal);
        int to = page.IndexOf(End, StringComparison.Ordinal);
        return from >= 0 && to > from
            ? (from, to)
            : throw new CatalogueException("docs/robustness.md has no place for the table: its two marks are missing.");
    }
}
