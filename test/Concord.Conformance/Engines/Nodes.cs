using System.Net;
using Concord.Cli.Processes;
using Concord.Client.Connections;
using Concord.Cluster.Runtime;
using Concord.Hosting;
using Concord.Primitives;
using Microsoft.Extensions.DependencyInjection;

namespace Concord.Conformance.Engines;

/// <summary>Nodes in this process, on the real disk and network.</summary>
public sealed class Nodes : FaultyEngine, IAsyncDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("concord-conformance-");
    private readonly Action<IConcordBuilder, string>[] _start;
    private readonly IConcordHost?[] _hosts;
    private readonly bool _embedded;
    private int _next;

    private Nodes(Action<IConcordBuilder, string>[] start, IReadOnlyList<string> addresses, bool embedded)
    {
        (_start, Addresses, _embedded) = (start, addresses, embedded);
        _hosts = new IConcordHost?[start.Length];
    }

    public IReadOnlyList<string> Addresses { get; }

    public int Count => _hosts.Length;

    /// <summary>One node that nobody outside reaches.</summary>
    internal static Task<Nodes> SingleAsync() => StartAsync(
        [static (builder, folder) => builder.UseSingleNode(folder)], ["single:0"], embedded: true);

    /// <summary>Members of a cluster.</summary>
    /// <param name="protocol">How they agree; null for the default.</param>
    /// <param name="count">How many.</param>
    /// <param name="embedded">Whether processes are members, or clients that reach the nodes by sockets.</param>
    internal static Task<Nodes> ClusterAsync(Action<IConcordBuilder>? protocol, int count, bool embedded)
    {
        IPEndPoint[] members = FreeEndPoints(count);
        return StartAsync(
            [.. members.Select(member => new Action<IConcordBuilder, string>((builder, folder) =>
            {
                protocol?.Invoke(builder);
                builder.UseCluster(options =>
                {
                    options.DataDirectory = folder;
                    options.ListenEndPoint = member;
                    foreach (IPEndPoint one in members)
                    {
                        options.InitialMembers.Add(one.ToString());
                    }
                });
            }))],
            [.. members.Select(static member => member.ToString())],
            embedded);
    }

    public override Task<FaultyStage> OpenFaultyAsync() => Task.FromResult<FaultyStage>(new RealStage(NextDoorAsync));

    /// <summary>Stops a node, which its processes do not outlive; its folder stays.</summary>
    public async Task StopAsync(int node)
    {
        await _hosts[node]!.DisposeAsync();
        _hosts[node] = null;
    }

    public async Task StartAsync(int node) => _hosts[node] = await ConcordHost.StartAsync(
        builder => _start[node](builder, Path.Combine(_folder.FullName, $"node-{node}")));

    public async ValueTask DisposeAsync()
    {
        foreach (IConcordHost host in _hosts.OfType<IConcordHost>())
        {
            await host.DisposeAsync();
        }

        _folder.Delete(recursive: true);
    }

    /// <summary>Free ports of this machine.</summary>
    public static IPEndPoint[] FreeEndPoints(int count) => [.. LoopbackPorts.Pick(count).Select(IPEndPoint.Parse)];

    private static async Task<Nodes> StartAsync(
        Action<IConcordBuilder, string>[] start, IReadOnlyList<string> addresses, bool embedded)
    {
        var nodes = new Nodes(start, addresses, embedded);
        for (int i = 0; i < nodes.Count; i++)
        {
            await nodes.StartAsync(i);
        }

        return nodes;
    }

    /// <summary>One process after the other at another node: as its member, or as a client of all.</summary>
    private async Task<Door> NextDoorAsync()
    {
        if (!_embedded)
        {
            return new(Addresses, new SocketDialer());
        }

        int node = (int)((uint)Interlocked.Increment(ref _next) % (uint)Count);
        var client = (ConcordClient)_hosts[node]!.Concord;
        var engine = (ClusterEngine)await ((StartedEngine)client.Engine).StartAsync(default);
        return new([Addresses[node]], engine.Dialer);
    }
}
