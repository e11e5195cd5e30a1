namespace Concord.Mutants;

/// <summary>Which mutants do not fit the sources any more, and what to look at to fit them again.</summary>
internal static class FitReport
{
    /// <summary>What is wrong with the place of an edit; null when its text stands there exactly once.</summary>
    public static string? Misfit(string root, Edit edit)
    {
        string path = Path.Combine(root, edit.File);
        if (!File.Exists(path))
        {
            return $"{edit.File} does not exist";
        }

        int[] lines = [.. LinesOf(File.ReadAllText(path), edit.Find)];
        return lines.Length switch
        {
            1 => null,
            0 => $"the text is not in {edit.File}",
            _ => $"the text is in {edit.File} {lines.Length} times, at lines {string.Join(", ", lines)}",
        };
    }

    /// <exception cref="CatalogueException">A selected mutant does not fit.</exception>
    public static void Demand(Catalogue catalogue, IEnumerable<Mutant> mutants)
    {
        string[] wrong =
        [
            .. from mutant in mutants
               from edit in mutant.Edits
               let misfit = Misfit(catalogue.Root, edit)
               where misfit is not null
               select $"{mutant.Id}: {misfit}",
        ];
        if (wrong.Length > 0)
        {
            throw new CatalogueException(
                $"{wrong.Length} places do not fit; --check shows what is near.\n{string.Join('\n', wrong)}");
        }
    }

    /// <summary>Lists every misfit with the most similar line.</summary>
    /// <returns>Whether all fit.</returns>
    public static bool Print(Catalogue catalogue, TextWriter output)
    {
        int misfits = 0;
        foreach (Mutant mutant in catalogue.Mutants)
        {
            foreach (Edit edit in mutant.Edits)
            {
                if (Misfit(catalogue.Root, edit) is { } misfit)
                {
                    misfits++;
                    Print(catalogue.Root, mutant, edit, misfit, output);
                }
            }
        }

        output.WriteLine($"{catalogue.Mutants.Count} mutants, {misfits} places that do not fit.");
        return misfits == 0;
    }

    private static void Print(string root, Mutant mutant, Edit edit, string misfit, TextWriter output)
    {
        output.WriteLine($"{mutant.Id} ({mutant.What}): {misfit}");
        output.WriteLine($"  wanted: {NearestLine.MostTelling(edit.Find).Trim()}");
        if (NearestLine.Search(root, edit) is { } nearest)
        {
            output.WriteLine($"  near:   {nearest.Text.Trim()}");
            output.WriteLine($"          {nearest.File}:{nearest.Line}, {nearest.Similarity:P0} alike");
        }
    }

    private static IEnumerable<int> LinesOf(string text, string find)
    {
        int at = -1;
        while ((at = text.IndexOf(find, at + 1, StringComparison.Ordinal)) >= 0)
        {
            yield return text.AsSpan(0, at).Count('\n') + 1;
        }
    }
}
