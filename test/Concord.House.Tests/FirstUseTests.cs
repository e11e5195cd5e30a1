namespace Concord.House;

/// <summary>What a stranger does first: a new project, one package, five lines.</summary>
[Collection(nameof(PackageFeed))]
public sealed class FirstUseTests(PackageFeed feed)
{
    [Fact]
    public void The_block_in_the_readme_has_five_lines() =>
        Assert.Equal(5, FirstUse.Lines.Split('\n').Count(line => line.Length > 0));

    [Fact]
    public async Task The_five_lines_of_the_readme_run_in_a_fresh_project_and_remember()
    {
        string project = Path.Combine(feed.Root, "first");
        Directory.CreateDirectory(project);
        await File.WriteAllTextAsync(Path.Combine(project, "first.csproj"), ProjectFile(feed.Version));
        await File.WriteAllTextAsync(Path.Combine(project, "NuGet.config"),
            NuGetConfig(feed.Folder, await UsualPackagesAsync(project)));
        await File.WriteAllTextAsync(Path.Combine(project, "Program.cs"), FirstUse.Lines);

        await Command.DotNetAsync(project, "build", "-v", "quiet", "-o", "out");
        string first = await Command.DotNetAsync(project, Path.Combine("out", "first.dll"));
        string second = await Command.DotNetAsync(project, Path.Combine("out", "first.dll"));

        Assert.Equal("1", first.Trim());
        Assert.Equal("2", second.Trim());
    }

    /// <summary>The machine's own packages folder, where others' packages are already.</summary>
    private static async Task<string> UsualPackagesAsync(string folder)
    {
        string answer =
            await Command.DotNetAsync(folder, "nuget", "locals", "global-packages", "--list", "--force-english-output");
        return answer[(answer.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim();
    }

    private static string ProjectFile(string version) =>
        $"""
        <Project Sdk="Microsoft.NET.Sdk">
          <PropertyGroup>
            <OutputType>Exe</OutputType>
            <TargetFramework>net10.0</TargetFramework>
            <Nullable>enable</Nullable>
            <ImplicitUsings>enable</ImplicitUsings>
            <TreatWarningsAsErrors>true</TreatWarningsAsErrors>
            <RestorePackagesPath>packages</RestorePackagesPath>
          </PropertyGroup>
          <ItemGroup>
            <PackageReference Include="Concord.Cluster" Version="[{version}]" />
          </ItemGroup>
        </Project>
        """;

    /// <summary>
    /// The feed beside the usual sources. Ours go into the project's own packages folder, so that a stale one is never
    /// picked up and none is left behind; those of others are read from the usual folder, where they already are.
    /// </summary>
    private static string NuGetConfig(string feed, string usualPackages) =>
        $"""
        <?xml version="1.0" encoding="utf-8"?>
        <configuration>
          <packageSources>
            <add key="concord-under-test" value="{feed}" />
          </packageSources>
          <fallbackPackageFolders>
            <add key="usual" value="{usualPackages}" />
          </fallbackPackageFolders>
        </configuration>
        """;
}
