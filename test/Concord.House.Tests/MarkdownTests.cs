namespace Concord.House;

public sealed class MarkdownTests
{
    private static IReadOnlyList<string> Pages => Repository.Files("", ".md");

    [Fact]
    public void Every_page_has_one_title()
    {
        IEnumerable<string> wrong = Pages
            .Where(file => new MarkdownPage(File.ReadAllText(file)).Titles != 1)
            .Select(Repository.RelativePath);

        Assert.Empty(wrong);
    }

    [Fact]
    public void Every_link_into_the_repository_leads_somewhere()
    {
        string[] broken =
        [
            .. Pages.SelectMany(file => new MarkdownPage(File.ReadAllText(file)).Links
                .Where(link => !LeadsSomewhere(file, link))
                .Select(link => $"{Repository.RelativePath(file)}: {link}")),
        ];

        Assert.True(broken.Length == 0, $"{broken.Length} broken links:\n{string.Join('\n', broken)}");
    }

    [Fact]
    public void Every_page_of_docs_can_be_reached_from_its_index()
    {
        HashSet<string> reached = new(StringComparer.Ordinal);
        Queue<string> open = new([Repository.PathOf("docs", "README.md")]);
        while (open.TryDequeue(out string? page))
        {
            if (reached.Add(page))
            {
                IEnumerable<string> next = new MarkdownPage(File.ReadAllText(page))
                    .Links.Where(link => !IsElsewhere(link))
                    .Select(link => FileOf(page, link))
                    .Where(file => file.EndsWith(".md", StringComparison.Ordinal) && File.Exists(file));
                foreach (string file in next)
                {
                    open.Enqueue(file);
                }
            }
        }

        Assert.Empty(Repository.Files("docs", ".md").Except(reached).Select(Repository.RelativePath));
    }

    [Fact]
    public void A_page_is_read_without_its_code()
    {
        MarkdownPage page =
            new("# One\n```\n# two\n[a](b)\n```\n## The `life`, of a call\n[x](y.md#z) and `[c](d)` and [`e`](f.md)\n");

        Assert.Equal(1, page.Titles);
        Assert.Equal(["y.md#z", "f.md"], page.Links);
        Assert.Equal(["one", "the-life-of-a-call"], page.Anchors);
    }

    [Fact]
    public void A_link_to_nowhere_is_seen()
    {
        string readme = Repository.PathOf("README.md");

        Assert.True(LeadsSomewhere(readme, "LICENSE"));
        Assert.True(LeadsSomewhere(readme, "src/"));
        Assert.False(LeadsSomewhere(readme, "docs/no-such-page.md"));
        Assert.False(LeadsSomewhere(readme, "README.md#no-such-heading"));
    }

    private static bool LeadsSomewhere(string page, string link)
    {
        if (IsElsewhere(link))
        {
            return true;
        }

        string target = FileOf(page, link);
        int hash = link.IndexOf('#', StringComparison.Ordinal);
        bool needsHeading = hash >= 0 && target.EndsWith(".md", StringComparison.Ordinal);
        return (File.Exists(target) || Directory.Exists(target))
            && (!needsHeading || new MarkdownPage(File.ReadAllText(target)).Anchors.Contains(link[(hash + 1)..]));
    }

    private static bool IsElsewhere(string link) =>
        link.Contains("://", StringComparison.Ordinal) || link.StartsWith("mailto:", StringComparison.Ordinal);

    private static string FileOf(string page, string link)
    {
        string path = link.Split('#')[0];
        return path.Length == 0 ? page : Path.GetFullPath(Path.Combine(Path.GetDirectoryName(page)!, path));
    }
}
