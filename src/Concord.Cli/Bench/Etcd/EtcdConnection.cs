using System.Buffers.Binary;
using Concord.Encoding;

namespace Concord.Cli.Bench.Etcd;

/// <summary>
/// One HTTP/2 connection to an etcd member that speaks its gRPC API (RFC 9113), and nothing that a load does not need:
/// a client that is itself heavy would be what is measured. Calls of all callers share it; requests that come while
/// answers are handled leave together, and nothing is allocated for them. Who calls continues on the receiving thread.
/// </summary>
internal sealed class EtcdConnection : PeerConnection
{
    /// <summary>The longest value: a request is one frame of HTTP/2, whose size every server takes.</summary>
    public const int ValueBytesMax = 15_000;

    private const int HeaderBytesMax = 256;
    private const int WindowGrant = 1 << 29;

    private readonly HeaderBlocks _headers;
    private readonly Dictionary<int, EtcdCall> _open = [];
    private readonly Stack<EtcdCall> _spare = new();
    private readonly Queue<EtcdCall> _waiting = new();
    private long _sendWindow = 65_535;
    private long _received;
    private int _nextStream = 1;

    private EtcdConnection(string authority) => _headers = new(authority);

    /// <exception cref="IOException">Nobody listens there.</exception>
    public static async Task<EtcdConnection> OpenAsync(string address, CancellationToken cancellationToken)
    {
        EtcdConnection connection = new(address);

        // Before anything can come: our answer to the server's settings must not leave first.
        connection.WriteGreeting();
        await connection.ConnectAsync(address, cancellationToken);
        connection.Flush();
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

    /// <summary>Handles a frame; what waited for room leaves when it makes some.</summary>
    protected override int Handle(ReadOnlySpan<byte> received)
    {
        if (!Http2.TryRead(received, out Http2Frame frame))
        {
            return 0;
        }

        Handle(frame, received.Slice(Http2.HeadBytes, frame.Length));
        return Http2.HeadBytes + frame.Length;
    }

    protected override void Break()
    {
        List<EtcdCall> open;
        lock (Gate)
        {
            open = [.. _open.Values, .. _waiting];
            _open.Clear();
            _waiting.Clear();
        }

        open.ForEach(static call => call.End(isBroken: true));
    }

    private void WriteGreeting()
    {
        Pending.WriteRaw("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8);

        // Nobody pushes, and answers come without waiting for room.
        Span<byte> settings = stackalloc byte[12];
        BinaryPrimitives.WriteUInt16BigEndian(settings, Http2.SettingEnablePush);
        BinaryPrimitives.WriteUInt16BigEndian(settings[6..], Http2.SettingInitialWindow);
        BinaryPrimitives.WriteInt32BigEndian(settings[8..], WindowGrant);
        Http2.WriteHead(Pending, settings.Length, Http2.Settings, 0, 0);
        Pending.WriteRaw(settings);
        Http2.WriteWindowUpdate(Pending, WindowGrant);
    }

    private EtcdCall Rent()
    {
        lock (Gate)
        {
            return _spare.TryPop(out EtcdCall? call) ? call : new() { Return = Return };
        }
    }

    private void Return(EtcdCall call)
    {
        lock (Gate)
        {
            _spare.Push(call);
        }
    }

    private ValueTask<EtcdAnswer> Send(EtcdCall call)
    {
        ValueTask<EtcdAnswer> task = call.Task;
        bool isBroken;
        lock (Gate)
        {
            isBroken = IsBroken;
            if (!isBroken)
            {
                _waiting.Enqueue(call);
                WriteWaiting();
            }
        }

        if (isBroken)
        {
            call.End(isBroken: true);
        }
        else
        {
            Flush();
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
            Http2.WriteHead(Pending, length, Http2.Headers, Http2.EndHeaders, stream);
            Pending.WriteRaw(block[..length]);
            Http2.WriteHead(Pending, call.RequestLength, Http2.Data, Http2.EndStream, stream);
            Pending.WriteRaw(call.Request.AsSpan(0, call.RequestLength));
        }
    }

    private void Handle(Http2Frame frame, ReadOnlySpan<byte> payload)
    {
        EtcdCall? ended = null;
        lock (Gate)
        {
            EtcdCall? call = _open.GetValueOrDefault(frame.Stream);
            switch (frame.Kind)
            {
                case Http2.Data:
                    call?.Receive(payload);
                    GrantWindow(payload.Length);
                    break;
                case Http2.Settings when (frame.Flags & Http2.Acknowledge) == 0:
                    Http2.WriteHead(Pending, 0, Http2.Settings, Http2.Acknowledge, 0);
                    break;
                case Http2.Ping when (frame.Flags & Http2.Acknowledge) == 0:
                    Http2.WriteHead(Pending, payload.Length, Http2.Ping, Http2.Acknowledge, 0);
                    Pending.WriteRaw(payload);
                    break;
                case Http2.WindowUpdate when frame.Stream == 0:
                    _sendWindow += BinaryPrimitives.ReadInt32BigEndian(payload);
                    WriteWaiting();
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
            Http2.WriteWindowUpdate(Pending, (int)_received);
            _received = 0;
        }
    }
}
