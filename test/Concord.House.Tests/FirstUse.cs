namespace Concord.House;

/// <summary>The five lines of README.md. They stand there and nowhere else.</summary>
internal static class FirstUse
{
    private const string Begin = "<!-- five lines: begin -->\n```csharp\n";
    private const string End = "```\n<!-- five lines: end -->";

    public static string Lines
    {
        get
        {
            string readme = File.ReadAllText(Repository.PathOf("README.md"));
            int begin = readme.IndexOf(Begin, StringComparison.Ordinal);
            int end = begin < 0 ? -1 : readme.IndexOf(End, begin, StringComparison.Ordinal);
            return end < 0
                ? throw new InvalidOperationException("README.md has no block of five lines between its markers.")
                : readme[(begin + Begin.Length)..end];
        }
    }
}
