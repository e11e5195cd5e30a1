using System.Buffers;
using Concord.Client.Connections;
using Concord.Client.Wire;
using Concord.Cluster.Node;
using Concord.Encoding;

namespace Concord.Cluster.Runtime;

/// <summary>Reaches the node of this process by a method call, and the others by sockets.</summary>
internal sealed class LocalDialer(NodeShell shell, string ownAddress) : IDialer
{
    private readonly SocketDialer _others = new();

    public ClientLink Dial(string address, IClientLinkEvents events)
    {
        if (address != ownAddress)
        {
            return _others.Dial(address, events);
        }

        var link = new LocalLink(shell, address, events);
        link.Open();
        return link;
    }
}

/// <summary>A client's connection to the node of its own process: frames without a socket.</summary>
internal sealed class LocalLink(NodeShell shell, string address, IClientLinkEvents events)
    : ClientLink, IOutputTransport
{
    private readonly Lock _gate = new();
    private readonly Queue<byte[]> _arrived = new();
    private NodeConnection? _connection;
    private bool _isDelivering;

    public override string Address { get; } = address;

    public void Open() => ThreadPool.UnsafeQueueUserWorkItem(
        _ => shell.PostForeign(new NodeEvent.Accepted(this, connection =>
        {
            _connection = connection;
            ThreadPool.UnsafeQueueUserWorkItem(static link => link.NotifyOpened(), this, preferLocal: false);
        })),
        null);

    public override void Send(ReadOnlyMemory<byte> frames)
    {
        byte[] copy = ArrayPool<byte>.Shared.Rent(frames.Length);
        frames.CopyTo(copy);
        shell.PostForeign(new NodeEvent.Received(_connection!, copy, frames.Length));
    }

    public override void Close()
    {
        if (_connection is { } connection)
        {
            shell.PostForeign(new NodeEvent.Disconnected(connection));
        }
    }

    /// <summary>From the strand: the client's code runs on the pool, never there.</summary>
    void IOutputTransport.Send(ReadOnlyMemory<byte> frames, bool close)
    {
        lock (_gate)
        {
            _arrived.Enqueue(frames.ToArray());
            if (_isDelivering)
            {
                return;
            }

            _isDelivering = true;
        }

        ThreadPool.UnsafeQueueUserWorkItem(static link => link.Deliver(), this, preferLocal: false);
    }

    private void NotifyOpened() => events.Opened(this);

    private void Deliver()
    {
        while (true)
        {
            byte[]? next;
            lock (_gate)
            {
                if (!_arrived.TryDequeue(out next))
                {
                    _isDelivering = false;
                    return;
                }
            }

            try
            {
                ReadOnlySpan<byte> frames = next;
                while (!frames.IsEmpty)
                {
                    int length = Frame.LengthOf(frames);
                    events.Received(this, frames[Frame.HeadBytes..length]);
                    frames = frames[length..];
                }
            }
            catch (MalformedDataException e)
            {
                // Refused by the node: as with a socket the connection ends, and not the process.
                Close();
                events.Closed(this, e.Message);
            }
        }
    }
}
