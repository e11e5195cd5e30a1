using System.Globalization;
using Concord.Consensus;

namespace Concord.Cluster.Storage;

/// <summary>
/// Whose folder it is. The incarnation is made with the folder and durable before anybody hears of it: a node whose
/// folder was lost comes back with another one, and its peers know that it may have forgotten what it promised.
/// </summary>
/// <param name="Cluster">The cluster.</param>
/// <param name="Node">The node.</param>
/// <param name="Incarnation">A number that no other folder has.</param>
internal sealed record NodeIdentity(Guid Cluster, NodeId Node, ulong Incarnation)
{
    private const string Name = "identity.txt";
    private const string Title = "Concord node identity, version 1";

    /// <returns>Null when the folder has none: it is new, or of the first release.</returns>
    public static NodeIdentity? Read(IFileSystem files, string folder)
    {
        string path = Path.Combine(folder, Name);
        if (CheckedText.Read(files, path, Title) is not { } lines)
        {
            return null;
        }

        CultureInfo culture = CultureInfo.InvariantCulture;
        return lines.Length == 3
            && Guid.TryParseExact(Value(lines[0], "cluster "), "D", out Guid cluster)
            && ushort.TryParse(Value(lines[1], "node "), NumberStyles.None, culture, out ushort node)
            && ulong.TryParse(Value(lines[2], "folder "), NumberStyles.AllowHexSpecifier, culture, out ulong folderId)
            ? new(cluster, new(node), folderId)
            : throw new StorageCorruptException($"{path} makes no sense. Nothing was changed.", path);
    }

    public void Write(IFileSystem files, string folder) => CheckedText.Write(
        files,
        Path.Combine(folder, Name),
        Title,
        [
            $"cluster {Cluster:D}",
            string.Create(CultureInfo.InvariantCulture, $"node {Node.Value}"),
            string.Create(CultureInfo.InvariantCulture, $"folder {Incarnation:x16}"),
        ]);

    private static string Value(string line, string name) =>
        line.StartsWith(name, StringComparison.Ordinal) ? line[name.Length..] : "";
}
