using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.DependencyInjection;

namespace Concord.Samples;

/// <summary>A cluster of this machine.</summary>
internal static class Loopback
{
    private static readonly List<Socket> s_kept = [];

    /// <summary>How long a session outlives the last sign of its process: short, so that the story is.</summary>
    public static TimeSpan SessionTimeout { get; } = TimeSpan.FromSeconds(3);

    /// <summary>Addresses for the processes that this one starts. On Linux they are given to nobody else while a bound
    /// socket keeps them.</summary>
    public static string[] FreeAddresses(int count)
    {
        Socket[] sockets = [.. Enumerable.Range(0, count).Select(_ => NewSocket())];
        Array.ForEach(sockets, static socket => socket.Bind(new IPEndPoint(IPAddress.Loopback, 0)));
        string[] addresses = [.. sockets.Select(static socket => socket.LocalEndPoint!.ToString()!)];
        if (OperatingSystem.IsLinux())
        {
            s_kept.AddRange(sockets);
        }
        else
        {
            Array.ForEach(sockets, static socket => socket.Dispose());
        }

        return addresses;
    }

    private static Socket NewSocket() => new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);

    /// <summary>This process is the member <paramref name="address"/> of the cluster.</summary>
    public static IConcordBuilder UseMember(
        this IConcordBuilder builder, string folder, string address, string[] members) =>
        builder.UseCluster(o =>
        {
            o.DataDirectory = folder;
            o.ListenEndPoint = IPEndPoint.Parse(address);
            foreach (string member in members)
            {
                o.InitialMembers.Add(member);
            }
        });

    /// <summary>What this process is called where holders are named.</summary>
    public static IConcordBuilder Called(this IConcordBuilder builder, string name)
    {
        builder.Services.Configure<ConcordOptions>(o =>
        {
            o.ProcessName = name;
            o.SessionTimeout = SessionTimeout;
        });
        return builder;
    }
}
