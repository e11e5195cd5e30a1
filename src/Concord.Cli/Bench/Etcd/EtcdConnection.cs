using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using Concord.Encoding;

namespace Concord.Cli.Bench.Etcd;

/// <summary>
/// One HTTP/2 connection to an etcd member that speaks its gRPC API (RFC 9113), and nothing that a load does not need:
/// a client that is itself heavy would be what is measured. Calls of all callers share it; requests that come while
/// answers are handled leave together, and nothing is allocated for them. Who calls continues on the receiving thread.
/// </summary>
internal sealed class EtcdConnection : IAsyncDisposable
{
    /// <summary>The longest value: a request is one frame of HTTP/2, whose size every server takes.</summary>
    public const int ValueBytesMax = 15_000;

    private const int ReceiveBytes = 64 << 10;
    private const int HeaderBytesMax = 256;
    private const int WindowGrant = 1 << 29;

    private readonly Lock _gate = new();
    private readonly Socket _socket;
    private readonly HeaderBlocks _headers;
    private readonly Dictionary<int, EtcdCall> _open = [];
    private readonly Stack<EtcdCall> _spare = new();
    private readonly Queue<EtcdCall> _waiting = new();
    private ByteWriter _pending = new(ReceiveBytes);
    private ByteWriter _sending = new(ReceiveBytes);
    private Task _receiving = Task.CompletedTask;
    private long _sendWindow = 65_535;
    private long _received;
    private int _nextStream = 1;
    private bool _isSending;
    private bool _isReceiving;
    private bool _isBroken;

    private EtcdConnection(Socket socket, string authority) => (_socket, _headers) = (socket, new(authority));

    /// <exception cref="IOException">Nobody listens there.</exception>
    public static async Task<EtcdConnection> OpenAsync(string address, CancellationToken cancellationToken)
    {
        Socket socket = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(IPEndPoint.Parse(address), cancellationToken);
        }
        catch (SocketException error)
        {
            socket.Dispose();
            throw new IOException($"{address} cannot be reached: {error.Message}.", error);
        }

