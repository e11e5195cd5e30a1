using System.Collections.Immutable;
using System.IO.Compression;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using System.Xml.Linq;

namespace Concord.House;

/// <summary>A package file: what it says of itself and what is in it.</summary>
internal sealed class Package : IDisposable
{
    private static readonly Guid s_sourceLink = new("CC110556-A091-4D38-9FEC-25AB9A351A6A");

    private readonly ZipArchive _archive;
    private readonly XElement _about;

    public Package(string path)
    {
        _archive = ZipFile.OpenRead(path);
        using Stream manifest =
            _archive.Entries.Single(entry => entry.FullName.EndsWith(".nuspec", StringComparison.Ordinal)).Open();
        _about = XDocument.Load(manifest).Root!.Elements().Single(element => element.Name.LocalName == "metadata");
    }

    public string Id => Text("id")!;

    public string Version => Text("version")!;

    public IEnumerable<string> Files => _archive.Entries.Select(entry => entry.FullName);

    /// <summary>The address of the repository; null if the package does not say.</summary>
    public string? RepositoryUrl => Element("repository")?.Attribute("url")?.Value;

    /// <summary>The commit that it was built from; null if the package does not say.</summary>
    public string? RepositoryCommit => Element("repository")?.Attribute("commit")?.Value;

    /// <summary>The packages that it brings, as <c>id version</c>.</summary>
    public IEnumerable<string> Dependencies => _about.Descendants()
        .Where(element => element.Name.LocalName == "dependency")
        .Select(element => $"{element.Attribute("id")!.Value} {element.Attribute("version")!.Value}");

    public string? Text(string name) => Element(name)?.Value;

    /// <summary>Where a debugger finds the sources of an assembly in the package: the SourceLink map, null if
    /// none.</summary>
    public string? SourceLinkOf(string file)
    {
        using MemoryStream copy = new();
        using (Stream assembly = _archive.GetEntry(file)!.Open())
        {
            assembly.CopyTo(copy);
        }

        using PEReader image = new(ImmutableArray.Create(copy.ToArray()));
        DebugDirectoryEntry symbols = image.ReadDebugDirectory()
            .Single(entry => entry.Type == DebugDirectoryEntryType.EmbeddedPortablePdb);
        using MetadataReaderProvider provider = image.ReadEmbeddedPortablePdbDebugDirectoryData(symbols);
        MetadataReader reader = provider.GetMetadataReader();
        return reader.CustomDebugInformation
            .Select(reader.GetCustomDebugInformation)
            .Where(information => reader.GetGuid(information.Kind) == s_sourceLink)
            .Select(information => System.Text.Encoding.UTF8.GetString(reader.GetBlobBytes(information.Value)))
            .SingleOrDefault();
    }

    public void Dispose() => _archive.Dispose();

    private XElement? Element(string name) =>
        _about.Elements().SingleOrDefault(element => element.Name.LocalName == name);
}
