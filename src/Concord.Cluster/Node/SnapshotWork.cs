using Concord.Cluster.Storage;
using Concord.Consensus;

namespace Concord.Cluster.Node;

/// <summary>The names of snapshot files: shard and index; a file under way has a name of its own.</summary>
internal static class SnapshotNames
{
    private const string Suffix = ".snapshot";

    public static string Of(uint shard, LogIndex index) =>
        string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{shard:d5}-{index.Value:d20}{Suffix}");

    public static string Unfinished(uint shard, string purpose) =>
        string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{shard:d5}-{purpose}.part");

    /// <summary>The shard and index in a name; false for what is under way and for what is not ours.</summary>
    public static bool TryParse(string name, out uint shard, out LogIndex index)
    {
        shard = 0;
        index = default;
        string[] parts = name.EndsWith(Suffix, StringComparison.Ordinal) ? name[..^Suffix.Length].Split('-') : [];
        System.Globalization.CultureInfo culture = System.Globalization.CultureInfo.InvariantCulture;
        if (parts.Length != 2
            || !uint.TryParse(parts[0], System.Globalization.NumberStyles.None, culture, out shard)
            || !ulong.TryParse(parts[1], System.Globalization.NumberStyles.None, culture, out ulong value))
        {
            return false;
        }

        index = new(value);
        return true;
    }

    public static bool IsOf(string name, uint shard) =>
        name.EndsWith(Suffix, StringComparison.Ordinal)
        && name.StartsWith(string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{shard:d5}-"),
            StringComparison.Ordinal);
}

/// <summary>Writes a piece of a snapshot that is under way.</summary>
internal sealed class SnapshotPieceWrite(string name, long offset, ReadOnlyMemory<byte> bytes) : DiskWork
{
    /// <summary>There was no room: what there was of the file is deleted.</summary>
    public bool IsGivenUp { get; private set; }

    public override void Run(NodeDisk disk)
    {
        string path = Path.Combine(disk.SnapshotDirectory, name);
        if (offset == 0 && disk.Files.Exists(path))
        {
            disk.Files.Delete(path);
        }

        try
        {
            Write(disk, path);
        }
        catch (IOException exception) when (DiskSpace.IsExhausted(exception))
        {
            IsGivenUp = true;
            if (disk.Files.Exists(path))
            {
                disk.Files.Delete(path);
            }
        }
    }

    private void Write(NodeDisk disk, string path)
    {
        using IFile file = disk.Files.Open(path, offset == 0 ? FileOpening.CreateNew : FileOpening.Existing);
        file.Write(offset, bytes.Span);

        // Piece by piece: one sync of the whole would hold up the log's.
        file.Sync();
    }
}

/// <summary>Gives a snapshot its name, durably, once all of it is durable.</summary>
internal sealed class SnapshotFinish(string unfinished, string name) : DiskWork
{
    public override void Run(NodeDisk disk)
    {
        disk.Files.Rename(Path.Combine(disk.SnapshotDirectory, unfinished), Path.Combine(disk.SnapshotDirectory, name));
        disk.Files.SyncDirectory(disk.SnapshotDirectory);
    }
}

/// <summary>Deletes the snapshots of a shard but the one that the log names.</summary>
internal sealed class SnapshotTidy(uint shard, string keep) : DiskWork
{
    public override void Run(NodeDisk disk)
    {
        foreach (string name in disk.Files.List(disk.SnapshotDirectory))
        {
            if (SnapshotNames.IsOf(name, shard) && string.CompareOrdinal(name, keep) < 0)
            {
                disk.Files.Delete(Path.Combine(disk.SnapshotDirectory, name));
            }
        }
    }
}

/// <summary>Reads a piece of a finished snapshot for another node.</summary>
internal sealed class SnapshotPieceRead(uint shard, LogIndex index, Stamp stamp, long offset, int bytesMax,
    ushort reader) : DiskWork
{
    public uint Shard { get; } = shard;

    public LogIndex Index { get; } = index;

    public Stamp Stamp { get; } = stamp;

    public long Offset { get; } = offset;

    public ushort Reader { get; } = reader;

    public byte[] Bytes { get; private set; } = [];

    public long TotalBytes { get; private set; }

    public override void Run(NodeDisk disk)
    {
        string path = Path.Combine(disk.SnapshotDirectory, SnapshotNames.Of(Shard, Index));
        if (!disk.Files.Exists(path))
        {
            // Replaced by a newer one since: the reader asks again.
            return;
        }

        using IFile file = disk.Files.Open(path, FileOpening.Existing);
        TotalBytes = file.Length;
        byte[] bytes = new byte[Math.Max(0, Math.Min(bytesMax, TotalBytes - Offset))];
        int read = file.Read(Offset, bytes);
        Bytes = bytes[..read];
    }
}
