using Concord.Cluster.Node;
using Concord.Cluster.State;
using Concord.Cluster.Storage;
using Concord.Consensus;

namespace Concord.Cluster.Runtime;

/// <summary>
/// The states that a node begins with. A snapshot counts once its file has its name, durably: the newest one of each
/// shard, and at least the one that the log names.
/// </summary>
internal static class SnapshotStart
{
    private const int ReadBytes = 256 << 10;

    /// <param name="files">The disk.</param>
    /// <param name="folder">The node's folder.</param>
    /// <param name="log">What its log says.</param>
    /// <param name="hasPeers">Whether a shard whose snapshot is damaged can be repaired from other nodes.</param>
    /// <exception cref="StorageCorruptException">A snapshot is damaged, and no other node can repair it.</exception>
    public static RecoveredState Load(IFileSystem files, NodeFolder folder, RecoveredLog log, bool hasPeers)
    {
        var states = new Dictionary<uint, (Keyspace, SnapshotHead)>();
        List<RecoveredShard> shards = [.. log.Shards];
        List<string> reports = [];
        foreach ((uint shard, List<LogIndex> candidates) in Candidates(files, folder, log))
        {
            StorageCorruptException? damage = null;
            foreach (LogIndex index in candidates)
            {
                try
                {
                    states.Add(shard, Read(files, folder.SnapshotDirectory, shard, index));
                    break;
                }
                catch (StorageCorruptException e) when (hasPeers)
                {
                    damage ??= e;
                    KeepAside(files, folder.SnapshotDirectory, SnapshotNames.Of(shard, index));
                }
            }

            if (damage is not null)
            {
                reports.Add(damage.Message);
            }

            if (!states.ContainsKey(shard))
            {
                // Without its state the log behind it is worth nothing: all comes from the other nodes again.
                int place = shards.FindIndex(found => found.Shard == shard);
                var empty = new RecoveredShard(shard, default, default, default, new LogBuffer()) { Impaired = true };
                if (place < 0)
                {
                    shards.Add(empty);
                }
                else
                {
                    // What it knew to be committed is not what it will hold next.
                    shards[place] = empty with { HardState = shards[place].HardState with { Commit = default } };
                }
            }
        }

        if (reports.Count == 0)
        {
            return new(log, states);
        }

        string report = string.Join(' ', log.DamageReport is { } ofLog ? [ofLog, .. reports] : reports);
        return new(log with { Shards = shards, DamageReport = report }, states);
    }

    /// <summary>Of each shard the files that would do, newest first. The log names the oldest one.</summary>
    private static SortedDictionary<uint, List<LogIndex>> Candidates(
        IFileSystem files, NodeFolder folder, RecoveredLog log)
    {
        var named = new Dictionary<uint, LogIndex>();
        var candidates = new SortedDictionary<uint, List<LogIndex>>();
        foreach (RecoveredShard shard in log.Shards)
        {
            if (shard.SnapshotIndex > LogIndex.Zero)
            {
                named.Add(shard.Shard, shard.SnapshotIndex);
                candidates.Add(shard.Shard, [shard.SnapshotIndex]);
            }
        }

        foreach (string name in files.List(folder.SnapshotDirectory))
        {
            if (!SnapshotNames.TryParse(name, out uint shard, out LogIndex index))
            {
                continue;
            }

            if (log.Identity is null && log.Damage.Count == 0)
            {
                throw NodeStart.LogLost(folder.FullPath, name);
            }

            if (!candidates.TryGetValue(shard, out List<LogIndex>? own))
            {
                candidates.Add(shard, own = []);
            }

            if (index > named.GetValueOrDefault(shard))
            {
                own.Add(index);
            }
        }

        foreach (List<LogIndex> own in candidates.Values)
        {
            own.Sort(static (left, right) => right.Value.CompareTo(left.Value));
        }

        return candidates;
    }

    private static (Keyspace Keyspace, SnapshotHead Head) Read(
        IFileSystem files, string directory, uint shard, LogIndex index)
    {
        string path = Path.Combine(directory, SnapshotNames.Of(shard, index));
        if (!files.Exists(path))
        {
            throw Damaged($"The log names the snapshot {path}, and it is missing.", path, null);
        }

        try
        {
            using IFile file = files.Open(path, FileOpening.Existing);
            var reader = new SnapshotReader();
            byte[] buffer = new byte[ReadBytes];
            long offset = 0;
            for (int read; (read = file.Read(offset, buffer)) > 0; offset += read)
            {
                reader.Feed(buffer.AsSpan(0, read));
            }

            Keyspace keyspace = reader.Complete();
            return reader.Head!.Shard == shard && reader.Head.Index == index
                ? (keyspace, reader.Head)
                : throw new SnapshotCorruptException("it is of another shard or index than its name says");
        }
        catch (Exception e) when (e is SnapshotCorruptException or IOException)
        {
            throw Damaged($"The snapshot {path} of shard {shard} is damaged: {e.Message}", path, e);
        }
    }

    private static StorageCorruptException Damaged(string what, string path, Exception? cause) => new(
        $"{what} Nothing was changed; what this node held before is on the other nodes. Restore the file, or replace "
        + "this node by a new one with an empty folder.",
        path,
        cause);

    /// <summary>Out of the way of later starts, and of those who delete old snapshots.</summary>
    private static void KeepAside(IFileSystem files, string directory, string name)
    {
        string path = Path.Combine(directory, name);
        if (files.Exists(path))
        {
            files.Rename(path, Path.Combine(directory, "damaged-" + name));
            files.SyncDirectory(directory);
        }
    }
}
