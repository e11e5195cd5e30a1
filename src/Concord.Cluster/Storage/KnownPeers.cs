using System.Globalization;

namespace Concord.Cluster.Storage;

/// <summary>
/// Which folder each other node had when this one first heard of it. A node that comes back with another one may have
/// forgotten votes and entries that this node counted.
/// </summary>
internal static class KnownPeers
{
    private const string Name = "peers.txt";
    private const string Title = "Concord peers, version 1";

    /// <returns>By node; null when nothing was ever written.</returns>
    public static SortedDictionary<ushort, ulong>? Read(IFileSystem files, string folder)
    {
        string path = Path.Combine(folder, Name);
        if (CheckedText.Read(files, path, Title) is not { } lines)
        {
            return null;
        }

        CultureInfo culture = CultureInfo.InvariantCulture;
        var known = new SortedDictionary<ushort, ulong>();
        foreach (string line in lines)
        {
            string[] parts = line.Split(' ');
            if (parts.Length != 2
                || !ushort.TryParse(parts[0], NumberStyles.None, culture, out ushort node)
                || !ulong.TryParse(parts[1], NumberStyles.AllowHexSpecifier, culture, out ulong incarnation)
                || !known.TryAdd(node, incarnation))
            {
                throw new StorageCorruptException($"{path} makes no sense: '{line}'. Nothing was changed.", path);
            }
        }

        return known;
    }

    public static void Write(IFileSystem files, string folder, IEnumerable<KeyValuePair<ushort, ulong>> known) =>
        CheckedText.Write(
            files,
            Path.Combine(folder, Name),
            Title,
            known.Select(static peer => string.Create(
                CultureInfo.InvariantCulture, $"{peer.Key} {peer.Value:x16}")));
}
