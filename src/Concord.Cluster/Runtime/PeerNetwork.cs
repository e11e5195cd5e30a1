using System.Net;
using System.Net.Sockets;
using Concord.Client.Connections;
using Concord.Client.Wire;
using Concord.Cluster.Node;
using Concord.Consensus;
using Concord.Encoding;
using Concord.Engines;
using Microsoft.Extensions.Logging;

namespace Concord.Cluster.Runtime;

/// <summary>
/// The sockets of a node. Everything between nodes has threads of its own, so that a pool that is full of the
/// application's work does not cost an election. So have the first clients: a worker of the pool that has nothing to do
/// looks for work for a while before it sleeps, and after each small message that costs more than the message. The
/// many clients behind them are served by the pool.
/// </summary>
internal sealed class PeerNetwork(NodeShell shell, IPEndPoint listen, TimeProvider time, ILogger logger) : IDisposable
{
    private const int Backlog = 512;
    private const int PeerBufferBytes = 1 << 20;
    private const int ClientBufferBytes = 64 << 10;
    private const int PollMicroseconds = 100_000;
    private const int ClientThreadsMax = 32;

    /// <summary>The first ones are those of a cluster whose members start one after the other.</summary>
    private const int FailuresToTell = 50;

    private readonly Socket _listener = new(listen.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
    private readonly Lock _gate = new();
    private readonly HashSet<Socket> _open = [];
    private int _clientThreads;
    private readonly Dictionary<ushort, PeerDial> _dials = [];
    private IReadOnlyList<DirectoryEntry>? _followed;
    private volatile bool _isStarted;
    private bool _isDisposed;

    /// <exception cref="EngineStoppedException">The address is taken, or not of this machine.</exception>
    public void Listen()
    {
        try
        {
            // Takes a port whose old connections linger. The option ReuseAddress would let a second listener share it
            // besides: two nodes would answer under one address, by chance.
            _listener.Bind(listen);
            _listener.Listen(Backlog);
        }
        catch (SocketException e)
        {
            throw EngineErrors.Stopped(
                $"Cannot listen on {listen}: {e.Message}. Nothing was changed. Stop what uses the port, or "
                    + "choose another.", e);
        }

        ShellLog.Listening(logger, listen);
    }

    public void Start()
    {
        StartThread("concord accept", AcceptLoop);
        _isStarted = true;
    }

    /// <summary>Keeps connections to these nodes, and to no others. From the strand only.</summary>
    public void Follow(IReadOnlyList<DirectoryEntry> peers)
    {
        if (!_isStarted || ReferenceEquals(peers, _followed))
        {
            return;
        }

        _followed = peers;
        PeerDial[] dials = [.. _dials.Values];
        foreach (PeerDial gone in dials.Where(dial => peers.All(peer => peer.Node != dial.Node.Value)))
        {
            gone.IsWanted = false;
            _dials.Remove(gone.Node.Value);
        }

        foreach (DirectoryEntry peer in peers)
        {
            if (!_dials.ContainsKey(peer.Node))
            {
                PeerDial dial = new(new(peer.Node), peer.Address);
                _dials.Add(peer.Node, dial);
                StartThread($"concord to {dial.Node}", () => PeerLoop(dial));
            }
        }
    }

    public void Dispose()
    {
        Socket[] open;
        lock (_gate)
        {
            _isDisposed = true;
            open = [.. _open];
        }

        _listener.Dispose();
        foreach (Socket socket in open)
        {
            socket.Dispose();
        }
    }

    private static void StartThread(string name, Action action) =>
        new Thread(() => action()) { IsBackground = true, Name = name }.Start();

    private void AcceptLoop()
    {
        while (!_isDisposed)
        {
            try
            {
                Socket socket = _listener.Accept();
                socket.NoDelay = true;
                SocketDeadlines.Apply(socket);
                if (Remember(socket))
                {
                    StartThread("concord greet", () => Serve(socket));
                }
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                if (!_isDisposed)
                {
                    ShellLog.Refused(logger, e.Message);
                }
            }
        }
    }

    /// <summary>Reads the first frames on a thread of its own; a peer stays there, and a client while there are not too
    /// many.</summary>
    private void Serve(Socket socket)
    {
        var output = new SocketTransport(socket, OutputBlocked);
        NodeConnection? connection = null;
        using var adopted = new ManualResetEventSlim();
        shell.Post(new NodeEvent.Accepted(output, made =>
        {
            connection = made;
            adopted.Set();
        }));
        try
        {
            adopted.Wait(shell.Stopping);
            var buffer = new FrameBuffer(ClientBufferBytes);
            long accepted = time.GetTimestamp();
            bool MayWait() => time.GetElapsedTime(accepted) < SocketDeadlines.Hello;
            while (connection!.Hello is null && MayWait() && Receive(socket, buffer, connection, MayWait))
            {
                // Until it has said who it is.
            }

            if (connection.Hello is not { } hello)
            {
                Gone(socket, connection);
            }
            else if (hello.Role == HelloRole.Peer)
            {
                buffer.Widen(PeerBufferBytes);
                ReceiveLoop(socket, connection, buffer);
            }
            else if (Interlocked.Increment(ref _clientThreads) <= ClientThreadsMax)
            {
                ReceiveLoop(socket, connection, buffer);
                Interlocked.Decrement(ref _clientThreads);
            }
            else
            {
                Interlocked.Decrement(ref _clientThreads);
                ThreadPool.UnsafeQueueUserWorkItem(_ => _ = ReceiveClientAsync(socket, connection, buffer), null);
            }
        }
        catch (OperationCanceledException)
        {
            socket.Dispose();
        }
    }

    private void ReceiveLoop(Socket socket, NodeConnection connection, FrameBuffer buffer)
    {
        while (Receive(socket, buffer, connection, static () => true))
        {
            // Until it ends.
        }

        Gone(socket, connection);
    }

    private bool Receive(Socket socket, FrameBuffer buffer, NodeConnection connection, Func<bool> mayWait)
    {
        try
        {
            // The socket does not block, for its sending side must not; waiting is done here.
            while (!socket.Poll(PollMicroseconds, SelectMode.SelectRead))
            {
                if (_isDisposed || !mayWait())
                {
                    return false;
                }
            }

            int count = socket.Receive(buffer.Free.Span, SocketFlags.None);
            if (count == 0)
            {
                return false;
            }

            if (buffer.Received(count) is { } frames)
            {
                shell.Post(new NodeEvent.Received(connection, frames.Frames, frames.Length));
            }

            return true;
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException or MalformedDataException)
        {
            return false;
        }
    }

    private async Task ReceiveClientAsync(Socket socket, NodeConnection connection, FrameBuffer buffer)
    {
        try
        {
            while (await socket.ReceiveAsync(buffer.Free, shell.Stopping).ConfigureAwait(false) is var count and > 0)
            {
                if (buffer.Received(count) is { } frames)
                {
                    shell.Post(new NodeEvent.Received(connection, frames.Frames, frames.Length));
                }
            }
        }
        catch (Exception e) when (
            e is SocketException or ObjectDisposedException or MalformedDataException or OperationCanceledException)
        {
            // Said by the connection's end.
        }

        Gone(socket, connection);
    }

    /// <summary>Keeps a connection to a peer for sending; what the peer says on it is only a refusal.</summary>
    private void PeerLoop(PeerDial dial)
    {
        (NodeId node, string address) = (dial.Node, dial.Address);
        int failures = 0;
        for (int attempt = 0; !_isDisposed && dial.IsWanted; attempt++)
        {
            Socket? socket = null;
            try
            {
                socket = Connect(SocketLink.Parse(address), attempt);
                if (Remember(socket))
                {
                    failures = 0;
                    ShellLog.Connected(logger, node.Value, address);
                    string reason = Feed(socket, dial);
                    if (!_isDisposed)
                    {
                        ShellLog.Lost(logger, node.Value, address, reason);
                    }
                }
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException or FormatException)
            {
                // Not there yet, or gone: tried again below. What is no address, a build before took into its list.
                if (++failures == FailuresToTell)
                {
                    ShellLog.Unreachable(logger, node.Value, address, e.Message);
                }
            }

            if (socket is not null)
            {
                Forget(socket);
                socket.Dispose();
            }

            shell.Stopping.WaitHandle.WaitOne(TimeSpan.FromMilliseconds(100));
        }
    }

    /// <summary>Not the system's own patience: after a cut a fresh try comes sooner than TCP's next.</summary>
    private static Socket Connect(DnsEndPoint place, int attempt)
    {
        IPAddress[] addresses = IPAddress.TryParse(place.Host, out IPAddress? known)
            ? [known]
            : Dns.GetHostAddresses(place.Host);
        IPAddress address = addresses[attempt % addresses.Length];
        var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp)
        {
            NoDelay = true,
            Blocking = false,
        };
        try
        {
            SocketDeadlines.Apply(socket);
            socket.Connect(new IPEndPoint(address, place.Port));
        }
        catch (SocketException e) when (e.SocketErrorCode is SocketError.WouldBlock or SocketError.InProgress)
        {
            bool isDecided = socket.Poll(SocketDeadlines.Connect, SelectMode.SelectWrite);
            if (!isDecided || socket.GetSocketOption(SocketOptionLevel.Socket, SocketOptionName.Error) is not 0)
            {
                socket.Dispose();
                throw new SocketException((int)(isDecided ? SocketError.ConnectionRefused : SocketError.TimedOut));
            }
        }
        catch (SocketException)
        {
            socket.Dispose();
            throw;
        }

        return socket;
    }

