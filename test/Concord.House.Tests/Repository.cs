namespace Concord.House;

/// <summary>The working tree that these tests were built from.</summary>
internal static class Repository
{
    private static readonly string[] s_notOurs = [".git", ".idea", ".vs", "artifacts", "bin", "obj", "TestResults"];

    public static string Root { get; } = FindRoot();

    public static string PathOf(params string[] parts) => Path.Combine([Root, .. parts]);

    public static string RelativePath(string path) => Path.GetRelativePath(Root, path).Replace('\\', '/');

    /// <summary>Every file of ours below <paramref name="folder"/>, in a stable order.</summary>
    public static IReadOnlyList<string> Files(string folder, params string[] extensions)
    {
        List<string> found = [];
        Collect(PathOf(folder), found);
        return [.. found
            .Where(file =>
                extensions.Length == 0 || extensions.Contains(Path.GetExtension(file), StringComparer.Ordinal))
            .OrderBy(file => file, StringComparer.Ordinal)];
    }

    private static void Collect(string folder, List<string> found)
    {
        if (!Directory.Exists(folder))
        {
            return;
        }

        found.AddRange(Directory.EnumerateFiles(folder));
        foreach (string child in Directory.EnumerateDirectories(folder))
        {
            if (!s_notOurs.Contains(Path.GetFileName(child), StringComparer.Ordinal))
            {
                Collect(child, found);
            }
        }
    }

    private static string FindRoot()
    {
        for (DirectoryInfo? at = new(AppContext.BaseDirectory); at is not null; at = at.Parent)
        {
            if (File.Exists(Path.Combine(at.FullName, "Concord.slnx")))
            {
                return at.FullName;
            }
        }

        throw new InvalidOperationException($"No Concord.slnx above {AppContext.BaseDirectory}.");
    }
}
