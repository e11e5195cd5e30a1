using System.Text.Json;

namespace Concord.Simulation.Tests;

/// <summary>Mutants are data: a file, a text that stands in it exactly once, and what to put in its place.</summary>
public sealed class MutantCatalogueTests
{
    [Theory]
    [InlineData("consensus.json", 20)]
    [InlineData("node.json", 5)]
    public void Every_mutant_fits_its_file(string name, int least)
    {
        string root = FindRoot();
        string catalogue = File.ReadAllText(Path.Combine(root, "test", "mutants", name));
        List<Mutant> mutants = JsonSerializer.Deserialize<List<Mutant>>(catalogue, JsonSerializerOptions.Web)!;
        Assert.True(mutants.Count >= least, "the catalogue is there");
        Assert.Distinct(mutants.Select(static mutant => mutant.Id));
        foreach (Mutant mutant in mutants)
        {
            string text = File.ReadAllText(Path.Combine(root, mutant.File));
            int first = text.IndexOf(mutant.Find, StringComparison.Ordinal);
            int last = text.LastIndexOf(mutant.Find, StringComparison.Ordinal);
            Assert.True(first >= 0, $"{mutant.Id}: '{mutant.Find}' is not in {mutant.File} any more");
            Assert.True(first == last, $"{mutant.Id}: '{mutant.Find}' stands in {mutant.File} more than once");
            Assert.NotEqual(mutant.Find, mutant.Replace);
            Assert.NotEmpty(mutant.KilledBy);
        }
    }

    private static string FindRoot()
    {
        DirectoryInfo? at = new(AppContext.BaseDirectory);
        while (at is not null && !File.Exists(Path.Combine(at.FullName, "Concord.slnx")))
        {
            at = at.Parent;
        }

        return at?.FullName ?? throw new DirectoryNotFoundException("The tests run inside the repository.");
    }

    private sealed record Mutant(string Id, string File, string Find, string Replace, string KilledBy);
}
