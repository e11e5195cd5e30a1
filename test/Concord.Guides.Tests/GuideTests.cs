using System.Reflection;

namespace Guides;

/// <summary>The guides themselves: all of one shape, and no block of C# that nobody runs.</summary>
public sealed class GuideTests
{
    private static readonly string[] s_headings =
    [
        "Five lines", "What you can rely on", "What it does not do", "Failures you will see and what to do",
        "Limits and defaults", "Per engine",
    ];

    /// <summary>Those that are not about a primitive have headings of their own.</summary>
    private static readonly string[] s_others = ["operations", "simulation", "histories"];

    public static TheoryData<string> Primitives =>
    [
        .. Directory.GetFiles(Path.Combine(Root, "docs", "guides"), "*.md")
            .Select(file => Path.GetFileNameWithoutExtension(file))
            .Where(name => !s_others.Contains(name))
            .Order(StringComparer.Ordinal),
    ];

    private static string Root { get; } = FindRoot();

    [Theory]
    [MemberData(nameof(Primitives))]
    public void A_guide_has_the_six_headings(string guide)
    {
        IEnumerable<string> headings = LinesOf(guide)
            .Where(line => line.StartsWith("## ", StringComparison.Ordinal))
            .Select(line => line[3..]);

        Assert.Equal(s_headings, headings);
    }

    [Theory]
    [MemberData(nameof(Primitives))]
    public void Every_block_of_a_guide_is_a_test_or_says_why_not(string guide)
    {
        string[] lines = LinesOf(guide);
        int blocks = lines.Count(line => line.TrimStart().StartsWith("```csharp", StringComparison.Ordinal));
        int shapes = lines.Count(line => line.StartsWith("<!-- shape: ", StringComparison.Ordinal));
        string name = guide.Replace("-", "", StringComparison.Ordinal);
        Type type = Assert.Single(
            typeof(Guide).Assembly.GetTypes(),
            each => each.IsSubclassOf(typeof(Guide))
                && each.Name.Equals(name + "Guide", StringComparison.OrdinalIgnoreCase));
        int tests = type.GetMethods().Count(method => method.GetCustomAttribute<FactAttribute>() is not null);

        Assert.True(blocks > 0, "It has no code.");
        Assert.Equal(blocks, tests + shapes);
    }

    [Fact]
    public void Every_primitive_has_a_guide() => Assert.Equal(
        [
            "counters", "elections", "fencing", "groups", "hosting", "locks", "names", "queues", "semaphores",
            "sequences", "sessions", "testing", "transactions", "values",
        ],
        Primitives.Select(row => row.Data));

    private static string[] LinesOf(string guide) =>
        File.ReadAllLines(Path.Combine(Root, "docs", "guides", guide + ".md"));

    private static string FindRoot()
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Concord.slnx")))
        {
            folder = folder.Parent;
        }

        return folder?.FullName ?? throw new InvalidOperationException("Concord.slnx is in no folder above the tests.");
    }
}
