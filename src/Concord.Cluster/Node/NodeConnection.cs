using Concord.Client.Wire;
using Concord.Consensus;

namespace Concord.Cluster.Node;

/// <summary>Whom to tell the answer to a request.</summary>
internal interface IReplySink
{
    /// <param name="token">What the asker gave with the request.</param>
    /// <param name="reply">Valid during the call only.</param>
    void Reply(ulong token, in NodeReply reply);
}

/// <summary>An asker and its number.</summary>
internal readonly record struct ReplyTarget(IReplySink? Sink, ulong Token)
{
    public static ReplyTarget None => default;

    public void Reply(in NodeReply reply) => Sink?.Reply(Token, reply);

    public void Refuse(ReplyStatus status, NodeId leader = default) =>
        Sink?.Reply(Token, new NodeReply { Status = status, Leader = leader.Value });
}

/// <summary>A connection as the core sees it: what it says goes to <see cref="Output"/>, the shell sends it.</summary>
internal sealed class NodeConnection(Action<NodeConnection> markDirty) : IReplySink
{
    public FrameWriter Output { get; } = new();

    /// <summary>Who is there; null until it has said hello.</summary>
    public Hello? Hello { get; set; }

    /// <summary>For a connection that this node made to a peer; none for those that it accepted.</summary>
    public NodeId Peer { get; init; }

    /// <summary>Where the node at the other end said that it stands, by shard; null before it has said
    /// anything.</summary>
    public Standing?[]? Standings { get; set; }

    /// <summary>Of a client in this process: its session, by shard. Null for others.</summary>
    public SortedDictionary<uint, LocalSession>? LocalSessions { get; set; }

    /// <summary>Of a client that is told what changes.</summary>
    public bool HasSubscriptions { get; set; }

    /// <summary>How many signs of life should have come on it since the last one did.</summary>
    public int MissedLiveness { get; set; }

    /// <summary>When something came on it last.</summary>
    public TimeSpan HeardAt { get; set; }

    public bool IsDirty { get; set; }

    /// <summary>Why it must be closed once what is in <see cref="Output"/> is sent; null while it may stay.</summary>
    public string? CloseReason { get; set; }

    /// <summary>The shell's.</summary>
    public object? Transport { get; set; }

    /// <summary>Whether the shell has said that it is gone: nothing is written for nobody.</summary>
    public bool IsClosed { get; set; }

    public void Reply(ulong token, in NodeReply reply)
    {
        if (!IsClosed)
        {
            reply.Write(Output, Peer.IsNone ? WireKind.Reply : WireKind.PeerReply, token);
            MarkDirty();
        }
    }

    public void MarkDirty()
    {
        if (!IsDirty)
        {
            IsDirty = true;
            markDirty(this);
        }
    }
}
