using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace Concord.Cli.Processes;

/// <summary>Ports of this machine for nodes that only this machine talks to.</summary>
internal static class LoopbackPorts
{
    private static readonly ConcurrentBag<Socket> s_reserved = [];

    /// <summary>
    /// Addresses that nobody uses. On Linux they stay this process's until it ends: a socket that is bound to a port
    /// and does not listen lets a node listen there, while the system gives the port to nobody else, neither to who
    /// asks for any nor to a connection that begins, also while the node is down. Elsewhere another program may take
    /// one.
    /// </summary>
    public static IReadOnlyList<string> Pick(int count)
    {
        // All are held until all are found, or the same port would be found twice.
        Socket[] sockets = [.. Enumerable.Range(0, count).Select(static _ => Bind(new(IPAddress.Loopback, 0)))];
        string[] addresses = [.. sockets.Select(static socket => socket.LocalEndPoint!.ToString()!)];
        foreach (Socket socket in sockets)
        {
            if (OperatingSystem.IsLinux())
            {
                s_reserved.Add(socket);
            }
            else
            {
                socket.Dispose();
            }
        }

        return addresses;
    }

    public static bool IsFree(string address)
    {
        try
        {
            using Socket socket = Bind(IPEndPoint.Parse(address));
            socket.Listen();
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private static Socket Bind(IPEndPoint end)
    {
        Socket socket = new(end.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Bind(end);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
