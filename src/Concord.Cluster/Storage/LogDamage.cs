using System.Globalization;

namespace Concord.Cluster.Storage;

/// <summary>What is said of a damaged log, and the copies of what is damaged.</summary>
internal static class LogDamage
{
    /// <summary>It is not to be repaired from anywhere, or nothing in it can be believed.</summary>
    public static StorageCorruptException Refused(string directory, DamagedRange damage, Exception? cause = null) =>
        new(
            $"The log is damaged: {damage.Describe(directory)}. Nothing was changed. "
            + "Restore the folder from a backup, or remove this node from the cluster and add a new one in its place.",
            Path.Combine(directory, SegmentNames.Of(damage.Segment)),
            cause);

    /// <summary>No other node has what this one held.</summary>
    public static StorageCorruptException OnlyCopy(string directory, LogScanResult end)
    {
        DamagedRange first = end.Damage[0];
        string kept = end.HasBatches
            ? $"All other batches up to {end.Sequence - 1} can be read"
            : "Nothing else in it can be read";
        return new(
            $"The log is damaged: {first.Describe(directory)}{More(end.Damage.Count)}. Nothing was changed. {kept}, "
            + "but no other node has what is lost, so this node does not start without it. "
            + "Restore the folder from a backup.",
            Path.Combine(directory, SegmentNames.Of(first.Segment)));
    }

    /// <summary>Copies what is damaged aside, durably, before anything is changed.</summary>
    /// <returns>What to tell.</returns>
    public static string KeepAside(IFileSystem files, string directory, IReadOnlyList<DamagedRange> damage)
    {
        List<string> copies = [];
        foreach (DamagedRange range in damage)
        {
            if (range.Length > 0)
            {
                copies.Add(KeepAside(files, directory, range));
            }
        }

        files.SyncDirectory(directory);
        string copied = copies.Count > 0 ? $" Copies are in {string.Join(", ", copies)}." : "";
        return $"The log is damaged: {damage[0].Describe(directory)}{More(damage.Count)}. All else was kept.{copied} "
            + "The node's replicas do not vote until the other nodes have repaired them. Check the disk.";
    }

    private static string KeepAside(IFileSystem files, string directory, DamagedRange range)
    {
        string name = string.Create(
            CultureInfo.InvariantCulture, $"damaged-{range.Segment:D10}-{range.Offset}-{range.Length}.bak");
        string path = Path.Combine(directory, name);
        string draft = Path.Combine(directory, SegmentNames.CopyDraft);
        if (files.Exists(path))
        {
            return path; // at an earlier start
        }

        if (files.Exists(draft))
        {
            files.Delete(draft);
        }

        var reader = new SegmentReader(files, directory, range.Offset + range.Length);
        Span<byte> segment = reader.Load(range.Segment);
        using (IFile copy = files.Open(draft, FileOpening.CreateNew))
        {
            copy.Write(0, segment.Slice(range.Offset, range.Length));
            copy.Sync();
        }

        files.Rename(draft, path);
        return path;
    }

    private static string More(int count) =>
        count > 1 ? string.Create(CultureInfo.InvariantCulture, $" (and {count - 1} more)") : "";
}
