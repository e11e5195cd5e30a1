namespace Concord.Cluster.Storage;

/// <summary>
/// Reads the log at the start of a node and puts in order what a crash left. Nothing is changed before all of the log
/// has been understood.
/// </summary>
internal static class LogRecovery
{
    /// <exception cref="StorageCorruptException">The log holds what no crash leaves.</exception>
    /// <exception cref="EngineStoppedException">The log was written by a later version.</exception>
    public static RecoveredLog Open(IFileSystem files, string directory, LogOptions options)
    {
        options.Validate();
        List<ulong> segments = FindSegments(files, directory);
        if (segments.Count == 0)
        {
            DeleteLeftovers(files, directory);
            return new(null, [], new(1, 0, 1, 0, 1, 0), [new(1)], null);
        }

        MakeDurable(files, directory, segments);
        var scan = new LogScan(files, directory, options);
        var replay = new LogReplay();
        scan.Run(segments, replay.ReadMarks);
        if (segments[0] > replay.ReleasedThrough + 1)
        {
            throw Missing(directory, replay.ReleasedThrough + 1);
        }

        LogScanResult end = scan.Run(segments, replay.ReadEntries);
        List<SegmentContents> contents = [.. replay.Segments];
        if (contents.Count == 0)
        {
            contents.Add(new(end.Segment));
        }

        string? tornTail = end.Torn is { } torn ? TornTail.Cut(files, directory, torn) : null;
        FillUp(files, directory, options, end.Segment, segments);
        DeleteLeftovers(files, directory);
        List<RecoveredShard> shards = [];
        foreach (ShardReplay shard in replay.Shards)
        {
            shards.Add(shard.ToRecovered());
        }

        var position = new LogPosition(
            end.Segment, end.Offset, end.Sequence, end.PreviousChecksum, segments[0], segments[^1]);
        return new(replay.Identity, shards, position, contents, tornTail);
    }

    private static List<ulong> FindSegments(IFileSystem files, string directory)
    {
        List<ulong> segments = [];
        foreach (string name in files.List(directory))
        {
            if (SegmentNames.TryParse(name, out ulong segment))
            {
                segments.Add(segment);
            }
        }

        segments.Sort();
        for (int i = 1; i < segments.Count; i++)
        {
            if (segments[i] != segments[i - 1] + 1)
            {
                throw Missing(directory, segments[i - 1] + 1);
            }
        }

        return segments;
    }

    /// <summary>
    /// A process that was killed leaves behind what the machine has not yet brought to the disk. It is read as if it
    /// were durable, so first it must be; and after a sync that failed, what is read must be the disk and not a cache.
    /// Only the last batch can be in question: it is in the last segment, or in the one before if that is prepared.
    /// </summary>
    private static void MakeDurable(IFileSystem files, string directory, List<ulong> segments)
    {
        files.SyncDirectory(directory);
        for (int i = Math.Max(0, segments.Count - 2); i < segments.Count; i++)
        {
            using IFile file = files.Open(Path.Combine(directory, SegmentNames.Of(segments[i])), FileOpening.Existing);
            file.Refresh();
        }
    }

    /// <summary>
    /// A segment that is shorter than it should be gets its zeros back before anything is written to it.
    /// </summary>
    private static void FillUp(
        IFileSystem files, string directory, LogOptions options, ulong from, List<ulong> segments)
    {
        foreach (ulong segment in segments)
        {
            if (segment < from)
            {
                continue;
            }

            using IFile file = files.Open(Path.Combine(directory, SegmentNames.Of(segment)), FileOpening.Existing);
            long length = file.Length;
            if (length < options.SegmentBytes)
            {
                file.Write(length, new byte[options.SegmentBytes - length]);
                file.Sync();
            }
        }
    }

    private static void DeleteLeftovers(IFileSystem files, string directory)
    {
        foreach (string name in (ReadOnlySpan<string>)[SegmentNames.Preparing, SegmentNames.Spare])
        {
            string path = Path.Combine(directory, name);
            if (files.Exists(path))
            {
                files.Delete(path);
                files.SyncDirectory(directory);
            }
        }
    }

    private static StorageCorruptException Missing(string directory, ulong segment)
    {
        string path = Path.Combine(directory, SegmentNames.Of(segment));
        return new(
            $"The log is damaged: {path} is missing. Nothing was changed. Restore the folder from a backup, or remove "
            + "this node from the cluster and add a new one in its place.",
            path);
    }
}
