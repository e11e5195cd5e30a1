using System.Net.Sockets;
using Concord.Encoding;

namespace Concord.Cluster.Runtime;

/// <summary>
/// The sending side of a connection: the strand tries at once and never waits; what the socket does not take is left to
/// whoever waits for it to become writable.
/// </summary>
internal sealed class SocketOutput(Socket socket, Action<SocketOutput> becameBlocked)
{
    /// <summary>A receiver that leaves this much lying is cut off.</summary>
    private const int PendingBytesMax = 128 << 20;

    private readonly Lock _gate = new();
    private readonly ByteWriter _pending = new(256);
    private int _sent;
    private bool _closeWhenSent;

    public Socket Socket { get; } = socket;

    public bool HasPending
    {
        get
        {
            lock (_gate)
            {
                return _pending.Length > 0;
            }
        }
    }

    /// <summary>Sends, or keeps for later.</summary>
    public void Send(ReadOnlySpan<byte> bytes, bool close)
    {
        bool blocked = false;
        lock (_gate)
        {
            _closeWhenSent |= close;
            int sent = _pending.Length > 0 ? 0 : TrySend(bytes);
            if (sent < bytes.Length)
            {
                blocked = _pending.Length == 0;
                _pending.WriteRaw(bytes[sent..]);
                if (_pending.Length > PendingBytesMax)
                {
                    Socket.Dispose();
                }
            }

            CloseIfSent();
        }

        if (blocked)
        {
            becameBlocked(this);
        }
    }

    /// <summary>The socket is writable again.</summary>
    /// <returns>Whether something is left.</returns>
    public bool SendPending()
    {
        lock (_gate)
        {
            _sent += TrySend(_pending.Written[_sent..]);
            if (_sent == _pending.Length)
            {
                _pending.Clear();
                _sent = 0;
            }
            else if (_sent >= PendingBytesMax / 4)
            {
                // What is sent is not what is left lying: a receiver that keeps up is not cut off.
                ReadOnlySpan<byte> rest = _pending.Written[_sent..];
                _pending.Clear();
                _pending.WriteRaw(rest);
                _sent = 0;
            }

            CloseIfSent();
            return _pending.Length > 0;
        }
    }

    private int TrySend(ReadOnlySpan<byte> bytes)
    {
        int sent = 0;
        while (sent < bytes.Length)
        {
            int count;
            SocketError error;
            try
            {
                count = Socket.Send(bytes[sent..], SocketFlags.None, out error);
            }
            catch (ObjectDisposedException)
            {
                return bytes.Length;
            }

            if (error == SocketError.WouldBlock)
            {
                return sent;
            }

            if (error != SocketError.Success)
            {
                // The receiving side of the connection notices and tells; these bytes have nowhere to go.
                return bytes.Length;
            }

            sent += count;
        }

        return sent;
    }

    private void CloseIfSent()
    {
        if (_closeWhenSent && _pending.Length == 0)
        {
            Socket.Dispose();
        }
    }
}
