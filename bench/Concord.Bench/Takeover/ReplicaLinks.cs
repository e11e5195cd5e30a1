using System.Buffers.Binary;
using System.Net.Sockets;
using Concord.Consensus;

namespace Concord.Bench.Takeover;

/// <summary>The sockets of one replica process: it dials every other for what it says, and listens for what they say. A
/// message is its length and what the codec writes.</summary>
internal sealed class ReplicaLinks : IDisposable
{
    private const int LengthBytes = 4;

    private readonly Socket _listener = Loopback.Listen();
    private readonly Dictionary<int, Socket> _dialled = [];
    private readonly List<Socket> _accepted = [];
    private readonly Action<byte[]> _received;
    private byte[] _frame = new byte[1 << 20];

    /// <param name="received">Told of every message, on some thread.</param>
    public ReplicaLinks(Action<byte[]> received)
    {
        _received = received;
        Port = Loopback.PortOf(_listener);
        Loopback.Start(Accept);
    }

    public int Port { get; }

    public void Dial(int place, int port) => _dialled.Add(place, Loopback.Connect(port));

    /// <summary>Says nothing more to one.</summary>
    public void Leave(int place)
    {
        if (_dialled.Remove(place, out Socket? socket))
        {
            socket.Dispose();
        }
    }

    public void Send(int place, in Message message, LogBuffer log)
    {
        if (!_dialled.TryGetValue(place, out Socket? socket))
        {
            return;
        }

        int most = LengthBytes + MessageCodec.Measure(message, log);
        _frame = most > _frame.Length ? new byte[2 * most] : _frame;
        int length = MessageCodec.Write(message, log, _frame.AsSpan(LengthBytes));
        BinaryPrimitives.WriteInt32LittleEndian(_frame, length);
        try
        {
            for (int sent = 0; sent < LengthBytes + length;)
            {
                sent += socket.Send(_frame.AsSpan(sent..(LengthBytes + length)));
            }
        }
        catch (SocketException)
        {
            // It was killed, as is intended.
            Leave(place);
        }
    }

    public void Dispose()
    {
        _listener.Dispose();
        _dialled.Values.ToList().ForEach(static socket => socket.Dispose());
        lock (_accepted)
        {
            _accepted.ForEach(static socket => socket.Dispose());
        }
    }

    private void Accept()
    {
        while (true)
        {
            Socket socket = Loopback.Accept(_listener);
            lock (_accepted)
            {
                _accepted.Add(socket);
            }

            Loopback.Start(() => Receive(socket));
        }
    }

    private void Receive(Socket socket)
    {
        byte[] length = new byte[LengthBytes];
        while (true)
        {
            Loopback.Fill(socket, length);
            byte[] message = new byte[BinaryPrimitives.ReadInt32LittleEndian(length)];
            Loopback.Fill(socket, message);
            _received(message);
        }
    }
}