        EtcdConnection connection = new(socket, address);
        connection.Greet();
        connection._receiving = connection.ReceiveAsync();
        return connection;
    }

    public ValueTask<EtcdAnswer> PutAsync(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        EtcdCall call = Rent();
        Span<byte> body = call.Begin(EtcdMessages.Put, key.Length + value.Length + EtcdMessages.OverheadBytes);
        call.Seal(EtcdMessages.WritePut(body, key, value));
        return Send(call);
    }

    public ValueTask<EtcdAnswer> GetAsync(ReadOnlySpan<byte> key)
    {
        EtcdCall call = Rent();
        call.Seal(EtcdMessages.WriteRange(
            call.Begin(EtcdMessages.Range, key.Length + EtcdMessages.OverheadBytes), key));
        return Send(call);
    }

    /// <summary>Calls any method with a message that was written before.</summary>
    public ValueTask<EtcdAnswer> CallAsync(string path, ReadOnlySpan<byte> message)
    {
        EtcdCall call = Rent();
        message.CopyTo(call.Begin(path, message.Length));
        call.Seal(message.Length);
        return Send(call);
    }

    public async ValueTask DisposeAsync()
    {
        _socket.Dispose();
        await _receiving;
    }

    private void Greet()
    {
        _pending.WriteRaw("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8);

        // Nobody pushes, and answers come without waiting for room.
        Span<byte> settings = stackalloc byte[12];
        BinaryPrimitives.WriteUInt16BigEndian(settings, Http2.SettingEnablePush);
        BinaryPrimitives.WriteUInt16BigEndian(settings[6..], Http2.SettingInitialWindow);
        BinaryPrimitives.WriteInt32BigEndian(settings[8..], WindowGrant);
        Http2.WriteHead(_pending, settings.Length, Http2.Settings, 0, 0);
        _pending.WriteRaw(settings);
        Http2.WriteWindowUpdate(_pending, WindowGrant);
        StartSending();
    }

    private EtcdCall Rent()
    {
        lock (_gate)
        {
            return _spare.TryPop(out EtcdCall? call) ? call : new() { Return = Return };
        }
    }

    private void Return(EtcdCall call)
    {
        lock (_gate)
        {
            _spare.Push(call);
        }
    }

    private ValueTask<EtcdAnswer> Send(EtcdCall call)
    {
        ValueTask<EtcdAnswer> task = call.Task;
        bool isBroken;
        bool start = false;
        lock (_gate)
        {
            isBroken = _isBroken;
            if (!isBroken)
            {
                _waiting.Enqueue(call);
                WriteWaiting();
                start = MayStart();
            }
        }

        if (isBroken)
        {
            call.End(isBroken: true);
        }
        else if (start)
        {
            _ = SendPendingAsync();
        }

        return task;
    }

    /// <summary>Turns what waits into frames as far as the receiver has room. Under the gate.</summary>
    private void WriteWaiting()
    {
        Span<byte> block = stackalloc byte[HeaderBytesMax];
        while (_waiting.TryPeek(out EtcdCall? call) && call.RequestLength <= _sendWindow)
        {
            _waiting.Dequeue();
            _sendWindow -= call.RequestLength;
            int stream = _nextStream;
            _nextStream += 2;
            _open.Add(stream, call);
            int length = _headers.Write(block, call.Path);
            Http2.WriteHead(_pending, length, Http2.Headers, Http2.EndHeaders, stream);
            _pending.WriteRaw(block[..length]);
            Http2.WriteHead(_pending, call.RequestLength, Http2.Data, Http2.EndStream, stream);
            _pending.WriteRaw(call.Request.AsSpan(0, call.RequestLength));
        }
    }

    private void StartSending()
    {
        bool start;
        lock (_gate)
        {
            start = MayStart();
        }

        if (start)
        {
            _ = SendPendingAsync();
        }
    }

    private bool MayStart()
    {
        if (_isSending || _isReceiving || _pending.Length == 0)
        {
            return false;
        }

        return _isSending = true;
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
                int taken = Handle(buffer.AsSpan(0, held));
                buffer.AsSpan(taken, held - taken).CopyTo(buffer);
                held -= taken;
            }
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException)
        {
            // The callers are told below.
        }

        Break();
    }

    /// <summary>Handles whole frames; what callers ask for meanwhile leaves at the end, together.</summary>
    private int Handle(ReadOnlySpan<byte> received)
    {
        lock (_gate)
        {
            _isReceiving = true;
        }

        int taken = 0;
        while (Http2.TryRead(received[taken..], out Http2Frame frame))
        {
            Handle(frame, received.Slice(taken + Http2.HeadBytes, frame.Length));
            taken += Http2.HeadBytes + frame.Length;
        }

        lock (_gate)
        {
            _isReceiving = false;
            WriteWaiting();
        }

        StartSending();
        return taken;
    }

    private void Handle(Http2Frame frame, ReadOnlySpan<byte> payload)
    {
        EtcdCall? ended = null;
        lock (_gate)
        {
            EtcdCall? call = _open.GetValueOrDefault(frame.Stream);
            switch (frame.Kind)
            {
                case Http2.Data:
                    call?.Receive(payload);
                    GrantWindow(payload.Length);
                    break;
                case Http2.Settings when (frame.Flags & Http2.Acknowledge) == 0:
                    Http2.WriteHead(_pending, 0, Http2.Settings, Http2.Acknowledge, 0);
                    break;
                case Http2.Ping when (frame.Flags & Http2.Acknowledge) == 0:
                    Http2.WriteHead(_pending, payload.Length, Http2.Ping, Http2.Acknowledge, 0);
                    _pending.WriteRaw(payload);
                    break;
                case Http2.WindowUpdate when frame.Stream == 0:
                    _sendWindow += BinaryPrimitives.ReadInt32BigEndian(payload);
                    break;
            }

            bool isEnd = frame.Kind == Http2.ResetStream
                || (frame.Kind is Http2.Data or Http2.Headers && (frame.Flags & Http2.EndStream) != 0);
            if (isEnd && _open.Remove(frame.Stream))
            {
                ended = call;
            }
        }

        ended?.End(isBroken: frame.Kind == Http2.ResetStream);
    }

    private void GrantWindow(int bytes)
    {
        _received += bytes;
        if (_received >= WindowGrant / 2)
        {
            Http2.WriteWindowUpdate(_pending, (int)_received);
            _received = 0;
        }
    }

    private void Break()
    {
        List<EtcdCall> open;
        lock (_gate)
        {
            _isBroken = true;
            open = [.. _open.Values, .. _waiting];
            _open.Clear();
            _waiting.Clear();
        }

        _socket.Dispose();
        open.ForEach(call => call.End(isBroken: true));
    }
}
