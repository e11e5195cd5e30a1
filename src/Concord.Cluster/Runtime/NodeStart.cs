using System.Security.Cryptography;
using Concord.Cluster.Node;
using Concord.Cluster.State;
using Concord.Cluster.Storage;
using Concord.Consensus;
using Concord.Encoding;
using Concord.Engines;

namespace Concord.Cluster.Runtime;

/// <summary>From a folder to what a node begins with. Nothing here waits for anybody; the simulator does the
/// same.</summary>
internal static class NodeStart
{
    private const int ReadBytes = 256 << 10;

    /// <summary>Reads the folder, or begins a new one.</summary>
    /// <param name="files">The disk.</param>
    /// <param name="folder">Opened and held by the caller.</param>
    /// <param name="logOptions">Sizes.</param>
    /// <param name="layout">How the caller was told that the cluster is laid out; null to take the folder's
    /// word.</param>
    /// <param name="self">Which member this node is, with <paramref name="layout"/>.</param>
    /// <param name="incarnation">For a new folder.</param>
    /// <exception cref="EngineStoppedException">The folder belongs to another node or cluster.</exception>
    /// <exception cref="StorageCorruptException">Something in it is damaged.</exception>
    public static (RecoveredState State, ulong Incarnation) Open(
        IFileSystem files, NodeFolder folder, LogOptions logOptions, ClusterLayout? layout, NodeId self,
            ulong incarnation)
    {
        RecoveredLog log = LogRecovery.Open(files, folder.LogDirectory, logOptions);
        if (log.Identity is { } identity)
        {
            if (layout is not null)
            {
                CheckIdentity(identity, layout, self, folder.FullPath);
            }

            incarnation = identity.Incarnation;
        }

        var states = new Dictionary<uint, (Keyspace, SnapshotHead)>();
        foreach ((uint shard, LogIndex index) in NewestSnapshots(files, folder, log))
        {
            states.Add(shard, Load(files, folder.SnapshotDirectory, shard, index));
        }

        return (new(log, states), incarnation);
    }

    /// <summary>A number that no other folder has.</summary>
    public static ulong NewIncarnation() => BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(8));

    /// <summary>A snapshot counts once its file has its name, durably: the newest one of each shard, and at least the
    /// one that the log names.</summary>
    private static SortedDictionary<uint,
        LogIndex> NewestSnapshots(IFileSystem files, NodeFolder folder, RecoveredLog log)
    {
        var newest = new SortedDictionary<uint, LogIndex>();
        foreach (RecoveredShard shard in log.Shards)
        {
            if (shard.SnapshotIndex > LogIndex.Zero)
            {
                newest[shard.Shard] = shard.SnapshotIndex;
            }
        }

        foreach (string name in files.List(folder.SnapshotDirectory))
        {
            if (!SnapshotNames.TryParse(name, out uint shard, out LogIndex index))
            {
                continue;
            }

            if (log.Identity is null)
            {
                throw new StorageCorruptException(
                    $"The folder {folder.FullPath} holds snapshots and no log: the log was lost. Nothing was "
                        + "changed; what this node "
                    + "held is on the other nodes. Restore the log, or replace this node by a new one with an "
                    + "empty folder.",
                    name);
            }

            newest[shard] = LogIndex.Max(newest.GetValueOrDefault(shard), index);
        }

        return newest;
    }

    private static void CheckIdentity(LogIdentity identity, ClusterLayout layout, NodeId self, string path)
    {
        if (identity.Cluster == layout.ClusterId && identity.Node == self)
        {
            return;
        }

        (ClusterLayout stored, NodeDirectory directory) =
            ClusterLayout.DecodeDescription(identity.Description.Span);
        throw EngineErrors.Stopped(
            $"The folder {path} belongs to node {identity.Node.Value} "
                + $"({directory.Find(identity.Node.Value)?.Address}) of a cluster begun by "
            + $"{stored.Members.Count} members ({string.Join(", ", stored.Members)}) with {stored.Shards} "
            + "shards, and was opened as "
            + $"node {self.Value} of {layout.Members.Count} with {layout.Shards} shards. Nothing was changed. "
            + "Start it with the members and shards that it was created with, or give the node an empty folder.");
    }

    private static (Keyspace Keyspace, SnapshotHead Head) Load(
        IFileSystem files, string directory, uint shard, LogIndex index)
    {
        string path = Path.Combine(directory, SnapshotNames.Of(shard, index));
        if (!files.Exists(path))
        {
            throw new StorageCorruptException(
                $"The log names the snapshot {path}, and it is missing. Nothing was changed; what this node "
                    + "held before is on "
                + "the other nodes. Restore the file, or replace this node by a new one with an empty folder.",
                path);
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
        catch (SnapshotCorruptException e)
        {
            throw new StorageCorruptException(
                $"The snapshot {path} of shard {shard} is damaged: {e.Message} Nothing was changed; "
                + "what this node held before is on the other nodes. Restore the file, or replace this node "
                + "by a new one with an empty folder.",
                path,
                e);
        }
    }
}
