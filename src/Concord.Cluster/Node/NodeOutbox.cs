using Concord.Cluster.Storage;

namespace Concord.Cluster.Node;

/// <summary>What a node leaves to its shell: connections with something to send, and disk work in the order of its
/// making.</summary>
internal sealed class NodeOutbox
{
    public List<NodeConnection> Connections { get; } = [];

    public List<DiskWork> Disk { get; } = [];

    /// <summary>There is more to do at once: drain again after other events have had their turn.</summary>
    public bool IsUnfinished { get; set; }

    public void Clear()
    {
        Connections.Clear();
        Disk.Clear();
        IsUnfinished = false;
    }
}

/// <summary>One thing for the log thread to do; it runs them one after the other and reports each.</summary>
internal abstract class DiskWork
{
    /// <summary>On the log thread. A failure stops the node.</summary>
    public abstract void Run(NodeDisk disk);
}

/// <summary>The files of a node, as the log thread uses them.</summary>
internal sealed record NodeDisk(IFileSystem Files, LogDevice Log, string SnapshotDirectory);
