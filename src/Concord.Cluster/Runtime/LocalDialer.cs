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

/// <summary>
/// A client's connection to the node of its own process: frames without a socket. What the node says is handed to the
/// client by a thread of its own, for it renews the session: a starved pool must not cost what is held.
/// </summary>
internal sealed class LocalLink(NodeShell shell, string address, IClientLinkEvents events)
    : ClientLink, IOutputTransport
{
    private readonly object _gate = new();
    private Queue<byte[]> _arrived = new();
    private Queue<byte[]> _delivering = new();
    private NodeConnection? _connection;
    private bool _isClosed;

    public override string Address { get; } = address;

    public void Open() => new Thread(Run) { IsBackground = true, Name = "concord-local" }.Start();

    public override void Send(ReadOnlyMemory<byte> frames)
    {
        byte[] copy = ArrayPool<byte>.Shared.Rent(frames.Length);
        frames.CopyTo(copy);
        shell.Post(new NodeEvent.Received(_connection!, copy, frames.Length));
    }

    public override void Close()
    {
        NodeConnection? connection;
        lock (_gate)
        {
            _isClosed = true;
            connection = _connection;
            Monitor.Pulse(_gate);
        }

        if (connection is not null)
        {
            shell.Post(new NodeEvent.Disconnected(connection));
        }
    }

    /// <summary>From the strand: the client's code runs on its own thread, never there.</summary>
    void IOutputTransport.Send(ReadOnlyMemory<byte> frames, bool close)
    {
        lock (_gate)
        {
            _arrived.Enqueue(frames.ToArray());
            Monitor.Pulse(_gate);
        }
    }

    private void Run()
    {
        shell.Post(new NodeEvent.Accepted(this, Accepted));
        lock (_gate)
        {
            while (_connection is null && !_isClosed)
            {
                Monitor.Wait(_gate);
            }

            if (_isClosed)
            {
                return;
            }
        }

        events.Opened(this);
        while (TakeArrived())
        {
            while (_delivering.TryDequeue(out byte[]? frames))
            {
                Deliver(frames);
            }
        }
    }

    private void Accepted(NodeConnection connection)
    {
        bool isTooLate;
        lock (_gate)
        {
            _connection = connection;
            isTooLate = _isClosed;
            Monitor.Pulse(_gate);
        }

        if (isTooLate)
        {
            shell.Post(new NodeEvent.Disconnected(connection));
        }
    }

    /// <summary>Waits for frames.</summary>
    /// <returns>False when the link is closed.</returns>
    private bool TakeArrived()
    {
        lock (_gate)
        {
            while (_arrived.Count == 0 && !_isClosed)
            {
                Monitor.Wait(_gate);
            }

            (_arrived, _delivering) = (_delivering, _arrived);
            return !_isClosed;
        }
    }

    private void Deliver(ReadOnlySpan<byte> frames)
    {
        try
        {
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
