namespace Concord.Cluster.Storage;

/// <summary>Sizes of the write-ahead log, in bytes.</summary>
internal sealed record LogOptions
{
    /// <summary>The size of a segment file. A multiple of the sector; at least twice <see cref="BatchBytesMax"/>, so
    /// that a full batch fits behind a segment's head.</summary>
    public int SegmentBytes { get; init; } = 16 << 20;

    /// <summary>
    /// The most that one batch takes, but for a segment's head. Bounds an entry, and the time of one sync.
    /// </summary>
    public int BatchBytesMax { get; init; } = 4 << 20;

    /// <summary>Above this the node must take snapshots of the shards that pin the oldest segment.</summary>
    public long LogBytesLimit { get; init; } = 1L << 30;

    public void Validate()
    {
        RequireSectors(BatchBytesMax, nameof(BatchBytesMax));
        RequireSectors(SegmentBytes, nameof(SegmentBytes));
        ArgumentOutOfRangeException.ThrowIfLessThan(BatchBytesMax, 2 * BatchFormat.SectorBytes, nameof(BatchBytesMax));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(
            BatchBytesMax, BatchFormat.BatchBytesLimit / 2, nameof(BatchBytesMax));
        ArgumentOutOfRangeException.ThrowIfLessThan(SegmentBytes, 2 * BatchBytesMax, nameof(SegmentBytes));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(SegmentBytes, 1 << 30, nameof(SegmentBytes));
        ArgumentOutOfRangeException.ThrowIfLessThan(LogBytesLimit, 2L * SegmentBytes, nameof(LogBytesLimit));
    }

    private static void RequireSectors(int bytes, string name)
    {
        if (bytes % BatchFormat.SectorBytes != 0)
        {
            throw new ArgumentOutOfRangeException(name, bytes, $"Must be a multiple of {BatchFormat.SectorBytes}.");
        }
    }
}
