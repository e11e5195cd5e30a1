using System.Net.Sockets;

namespace Concord.Client.Connections;

/// <summary>
/// When a connection is given up on which nothing arrives. A network that drops packets does not say so, and TCP by
/// itself waits for minutes, longer each time: a cut of seconds would keep a pair of nodes apart for much longer.
/// </summary>
internal static class SocketDeadlines
{
    /// <summary>What was sent and is not acknowledged for so long is given up, with its connection.</summary>
    private const int UnacknowledgedMillisecondsMax = 1_500;

    /// <summary>A connection on which nothing is sent is asked for a sign of life after so long.</summary>
    private const int IdleSeconds = 5;
    private const int ProbeSeconds = 1;
    private const int ProbesMax = 3;

    private const int TcpLevel = 6;
    private const int LinuxUserTimeout = 18;

    /// <summary>A connection that is not made after so long is tried anew, which is sooner than TCP's second
    /// try.</summary>
    public static TimeSpan Connect { get; } = TimeSpan.FromMilliseconds(800);

    /// <summary>Who connects and does not say who it is for so long is cut off.</summary>
    public static TimeSpan Hello { get; } = TimeSpan.FromSeconds(5);

    /// <summary>Sets what the system can watch over.</summary>
    public static void Apply(Socket socket)
    {
        socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, IdleSeconds);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, ProbeSeconds);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount, ProbesMax);
        if (OperatingSystem.IsLinux())
        {
            // TCP_USER_TIMEOUT, RFC 5482. Other systems have only the keep-alive, which is slower.
            Span<byte> milliseconds = stackalloc byte[sizeof(int)];
            BitConverter.TryWriteBytes(milliseconds, UnacknowledgedMillisecondsMax);
            socket.SetRawSocketOption(TcpLevel, LinuxUserTimeout, milliseconds);
        }
    }
}
