namespace Concord.Mutants;

/// <summary>The working tree that this program was built from.</summary>
internal static class RepositoryRoot
{
    public static string Find()
    {
        DirectoryInfo? at = new(AppContext.BaseDirectory);
        while (at is not null && !File.Exists(Path.Combine(at.FullName, "Concord.slnx")))
        {
            at = at.Parent;
        }

        return at?.FullName
            ?? throw new CatalogueException($"No Concord.slnx above {AppContext.BaseDirectory}: run it from the tree.");
    }
}
