using System.Net;
using System.Net.Sockets;
using Concord.Encoding;

namespace Concord.Cli.Bench;

/// <summary>
/// A connection to a server that Concord is compared with, as lean as may be: what is asked for while answers are
/// handled leaves together, and who waits for an answer continues on the receiving thread.
/// </summary>
internal abstract class PeerConnection : IAsyncDisposable
{
    private const int ReceiveBytes = 64 << 10;

    private readonly Socket _socket = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private ByteWriter _sending = new(ReceiveBytes);
    private Task _receiving = Task.CompletedTask;
    private bool _isSending;
    private bool _isReceiving;

    /// <summary>Over <see cref="Pending"/> and whatever a protocol keeps beside it.</summary>
    protected Lock Gate { get; } = new();

    /// <summary>What leaves next; under the gate.</summary>
    protected ByteWriter Pending { get; private set; } = new(ReceiveBytes);

    /// <summary>Whether it is over; under the gate.</summary>
    protected bool IsBroken { get; private set; }

    public async ValueTask DisposeAsync()
    {
        _socket.Dispose();
        await _receiving;
        GC.SuppressFinalize(this);
    }

    /// <exception cref="IOException">Nobody listens there.</exception>
    protected async Task ConnectAsync(string address, CancellationToken cancellationToken)
    {
        try
        {
            await _socket.ConnectAsync(IPEndPoint.Parse(address), cancellationToken);
        }
        catch (SocketException error)
        {
            _socket.Dispose();
            throw new IOException($"{address} cannot be reached: {error.Message}.", error);
        }

        _receiving = ReceiveAsync();
    }

    /// <summary>Handles the message at the start, when it is there as a whole. Not under the gate.</summary>
    /// <returns>Its length; 0 when more must come first.</returns>
    protected abstract int Handle(ReadOnlySpan<byte> received);

    /// <summary>Tells everybody who waits that nothing comes any more. Not under the gate.</summary>
    protected abstract void Break();

    /// <summary>Sends what is pending, unless it is about to leave anyway. Not under the gate.</summary>
    protected void Flush()
    {
        lock (Gate)
        {
            if (_isSending || _isReceiving || Pending.Length == 0)
            {
                return;
            }

            _isSending = true;
        }

        _ = SendAsync();
    }

    private async Task SendAsync()
    {
        try
        {
            while (true)
            {
                lock (Gate)
                {
                    if (Pending.Length == 0)
                    {
                        _isSending = false;
                        return;
                    }

                    (Pending, _sending) = (_sending, Pending);
                }

                for (ReadOnlyMemory<byte> rest = _sending.WrittenMemory; rest.Length > 0;)
                {
                    rest = rest[await _socket.SendAsync(rest)..];
                }

                _sending.Clear();
            }
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException)
        {
            // The receiving side ends in the same way, and tells the callers.
            _socket.Dispose();
        }
    }

    private async Task ReceiveAsync()
    {
        byte[] buffer = new byte[ReceiveBytes];
        int held = 0;
        try
        {
            while (await _socket.ReceiveAsync(buffer.AsMemory(held)) is var count and > 0)
            {
                held += count;
                int taken = HandleAll(buffer.AsSpan(0, held));
                buffer.AsSpan(taken, held - taken).CopyTo(buffer);
                held -= taken;
                if (held == buffer.Length)
                {
                    Array.Resize(ref buffer, buffer.Length * 2);
                }
            }
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException)
        {
            // The callers are told below.
        }

        lock (Gate)
        {
            IsBroken = true;
        }

        _socket.Dispose();
        Break();
    }

    private int HandleAll(ReadOnlySpan<byte> received)
    {
        lock (Gate)
        {
            _isReceiving = true;
        }

        int taken = 0;
        while (Handle(received[taken..]) is var length and > 0)
        {
            taken += length;
        }

        lock (Gate)
        {
            _isReceiving = false;
        }

        Flush();
        return taken;
    }
}
