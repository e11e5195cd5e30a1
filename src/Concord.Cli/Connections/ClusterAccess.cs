using System.Net;
using Concord.Client.Administration;
using Concord.Client.Connections;
using Concord.Cluster.Node;
using Concord.Cluster.Runtime;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;

namespace Concord.Cli.Connections;

/// <summary>The real cluster: sockets, processes and disks.</summary>
internal sealed class ClusterAccess : IClusterAccess
{
    public IClusterAdmin Admin { get; } = new ClusterAdmin(new SocketDialer());

    public async Task<IClusterConnection> ConnectAsync(
        IReadOnlyList<string> servers, string @namespace, CancellationToken cancellationToken)
    {
        string addresses = string.Join(',', servers);
        return new Connection(await ConcordHost.StartAsync(
            builder =>
            {
                builder.Services.Configure<ConcordOptions>(options => options.Namespace = @namespace);
                builder.UseServer(addresses);
            },
            cancellationToken));
    }

    public async Task<INodeHost> StartNodeAsync(NodeSettings settings, CancellationToken cancellationToken)
    {
        IPEndPoint? listen = IPEndPoint.TryParse(settings.Address, out IPEndPoint? parsed) ? parsed : null;
        return new Node(await ConcordHost.StartAsync(
            builder => Choose(WithAudit(builder), settings.Protocol).UseCluster(options =>
            {
                options.DataDirectory = settings.DataDirectory;
                settings.Members.ToList().ForEach(options.InitialMembers.Add);
                settings.JoinThrough.ToList().ForEach(options.JoinThrough.Add);
                options.ListenEndPoint = listen;
                options.AdvertisedAddress = settings.Address;
                options.Shards = settings.Shards;
                options.AllowInsecureTransport = settings.AllowInsecureTransport;
                options.ElectionTimeout = settings.ElectionTimeout ?? options.ElectionTimeout;
                options.LeaderLease = settings.LeaderLease;
                options.SnapshotBytesPerSecond = settings.SnapshotBytesPerSecond ?? options.SnapshotBytesPerSecond;
            }),
            cancellationToken));
    }

    /// <summary>What is done by hand is printed, with the time; nothing else is.</summary>
    private static IConcordBuilder WithAudit(IConcordBuilder builder)
    {
        builder.Services.AddLogging(static logging => logging
            .AddFilter(static (category, _) => category == ShellEvents.AuditCategory)
            .AddSimpleConsole(static options =>
            {
                options.SingleLine = true;
                options.UseUtcTimestamp = true;
                options.TimestampFormat = "yyyy-MM-dd'T'HH:mm:ss'Z' ";
                options.ColorBehavior = LoggerColorBehavior.Disabled;
            }));
        return builder;
    }

    /// <summary>What was said is held against what the folder or the cluster says: Raft too.</summary>
    private static IConcordBuilder Choose(IConcordBuilder builder, ReplicaProtocol? protocol)
    {
        if (protocol is not null)
        {
            builder.Services.AddSingleton(protocol);
        }

        return builder;
    }

    private sealed class Connection(IConcordHost host) : IClusterConnection
    {
        public IConcord Concord => host.Concord;

        public ValueTask DisposeAsync() => host.DisposeAsync();
    }

    private sealed class Node(IConcordHost host) : INodeHost
    {
        public Task<string> StoppedByItself { get; } = WaitAsync(host);

        public ValueTask DisposeAsync() => host.DisposeAsync();

        /// <summary>A clean stop is not one by itself: who asked for it waits for nothing more.</summary>
        private static async Task<string> WaitAsync(IConcordHost host) =>
            await host.Stopped ?? await new TaskCompletionSource<string>().Task;
    }
}
