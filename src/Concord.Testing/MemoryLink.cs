using Concord.Client.Connections;
using Concord.Client.Wire;
using Concord.Cluster.Node;
using Concord.Encoding;

namespace Concord.Testing;

/// <summary>A process's connection to the node: frames in queues. What the process is told while it is paused waits
/// until it goes on.</summary>
internal sealed class MemoryLink(MemoryNode node, TestProcess process, string address, IClientLinkEvents events)
    : ClientLink
{
    private readonly Queue<byte[]> _held = new();
    private NodeConnection? _connection;
    private bool _isClosed;

    public override string Address { get; } = address;

    public void Open() => node.Post(core =>
    {
        if (!process.IsReachable)
        {
            events.Closed(this, "the engine is not available");
            return;
        }

        _connection = core.Accepted();
        _connection.Transport = this;
        events.Opened(this);
    });

    public override void Send(ReadOnlyMemory<byte> frames)
    {
        byte[] copy = frames.ToArray();
        node.Post(core => Arrive(core, copy));
    }

    public override void Close() => node.Post(Disconnect);

    /// <summary>As if the cable were pulled: the process is told, and the node too.</summary>
    public void Break(NodeCore core)
    {
        if (!_isClosed)
        {
            Disconnect(core);
            events.Closed(this, "the engine is not available");
        }
    }

    /// <summary>From the node.</summary>
    public void Deliver(byte[] frames)
    {
        if (process.IsPaused)
        {
            _held.Enqueue(frames);
        }
        else if (!_isClosed)
        {
            Receive(frames);
        }
    }

    /// <summary>The process goes on: it reads what has come meanwhile.</summary>
    public void DeliverHeld()
    {
        while (!_isClosed && _held.TryDequeue(out byte[]? frames))
        {
            Receive(frames);
        }
    }

    private void Disconnect(NodeCore core)
    {
        if (!_isClosed && _connection is { } connection)
        {
            core.Disconnected(connection);
        }

        _isClosed = true;
    }

    private void Arrive(NodeCore core, ReadOnlySpan<byte> frames)
    {
        while (!frames.IsEmpty && !_isClosed)
        {
            int length = Frame.LengthOf(frames);
            if (process.Faults.MayArrive(frames[Frame.HeadBytes..length]))
            {
                core.Receive(_connection!, frames[Frame.HeadBytes..length]);
            }

            frames = frames[length..];
        }
    }

    private void Receive(ReadOnlySpan<byte> frames)
    {
        while (!frames.IsEmpty && !_isClosed)
        {
            int length = Frame.LengthOf(frames);
            events.Received(this, frames[Frame.HeadBytes..length]);
            frames = frames[length..];
        }
    }
}
