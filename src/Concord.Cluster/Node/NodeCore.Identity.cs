using Concord.Client.Wire;
using Concord.Cluster.Storage;
using Concord.Consensus;

namespace Concord.Cluster.Node;

/// <content>
/// Which folder the other nodes had. One that comes back with another folder under its old number may have forgotten
/// votes and entries that this node counted (pitfall: a wiped node rejoins): it is refused.
/// </content>
internal sealed partial class NodeCore
{
    private readonly SortedDictionary<ushort, ulong> _knownFolders;
    private readonly SortedDictionary<ushort, ulong> _newFolders = [];
    private bool _peersWriteUnderWay;

    /// <summary>Whether a node comes with the folder that it had. An unknown one is remembered; what it says is not
    /// heard before that is durable.</summary>
    private bool IsSameFolder(NodeId node, ulong incarnation)
    {
        if (_knownFolders.TryGetValue(node.Value, out ulong known)
            || _newFolders.TryGetValue(node.Value, out known))
        {
            return known == incarnation;
        }

        _newFolders.Add(node.Value, incarnation);
        return true;
    }

    private bool IsRemembered(ushort node) => _knownFolders.ContainsKey(node);

    private static string WipedSentence(ushort node) =>
        $"Node {node} comes with a new data folder: it may have forgotten votes and entries that it acknowledged, and "
        + $"is not let in as node {node}. Nothing was changed. Give it back its old folder, or a new id: "
        + $"concord members replace {node} <new id>.";

    private void DrainPeers(NodeOutbox outbox)
    {
        if (_newFolders.Count > 0 && !_peersWriteUnderWay)
        {
            _peersWriteUnderWay = true;
            outbox.Disk.Add(new PeersWrite([.. _knownFolders, .. _newFolders]));
        }
    }

    private void PeersRemembered(PeersWrite write)
    {
        _peersWriteUnderWay = false;
        foreach ((ushort node, ulong incarnation) in write.Known)
        {
            _knownFolders[node] = incarnation;
            _newFolders.Remove(node);
        }
    }
}

/// <summary>Remembers the folders of the other nodes.</summary>
internal sealed class PeersWrite(IReadOnlyList<KeyValuePair<ushort, ulong>> known) : DiskWork
{
    public IReadOnlyList<KeyValuePair<ushort, ulong>> Known { get; } = known;

    public override void Run(NodeDisk disk) =>
        KnownPeers.Write(disk.Files, Path.GetDirectoryName(disk.SnapshotDirectory)!, Known);
}
