using System.Security.Cryptography;
using Concord.Cluster.Node;
using Concord.Cluster.Storage;
using Concord.Consensus;
using Concord.Engines;

namespace Concord.Cluster.Runtime;

/// <summary>From a folder to what a node begins with. Nothing here waits for anybody; the simulator does the
/// same.</summary>
internal static class NodeStart
{
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
        bool hasPeers = layout is not { Members.Count: 1 };
        NodeIdentity? known = NodeIdentity.Read(files, folder.FullPath);
        SortedDictionary<ushort, ulong>? peers = KnownPeers.Read(files, folder.FullPath);
        RecoveredLog log = LogRecovery.Open(files, folder.LogDirectory, logOptions, hasPeers);
        if (log.Identity is { } identity)
        {
            if (layout is not null)
            {
                CheckIdentity(
                    identity.Cluster, identity.Node, identity.Description, layout, self, folder.FullPath);
            }

            CheckSameFolder(identity, known, folder.FullPath);
            incarnation = identity.Incarnation;
        }
        else if (known is not null)
        {
            if (layout is not null)
            {
                CheckIdentity(known.Cluster, known.Node, null, layout, self, folder.FullPath);
            }

            incarnation = known.Incarnation;
        }

        RequireLog(log, peers is not null, known is not null, folder.FullPath);
        if (layout is not null)
        {
            Own(files, folder, layout.ClusterId, self, incarnation);
        }

        RecoveredState state = SnapshotStart.Load(files, folder, log, hasPeers) with
        {
            Peers = peers ?? [],
        };
        return (state, incarnation);
    }

    /// <summary>Says in the folder whose it is, before anybody can hear of it: a node that dies now must come back as
    /// the same.</summary>
    public static void Own(IFileSystem files, NodeFolder folder, Guid cluster, NodeId self, ulong incarnation)
    {
        if (NodeIdentity.Read(files, folder.FullPath) is null)
        {
            new NodeIdentity(cluster, self, incarnation).Write(files, folder.FullPath);
        }
    }

    /// <summary>A number that no other folder has.</summary>
    public static ulong NewIncarnation() => BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(8));

    /// <summary>Whoever knows peers has had a log: its first batch is older than the first word to them.</summary>
    private static void RequireLog(RecoveredLog log, bool knowsPeers, bool knowsItself, string path)
    {
        if (knowsPeers && log.Identity is null && log.Damage.Count == 0)
        {
            throw LogLost(path, "peers.txt");
        }

        if (!knowsItself && log.Identity is null && log.Damage.Count > 0)
        {
            throw new StorageCorruptException(
                $"{log.DamageReport} Nothing in the folder {path} says whose it is, so it is not opened. Replace this "
                + "node by a new one with an empty folder.",
                SegmentNames.Of(log.Damage[0].Segment));
        }
    }

    public static StorageCorruptException LogLost(string path, string file) => new(
        $"The folder {path} holds {file} and no log: the log was lost. Nothing was changed; what this node held is on "
        + "the other nodes. Restore the log, or replace this node by a new one with an empty folder.",
        file);

    private static void CheckSameFolder(LogIdentity identity, NodeIdentity? known, string path)
    {
        if (known is not null && known.Incarnation != identity.Incarnation)
        {
            throw EngineErrors.Stopped(
                $"The log in {path} is of another folder of this node: {identity.Incarnation:x16}, and the folder is "
                + $"{known.Incarnation:x16}. Nothing was changed. Give the node the log that belongs to its folder.");
        }
    }

    private static void CheckIdentity(
        Guid cluster, NodeId node, ReadOnlyMemory<byte>? description, ClusterLayout layout, NodeId self, string path)
    {
        if (cluster == layout.ClusterId && node == self)
        {
            return;
        }

        if (layout.ProtocolOf(cluster) is { } other && node == self)
        {
            throw EngineErrors.Stopped(
                $"The folder {path} was begun with {other}, and this node was started for {layout.Protocol}. Nothing "
                + $"was changed. A cluster keeps the protocol that it began with: start it with {other}, or begin "
                + "another cluster in empty folders.");
        }

        throw EngineErrors.Stopped(
            $"The folder {path} belongs to node {node.Value}{Describe(description, node)}, and was opened as "
            + $"node {self.Value} of {layout.Members.Count} ({string.Join(", ", layout.Members)}) with "
            + $"{layout.Shards} shards. Nothing was changed. "
            + "Start it with the members and shards that it was created with, or give the node an empty folder.");
    }

    /// <summary>What the log says of its cluster; nothing is taken for granted about it.</summary>
    private static string Describe(ReadOnlyMemory<byte>? description, NodeId node)
    {
        if (description is not { } bytes)
        {
            return " of its cluster";
        }

        (ClusterLayout stored, NodeDirectory directory) = ClusterLayout.DecodeDescription(bytes.Span);
        string address = directory.Find(node.Value) is { } entry ? $" ({entry.Address})" : "";
        return $"{address} of a cluster begun by {stored.Members.Count} members "
            + $"({string.Join(", ", stored.Members)}) with {stored.Shards} shards";
    }
}
