using Concord.Mutants;

namespace Concord.Simulation.Tests;

/// <summary>The catalogues of test/mutants fit the sources, and docs/robustness.md tells of all of them.</summary>
public sealed class MutantCatalogueTests
{
    private static readonly Catalogue s_catalogue = Catalogue.Load(RepositoryRoot.Find());

    [Fact]
    public void Every_mutant_stands_exactly_once_in_its_file()
    {
        string[] misfits =
        [
            .. from mutant in s_catalogue.Mutants
               from edit in mutant.Edits
               let misfit = FitReport.Misfit(s_catalogue.Root, edit)
               where misfit is not null
               select $"{mutant.Id}: {misfit}",
        ];

        Assert.True(
            misfits.Length == 0,
            string.Join('\n', misfits) + "\nTo see what is near: dotnet run --project test/Concord.Mutants -- --check");
    }

    [Fact]
    public void Ids_are_unique() => Assert.Distinct(s_catalogue.Mutants.Select(static mutant => mutant.Id));

    [Fact]
    public void No_two_mutants_are_the_same() => Assert.Distinct(
        s_catalogue.Mutants.Select(static mutant => string.Join('\0', mutant.Edits)));

    [Fact]
    public void Every_rule_of_the_list_has_a_mutant()
    {
        Assert.NotEmpty(s_catalogue.Required);
        Assert.Empty(s_catalogue.Required.Except(s_catalogue.Mutants.Select(static mutant => mutant.Id)));
    }

    /// <summary>Else the table goes stale. --update-docs writes it.</summary>
    [Fact]
    public void The_table_of_the_robustness_page_lists_exactly_the_mutants_of_the_catalogues()
    {
        string page = File.ReadAllText(RobustnessPage.PathIn(s_catalogue.Root));

        Assert.Equal(s_catalogue.Mutants.Select(static mutant => mutant.Id), RobustnessPage.IdsIn(page));
    }

    [Fact]
    public void A_proof_of_equivalence_is_more_than_a_word() => Assert.DoesNotContain(
        s_catalogue.Mutants, static mutant => mutant.Equivalent is { Length: < 40 });

    [Fact]
    public void A_misfit_is_seen()
    {
        Edit edit = s_catalogue.Mutants[0].Edits.First();

        Assert.Null(FitReport.Misfit(s_catalogue.Root, edit));
        Assert.Contains("not in", FitReport.Misfit(s_catalogue.Root, edit with { Find = "no such \u0001" }));
        Assert.Contains("times", FitReport.Misfit(s_catalogue.Root, edit with { Find = "\n" }));
        Assert.Contains("exist", FitReport.Misfit(s_catalogue.Root, edit with { File = "src/Nothing.cs" }));
    }

    [Fact]
    public void The_nearest_line_is_the_one_that_was_changed_a_little()
    {
        const string Renamed = "bool isFree = _votedFor.IsNone || _votedFor == message.From;";

        Assert.True(NearestLine.Alike("bool free = _votedFor.IsNone || _votedFor == message.From;", Renamed) > 0.9);
        Assert.True(NearestLine.Alike("return new CommitParts(commands);", Renamed) < 0.4);
        Assert.Equal(1, NearestLine.Alike("  the same ", "the same"));
    }

    [Fact]
    public void Ids_are_in_the_order_of_their_numbers() => Assert.Equal(
        ["N1", "R2", "R2b", "R10", "W1"],
        new[] { "R10", "W1", "R2b", "N1", "R2" }.Order(IdOrder.Instance));
}
