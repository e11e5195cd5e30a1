using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.DependencyInjection;

namespace Concord.Samples;

/// <summary>A cluster of this machine.</summary>
internal static class Loopback
{
    /// <summary>How long a session outlives the last sign of its process: short, so that the story is.</summary>
    public static TimeSpan SessionTimeout { get; } = TimeSpan.FromSeconds(3);

    /// <summary>Addresses that nobody listens on.</summary>
    public static string[] FreeAddresses(int count)
    {
        TcpListener[] listeners = [.. Enumerable.Range(0, count).Select(_ => new TcpListener(IPAddress.Loopback, 0))];
        Array.ForEach(listeners, static listener => listener.Start());
        string[] addresses = [.. listeners.Select(static listener => listener.LocalEndpoint.ToString()!)];
        Array.ForEach(listeners, static listener => listener.Dispose());
        return addresses;
    }

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
