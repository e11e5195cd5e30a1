namespace Concord.House;

[Collection(nameof(PackageFeed))]
public sealed class PackageTests(PackageFeed feed)
{
    public static TheoryData<string> Names => Rooms.Names;

    [Fact]
    public void Every_room_is_a_package_and_nothing_else_is()
    {
        IEnumerable<string> expected = Rooms.All.Select(room => Path.GetFileName(feed.PathOf(room.Name)));

        IEnumerable<string?> actual = Directory.GetFiles(feed.Folder).Select(Path.GetFileName);

        Assert.Equal(expected.Order(StringComparer.Ordinal), actual.Order(StringComparer.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_package_has_documentation_a_readme_and_a_licence(string name)
    {
        using Package package = new(feed.PathOf(name));

        Assert.Equal("README.md", package.Text("readme"));
        Assert.Equal("MIT", package.Text("license"));
        Assert.False(string.IsNullOrWhiteSpace(package.Text("description")));
        Assert.Contains("README.md", package.Files);
        Assert.Contains(package.Files, file => file.EndsWith($"/{name}.dll", StringComparison.Ordinal));
        if (name != "Concord.Cli")
        {
            Assert.Contains($"lib/net10.0/{name}.xml", package.Files);
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_package_brings_our_packages_in_its_own_version(string name)
    {
        using Package package = new(feed.PathOf(name));
        string[] ours = [.. package.Dependencies.Where(each => each.StartsWith("Concord", StringComparison.Ordinal))];

        Assert.All(ours, each => Assert.EndsWith(" " + feed.Version, each, StringComparison.Ordinal));
        Assert.True(name is "Concord.Cli" || ours.Length > 0 || Rooms.Named(name).Rooms.Length == 0);
    }

    [Fact]
    public async Task A_package_says_where_its_source_is_if_the_clone_has_a_remote()
    {
        // Of a remote that the SDK knows no host for, a folder for one, a package can name neither: then there is
        // nothing to hold, and SourceLinkTests has a clone of its own.
        string remote = await Command.TryGitAsync("remote", "get-url", "origin") ?? "";
        bool isKnown = remote.Contains("github.com", StringComparison.Ordinal);
        using Package package = new(feed.PathOf("Concord.Consensus"));

        Assert.True(!isKnown || package.RepositoryUrl is not null);
        Assert.True(!isKnown || package.SourceLinkOf("lib/net10.0/Concord.Consensus.dll") is not null);
    }
}
