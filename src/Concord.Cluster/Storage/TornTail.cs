using System.Globalization;

namespace Concord.Cluster.Storage;

/// <summary>
/// Cuts what a crash left of a write that never finished. Nobody was told that it was durable; it is kept aside all the
/// same, for those who want to know.
/// </summary>
internal static class TornTail
{
    /// <returns>What was cut, and where the copy is.</returns>
    public static string Cut(IFileSystem files, string directory, TornRange torn)
    {
        string path = Path.Combine(directory, SegmentNames.Of(torn.Segment));
        using IFile segment = files.Open(path, FileOpening.Existing);
        byte[] bytes = new byte[torn.Length];
        segment.Read(torn.Offset, bytes);
        string copy = CopyAside(files, directory, torn, bytes);

        // The copy is durable. A crash from here on leaves a tail that is torn again, and a second copy.
        Array.Clear(bytes);
        segment.Write(torn.Offset, bytes);
        segment.Sync();
        return $"The last write before the crash was not finished: {torn.Length} bytes at byte {torn.Offset} of {path} "
            + $"were cut. They were never reported as durable. A copy is in {copy}.";
    }

    private static string CopyAside(IFileSystem files, string directory, TornRange torn, ReadOnlySpan<byte> bytes)
    {
        string name = string.Create(CultureInfo.InvariantCulture, $"torn-{torn.Segment:D10}-{torn.Offset}");
        string path = Path.Combine(directory, name + ".bak");
        for (int number = 2; files.Exists(path); number++)
        {
            path = Path.Combine(directory, string.Create(CultureInfo.InvariantCulture, $"{name}-{number}.bak"));
        }

        using IFile copy = files.Open(path, FileOpening.CreateNew);
        copy.Write(0, bytes);
        copy.Sync();
        files.SyncDirectory(directory);
        return path;
    }
}
