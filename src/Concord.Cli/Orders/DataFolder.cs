using System.Text.Json;
using Concord.Cluster.Node;

namespace Concord.Cli.Orders;

/// <summary>What the folder says about itself, so that a later run finds the cluster as it was.</summary>
/// <param name="Format">Of this file; 1.</param>
/// <param name="Shards">Cannot change: the slots are spread over them.</param>
/// <param name="Addresses">One per node: members know each other by them.</param>
/// <param name="Protocol">How the nodes agree; null for Raft, as in folders of before there was a choice.</param>
internal sealed record DataFolderManifest(
    int Format, int Shards, IReadOnlyList<string> Addresses, string? Protocol = null);

/// <summary>The folder of a demo: one folder per node and a manifest. A temporary one is deleted at the end.</summary>
internal sealed class DataFolder : IDisposable
{
    private const int Format = 1;
    private const string ManifestName = "orders-demo.json";
    private const string LockName = "orders-demo.lock";

    private readonly bool _isTemporary;
    private FileStream? _lock;

    private DataFolder(string path, bool isTemporary)
    {
        (Path, _isTemporary) = (path, isTemporary);
    }

    public string Path { get; }

    /// <summary>Null while the folder is new.</summary>
    public DataFolderManifest? Manifest { get; private set; }

    public string NodeDirectory(int node) => System.IO.Path.Combine(Path, $"node-{node}");

    /// <exception cref="CliException">It cannot be used: it holds something else, or another demo is using
    /// it.</exception>
    public static DataFolder Open(DemoOptions options)
    {
        try
        {
            string path = options.DataDirectory is null
                ? Directory.CreateTempSubdirectory("concord-orders-").FullName
                : Directory.CreateDirectory(options.DataDirectory).FullName;
            DataFolder folder = new(path, options.DataDirectory is null);
            return folder.Claim(options);
        }
        catch (Exception error) when (InputFile.IsUnreadable(error))
        {
            throw new CliException(
                $"The data folder {options.DataDirectory} cannot be used: {error.Message.TrimEnd('.')}; "
                + "name a folder that you may write to.");
        }
    }

    /// <summary>Remembers the addresses; from now on the folder belongs to this cluster.</summary>
    public void Write(DataFolderManifest manifest)
    {
        string target = System.IO.Path.Combine(Path, ManifestName);
        string next = target + ".new";
        File.WriteAllBytes(next, JsonSerializer.SerializeToUtf8Bytes(manifest, OrdersJson.Default.DataFolderManifest));
        File.Move(next, target, overwrite: true);
        Manifest = manifest;
    }

    public static DataFolderManifest NewManifest(DemoOptions options, IReadOnlyList<string> addresses) =>
        new(Format, options.Shards, addresses, options.Protocol.Name);

    /// <summary>Empties what nodes left that never ran as a cluster.</summary>
    public void DeleteNodes(int nodes)
    {
        for (int node = 1; node <= nodes; node++)
        {
            if (Directory.Exists(NodeDirectory(node)))
            {
                Directory.Delete(NodeDirectory(node), recursive: true);
            }
        }
    }

    public void Dispose()
    {
        _lock?.Dispose();
        if (!_isTemporary)
        {
            return;
        }

        try
        {
            Directory.Delete(Path, recursive: true);
        }
        catch (Exception error) when (InputFile.IsUnreadable(error))
        {
            // A temporary folder that will not go is the operating system's to clean up; the run is not worse for it.
        }
    }

    private DataFolder Claim(DemoOptions options)
    {
        try
        {
            ClaimOrThrow(options);
            return this;
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    private void ClaimOrThrow(DemoOptions options)
    {
        string manifestPath = System.IO.Path.Combine(Path, ManifestName);
        bool isOurs = File.Exists(manifestPath);
        if (!isOurs && Directory.EnumerateFileSystemEntries(Path).Any(IsForeign))
        {
            throw new CliException(
                $"The data folder {Path} holds something else than an orders demo; name an empty or a new folder.");
        }

        Lock();
        if (isOurs)
        {
            Manifest = ReadManifest(manifestPath);
            RequireSameShape(options, Manifest);
        }
    }

    private static bool IsForeign(string entry) =>
        System.IO.Path.GetFileName(entry) is not (LockName or ManifestName + ".new");

    private void Lock()
    {
        try
        {
            _lock = new FileStream(
                System.IO.Path.Combine(Path, LockName), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException)
        {
            throw new CliException(
                $"The data folder {Path} is in use by another demo; wait for its end or name another folder.");
        }
    }

    private static DataFolderManifest ReadManifest(string manifestPath)
    {
        DataFolderManifest? manifest = null;
        try
        {
            manifest = JsonSerializer.Deserialize(
                File.ReadAllBytes(manifestPath), OrdersJson.Default.DataFolderManifest);
        }
        catch (JsonException)
        {
            // Said below, in the words for every manifest that cannot be used.
        }

        return manifest is { Format: Format, Addresses.Count: > 0 }
            ? manifest
            : throw new CliException(
                $"The file {manifestPath} is damaged or of another version; name another folder, or delete this one.");
    }

    private void RequireSameShape(DemoOptions options, DataFolderManifest manifest)
    {
        string protocol = manifest.Protocol ?? ReplicaProtocol.Raft.Name;
        if (manifest.Addresses.Count != options.Nodes || manifest.Shards != options.Shards
            || protocol != options.Protocol.Name)
        {
            throw new CliException(
                $"The data folder {Path} was made with --nodes {manifest.Addresses.Count} --shards {manifest.Shards} "
                + $"--protocol {protocol}; repeat these options or name another folder.");
        }
    }
}
