using System.Net;
using System.Net.Sockets;
using Concord.Client.Wire;
using Concord.Encoding;

namespace Concord.Client.Connections;

/// <summary>A TCP connection to a node. Sends follow each other without gaps: what comes while one is under way joins
/// the next.</summary>
internal sealed class SocketLink(string address, IClientLinkEvents events) : ClientLink, IDisposable
{
    private const int ReceiveBytes = 64 << 10;

    private readonly Lock _gate = new();
    private readonly Socket _socket = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private ByteWriter _pending = new(4096);
    private ByteWriter _sending = new(4096);
    private bool _isSending;
    private bool _isOpen;
    private bool _isClosed;

    public override string Address { get; } = address;

    /// <summary>Not on the caller's thread: a refusal may come at once, before the caller knows the link.</summary>
    public void Start() =>
        ThreadPool.UnsafeQueueUserWorkItem(static link => _ = link.RunAsync(), this, preferLocal: false);

    public override void Send(ReadOnlyMemory<byte> frames)
    {
        lock (_gate)
        {
            _pending.WriteRaw(frames.Span);
            if (_isSending || !_isOpen)
            {
                return;
            }

            _isSending = true;
        }

        _ = SendPendingAsync();
    }

    public override void Close() => Dispose();

    public void Dispose() => _socket.Dispose();

    /// <summary>The host and port of an address.</summary>
    /// <exception cref="FormatException">It is none.</exception>
    public static DnsEndPoint Parse(string address) => HostPort.TryParse(address, out string host, out ushort port)
        ? new(host, port)
        : throw new FormatException(
            $"'{address}' is no address: it must be host:port, an IPv6 address as host in [brackets].");

    private async Task RunAsync()
    {
        string reason = "the node closed the connection";
        try
        {
            SocketDeadlines.Apply(_socket);
            using (CancellationTokenSource deadline = new(SocketDeadlines.Connect, TimeProvider.System))
            {
                await _socket.ConnectAsync(Parse(Address), deadline.Token).ConfigureAwait(false);
            }

            events.Opened(this);
            bool flush;
            lock (_gate)
            {
                _isOpen = true;
                flush = _isSending = _pending.Length > 0;
            }

            if (flush)
            {
                _ = SendPendingAsync();
            }

            await ReceiveAsync().ConfigureAwait(false);
        }
        catch (Exception e) when (
            e is SocketException or ObjectDisposedException or MalformedDataException or FormatException)
        {
            reason = e.Message;
        }
        catch (OperationCanceledException)
        {
            reason = $"not connected within {SocketDeadlines.Connect.TotalMilliseconds:F0} ms";
        }
        finally
        {
            NotifyClosed(reason);
        }
    }

    private async Task ReceiveAsync()
    {
        byte[] buffer = new byte[ReceiveBytes];
        int held = 0;
        while (true)
        {
            int received = await _socket.ReceiveAsync(buffer.AsMemory(held)).ConfigureAwait(false);
            if (received == 0)
            {
                return;
            }

            held += received;
            int taken = Take(buffer.AsSpan(0, held), out int wanted);
            buffer.AsSpan(taken, held - taken).CopyTo(buffer);
            held -= taken;
            if (wanted > buffer.Length)
            {
                Array.Resize(ref buffer, wanted);
            }
        }
    }

    private int Take(ReadOnlySpan<byte> buffer, out int wanted)
    {
        int taken = 0;
        while ((wanted = Frame.LengthOf(buffer[taken..])) > 0 && wanted <= buffer.Length - taken)
        {
            events.Received(this, Frame.BodyOf(buffer.Slice(taken, wanted)));
            taken += wanted;
        }

        return taken;
    }

    private async Task SendPendingAsync()
    {
        try
        {
            while (true)
            {
                lock (_gate)
                {
                    if (_pending.Length == 0)
                    {
                        _isSending = false;
                        return;
                    }

                    (_pending, _sending) = (_sending, _pending);
                }

                for (ReadOnlyMemory<byte> rest = _sending.WrittenMemory; rest.Length > 0;)
                {
                    rest = rest[await _socket.SendAsync(rest).ConfigureAwait(false)..];
                }

                _sending.Clear();
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The receiving side ends in the same way, and tells.
            _socket.Dispose();
        }
    }

    private void NotifyClosed(string reason)
    {
        _socket.Dispose();
        if (!_isClosed)
        {
            _isClosed = true;
            events.Closed(this, reason);
        }
    }
}
