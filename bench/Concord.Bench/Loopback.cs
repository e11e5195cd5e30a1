using System.Net;
using System.Net.Sockets;

namespace Concord.Bench;

/// <summary>Blocking sockets between processes of this machine, each with a thread of its own.</summary>
internal static class Loopback
{
    /// <summary>Listens on a port that was free; <see cref="PortOf"/> tells it.</summary>
    public static Socket Listen()
    {
        Socket listener = NewSocket();
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        return listener;
    }

    public static int PortOf(Socket listener) => ((IPEndPoint)listener.LocalEndPoint!).Port;

    public static Socket Accept(Socket listener)
    {
        Socket socket = listener.Accept();
        socket.NoDelay = true;
        return socket;
    }

    public static Socket Connect(int port)
    {
        Socket socket = NewSocket();
        socket.Connect(IPAddress.Loopback, port);
        return socket;
    }

    /// <summary>Receives as much as fits.</summary>
    /// <exception cref="EndOfStreamException">The other side has closed.</exception>
    public static void Fill(Socket socket, Span<byte> target)
    {
        for (int filled = 0; filled < target.Length;)
        {
            int count = socket.Receive(target[filled..]);
            filled += count > 0 ? count : throw new EndOfStreamException();
        }
    }

    /// <summary>Runs on a thread. The end of a socket is the end of its thread: a process was killed, or a round is
    /// over.</summary>
    public static void Start(Action run) => new Thread(() =>
    {
        try
        {
            run();
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException or EndOfStreamException)
        {
            // Nothing more comes from there.
        }
    })
    {
        IsBackground = true,
    }.Start();

    private static Socket NewSocket() =>
        new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
}
