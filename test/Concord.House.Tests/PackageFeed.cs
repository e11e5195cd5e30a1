using System.Globalization;

namespace Concord.House;

/// <summary>Tests that call the SDK share the packages and run one after the other.</summary>
[CollectionDefinition(nameof(PackageFeed))]
public sealed class PackageFeedCollection : ICollectionFixture<PackageFeed>;

/// <summary>All packages, made once into a folder outside the repository under a version that no cache has
/// seen.</summary>
public sealed class PackageFeed : IAsyncLifetime
{
    /// <summary>Outside the repository, so that none of its build files reach a project in it.</summary>
    public string Root { get; } = Directory.CreateTempSubdirectory("concord-packages-").FullName;

    public string Folder => Path.Combine(Root, "feed");

    public string Version { get; } = "0.0.1-house."
        + DateTime.UtcNow.ToString("yyyyMMddHHmmssfff", CultureInfo.InvariantCulture);

    public string PathOf(string package) => Path.Combine(Folder, $"{package}.{Version}.nupkg");

    public async ValueTask InitializeAsync() => await Command.DotNetAsync(
        Repository.Root, "pack", "Concord.slnx", "-c", "Release", "--no-build", "-o", Folder, $"-p:Version={Version}",
            "-v", "quiet");

    public ValueTask DisposeAsync()
    {
        Directory.Delete(Root, recursive: true);
        return ValueTask.CompletedTask;
    }
}
