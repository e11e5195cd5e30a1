using Concord.Cluster.Node;
using Concord.Consensus;

namespace Concord.Cluster.Runtime;

/// <summary>What a shell posts to its strand.</summary>
internal abstract record NodeEvent
{
    private NodeEvent()
    {
    }

    public sealed record Tick : NodeEvent
    {
        public static Tick Instance { get; } = new();
    }

    /// <summary>Whole frames in an array of the shared pool.</summary>
    public sealed record Received(NodeConnection Connection, byte[] Frames, int Length) : NodeEvent;

    /// <summary>A connection was accepted; <paramref name="Adopt"/> gets what the core made for it.</summary>
    public sealed record Accepted(object Transport, Action<NodeConnection> Adopt) : NodeEvent;

    public sealed record PeerConnected(NodeId Peer, object Transport, Action<NodeConnection> Adopt) : NodeEvent;

    public sealed record Disconnected(NodeConnection Connection) : NodeEvent;

    public sealed record DiskCompleted(DiskWork Work) : NodeEvent;
}
