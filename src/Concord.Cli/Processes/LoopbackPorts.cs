using System.Net;
using System.Net.Sockets;

namespace Concord.Cli.Processes;

/// <summary>Finds ports of this machine for nodes that only this machine talks to.</summary>
internal static class LoopbackPorts
{
    /// <summary>Addresses that were free a moment ago; another program may take one before the node does.</summary>
    public static IReadOnlyList<string> Pick(int count)
    {
        List<TcpListener> listeners = [];
        try
        {
            for (int i = 0; i < count; i++)
            {
                // All are held until all are found, or the same port would be found twice.
                TcpListener listener = new(IPAddress.Loopback, 0);
                listeners.Add(listener);
                listener.Start();
            }

            return [.. listeners.Select(listener => listener.LocalEndpoint.ToString()!)];
        }
        finally
        {
            listeners.ForEach(listener => listener.Dispose());
        }
    }

    public static bool IsFree(string address)
    {
        using TcpListener listener = new(IPEndPoint.Parse(address));
        try
        {
            listener.Start();
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
