namespace Concord.House;

/// <summary>The clone that runs the tests may have no remote; this one has.</summary>
[Collection(nameof(PackageFeed))]
public sealed class SourceLinkTests
{
    private const string Origin = "https://github.com/example/concord.git";

    [Fact]
    public async Task A_package_from_a_clone_of_a_hosted_repository_leads_to_its_source()
    {
        Assert.SkipWhen(await Command.TryGitAsync("--version") is null, "There is no git to make a clone with.");
        string clone = Directory.CreateTempSubdirectory("concord-clone-").FullName;
        try
        {
            CopyTheRoom("Concord.Commit", clone);
            await Command.GitAsync(clone, "init", "--quiet");
            await Command.GitAsync(clone, "remote", "add", "origin", Origin);
            await Command.GitAsync(clone, "add", ".");
            await Command.GitAsync(
                clone, "-c", "user.name=House", "-c", "user.email=house@example.org",
                "commit", "--quiet", "--no-gpg-sign", "-m", "One room");
            string commit = (await Command.GitAsync(clone, "rev-parse", "HEAD")).Trim();
            await Command.DotNetAsync(
                clone, "pack", "src/Concord.Commit", "-c", "Release", "-o", "feed", "-v", "quiet");

            using Package package = new(Directory.GetFiles(Path.Combine(clone, "feed")).Single());
            string? sources = package.SourceLinkOf("lib/net10.0/Concord.Commit.dll");

            Assert.Equal(Origin, package.RepositoryUrl);
            Assert.Equal(commit, package.RepositoryCommit);
            Assert.Contains($"https://raw.githubusercontent.com/example/concord/{commit}/*", sources,
                StringComparison.Ordinal);
        }
        finally
        {
            DeleteWithReadOnlyFiles(clone);
        }
    }

    private static void CopyTheRoom(string room, string target)
    {
        IEnumerable<string> files = Directory.GetFiles(Repository.Root)
            .Where(file =>
                Path.GetExtension(file) is ".props" or ".json" or ".md" or ".txt" or ".editorconfig" or ".gitignore")
            .Append(Repository.PathOf("src", "Directory.Build.props"))
            .Concat(Repository.Files("src/" + room));
        foreach (string file in files)
        {
            string copy = Path.Combine(target, Repository.RelativePath(file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }
    }

    /// <summary>git makes its objects read-only, which some systems do not delete.</summary>
    private static void DeleteWithReadOnlyFiles(string folder)
    {
        foreach (string file in Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories))
        {
            File.SetAttributes(file, FileAttributes.Normal);
        }

        Directory.Delete(folder, recursive: true);
    }
}
