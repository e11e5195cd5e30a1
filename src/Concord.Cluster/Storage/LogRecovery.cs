namespace Concord.Cluster.Storage;

/// <summary>
/// Reads the log at the start of a node and puts in order what a crash left. Nothing is changed before all of the log
/// has been understood.
/// </summary>
internal static class LogRecovery
{
    private const ulong SegmentsMax = 1 << 20;

    /// <param name="files">The disk.</param>
    /// <param name="directory">The log's folder.</param>
    /// <param name="options">Sizes.</param>
    /// <param name="hasPeers">Whether other nodes hold what this one held: then what is lost by damage can be repaired
    /// from them, and the shards are recovered as impaired.</param>
    /// <exception cref="StorageCorruptException">The log holds what no crash leaves, and no other node can repair
    /// it.</exception>
    /// <exception cref="EngineStoppedException">The log was written by a later version.</exception>
    public static RecoveredLog Open(IFileSystem files, string directory, LogOptions options, bool hasPeers = false)
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
        LogScanResult first = scan.Run(segments, replay.ReadMarks, static () => { });
        DamagedRange? beginning = BeginningLost(segments[0], first, replay);
        if (segments[0] > replay.ReleasedThrough + 1)
        {
            replay.Lost();
        }

        LogScanResult end = scan.Run(segments, replay.ReadEntries, replay.Lost);
        RequireSame(directory, first, end);
        if (beginning is not null)
        {
            end = end with { Damage = [beginning, .. end.Damage] };
        }

        if (end.Damage.Count > 0 && !hasPeers)
        {
            throw LogDamage.OnlyCopy(directory, end);
        }

        return Settle(files, directory, options, segments, end, replay);
    }

    /// <summary>All has been understood: puts the folder in order, and says how the log goes on.</summary>
    private static RecoveredLog Settle(
        IFileSystem files,
        string directory,
        LogOptions options,
        List<ulong> segments,
        LogScanResult end,
        LogReplay replay)
    {
        string? damage = end.Damage.Count > 0 ? LogDamage.KeepAside(files, directory, end.Damage) : null;
        string? tornTail = end.Torn is { } torn ? TornTail.Cut(files, directory, torn) : null;
        LogPosition position = PositionBehind(end, segments, options);
        FillUp(files, directory, options, position.Segment, segments);
        DeleteLeftovers(files, directory);
        List<RecoveredShard> shards = [];
        foreach (ShardReplay shard in replay.Shards)
        {
            shards.Add(shard.ToRecovered());
        }

        List<SegmentContents> contents = ContentsOf(replay, segments[0], position.Segment, end.Damage.Count > 0);
        return new(replay.Identity, shards, position, contents, tornTail)
        {
            Damage = end.Damage,
            DamageReport = damage,
        };
    }

    private static LogPosition PositionBehind(LogScanResult end, List<ulong> segments, LogOptions options)
    {
        ulong[] damaged = [.. end.Damage.Select(static range => range.Segment).Distinct()];
        if (!end.EndsInDamage)
        {
            return new(end.Segment, end.Offset, end.Sequence, end.PreviousChecksum, segments[0], segments[^1])
            {
                DamagedSegments = damaged,
            };
        }

        // Nothing is written where something may have been: behind it, in a segment of its own, with a number that no
        // lost batch had.
        ulong last = Math.Max(damaged.Max(), end.Torn?.Segment ?? 0);
        ulong sectors = (last - end.Segment + 1) * (ulong)(options.SegmentBytes / BatchFormat.SectorBytes);
        return new(last + 1, 0, end.Sequence + sectors, end.PreviousChecksum, segments[0], segments[^1])
        {
            DamagedSegments = damaged,
        };
    }

    /// <summary>What each segment holds. Those without a batch that can be read are there too.</summary>
    private static List<SegmentContents> ContentsOf(LogReplay replay, ulong first, ulong last, bool isDamaged)
    {
        List<SegmentContents> contents = [.. replay.Segments];
        if (contents.Count == 0)
        {
            contents.Add(new(last));
        }

        if (isDamaged)
        {
            for (ulong number = first; number <= last; number++)
            {
                int place = (int)(number - first);
                if (place == contents.Count || contents[place].Number != number)
                {
                    contents.Insert(place, new(number));
                }
            }
        }

        return contents;
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

        // Those between the first and the last are there, or were lost.
        segments.Sort();
        if (segments.Count > 0 && segments[^1] - segments[0] > SegmentsMax)
        {
            throw LogDamage.Refused(directory, new(segments[0] + 1, 0, 0, 0, "most of the files are missing"));
        }

        for (int i = 1; i < segments.Count; i++)
        {
            if (segments[i] != segments[i - 1] + 1)
            {
                segments.Insert(i, segments[i - 1] + 1);
            }
        }

        return segments;
    }

    private static DamagedRange? BeginningLost(ulong first, LogScanResult end, LogReplay replay) =>
        first > replay.ReleasedThrough + 1 && end.HasBatches && end.Damage.Count == 0
            ? new(replay.ReleasedThrough + 1, 0, 0, 0, "the file is missing")
            : null;

    /// <summary>The log is read twice. A disk that answers differently each time cannot be judged.</summary>
    private static void RequireSame(string directory, LogScanResult first, LogScanResult second)
    {
        if (first.Sequence != second.Sequence || !first.Damage.SequenceEqual(second.Damage))
        {
            throw new IOException(
                $"Reading the log in {directory} twice gave two different answers. Nothing was changed. Start the node "
                + "again; if it happens again, the disk or the memory of this machine is broken.");
        }
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
            string path = Path.Combine(directory, SegmentNames.Of(segments[i]));
            if (files.Exists(path))
            {
                using IFile file = files.Open(path, FileOpening.Existing);
                file.Refresh();
            }
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
        foreach (string name in files.List(directory))
        {
            if (SegmentNames.IsLeftover(name))
            {
                files.Delete(Path.Combine(directory, name));
                files.SyncDirectory(directory);
            }
        }
    }
}