    private string Feed(Socket socket, PeerDial dial)
    {
        // What the socket does not take at once has a thread too: this one waits for what the peer says.
        using var sender = new BlockedSender($"concord rest {dial.Node}");
        var output = new SocketTransport(socket, sender.Blocked);
        NodeConnection? connection = null;
        shell.Post(new NodeEvent.PeerConnected(dial.Node, output, made => connection = made));
        string reason = "the connection was closed";
        try
        {
            var buffer = new FrameBuffer(ClientBufferBytes);
            while (!_isDisposed && (dial.IsWanted || output.HasPending))
            {
                if (socket.Poll(PollMicroseconds, SelectMode.SelectRead)
                    && !Listen(socket, buffer, connection, ref reason))
                {
                    break;
                }
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException or MalformedDataException)
        {
            reason = e.Message;
        }

        if (connection is not null)
        {
            shell.Post(new NodeEvent.Disconnected(connection));
        }

        return reason;
    }

    private bool Listen(Socket socket, FrameBuffer buffer, NodeConnection? connection, ref string reason)
    {
        int count = socket.Receive(buffer.Free.Span, SocketFlags.None);
        if (count == 0)
        {
            return false;
        }

        if (buffer.Received(count) is { } frames)
        {
            var messages =
                new MessageReader(
                    frames.Frames.AsSpan(Frame.HeadBytes, Frame.LengthOf(frames.Frames) - Frame.HeadBytes));
            while (messages.TryRead(out WireKind kind, out ByteReader message))
            {
                reason = kind == WireKind.Refused ? message.ReadText() : reason;
            }

            if (connection is not null)
            {
                shell.Post(new NodeEvent.Received(connection, frames.Frames, frames.Length));
            }
        }

        return true;
    }

    private void OutputBlocked(SocketOutput output) =>
        ThreadPool.UnsafeQueueUserWorkItem(_ => SendRest(output), null);

    /// <summary>Sends what the socket did not take, until it has taken all or is gone.</summary>
    internal static void SendRest(SocketOutput output)
    {
        try
        {
            while (output.HasPending
                && (!output.Socket.Poll(PollMicroseconds, SelectMode.SelectWrite) || output.SendPending()))
            {
                // A slow receiver: until it has taken all, or is cut off.
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The receiving side notices.
        }
    }

    private void Gone(Socket socket, NodeConnection connection)
    {
        Forget(socket);
        socket.Dispose();
        shell.Post(new NodeEvent.Disconnected(connection));
    }

    private bool Remember(Socket socket)
    {
        lock (_gate)
        {
            if (_isDisposed)
            {
                socket.Dispose();
                return false;
            }

            socket.Blocking = false;
            return _open.Add(socket);
        }
    }

    private void Forget(Socket socket)
    {
        lock (_gate)
        {
            _open.Remove(socket);
        }
    }

    /// <summary>A node that this one connects to, for as long as it is wanted.</summary>
    private sealed class PeerDial(NodeId node, string address)
    {
        private volatile bool _isWanted = true;

        public NodeId Node { get; } = node;

        public string Address { get; } = address;

        public bool IsWanted
        {
            get => _isWanted;
            set => _isWanted = value;
        }
    }

    private sealed class SocketTransport(Socket socket, Action<SocketOutput> blocked) : IOutputTransport
    {
        private readonly SocketOutput _output = new(socket, blocked);

        public bool HasPending => _output.HasPending;

        public void Send(ReadOnlyMemory<byte> frames, bool close) => _output.Send(frames.Span, close);
    }
}
