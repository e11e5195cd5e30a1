using Concord.Cluster.Runtime;

namespace Concord.Simulation.Nodes;

/// <summary>A connection: a stream of bytes in each direction, that end together.</summary>
internal sealed class SimLink
{
    public SimLink(int id, ILinkEnd dialer, ILinkEnd acceptor)
    {
        (Id, Dialer, Acceptor) = (id, dialer, acceptor);
        ToAcceptor = new(this, dialer, acceptor);
        ToDialer = new(this, acceptor, dialer);
    }

    public int Id { get; }

    public ILinkEnd Dialer { get; }

    public ILinkEnd Acceptor { get; }

    public SimStream ToAcceptor { get; }

    public SimStream ToDialer { get; }

    public bool IsBroken { get; set; }

    /// <summary>What this end receives.</summary>
    public SimStream Into(ILinkEnd end) => end == Acceptor ? ToAcceptor : ToDialer;

    /// <summary>What this end sends.</summary>
    public SimStream OutOf(ILinkEnd end) => end == Acceptor ? ToDialer : ToAcceptor;
}

/// <summary>One direction of a connection.</summary>
internal sealed class SimStream(SimLink link, ILinkEnd from, ILinkEnd to)
{
    public SimLink Link { get; } = link;

    public ILinkEnd From { get; } = from;

    public ILinkEnd To { get; } = to;

    /// <summary>What is under way, in order; each has one event that delivers whatever is in front by then.</summary>
    public Queue<byte[]> Chunks { get; } = new();

    public long LastAt { get; set; }

    public long StalledUntil { get; set; }

    /// <summary>The next bytes that are sent arrive with a flipped bit.</summary>
    public bool DamageNext { get; set; }

    /// <summary>Where the receiver puts frames together.</summary>
    public FrameBuffer Buffer { get; } = new(4096);

    /// <summary>Watches it for the picture; null without one.</summary>
    public StreamTap? Tap { get; set; }

    /// <summary>The connection as the receiver's core knows it.</summary>
    public object? Connection { get; set; }
}
