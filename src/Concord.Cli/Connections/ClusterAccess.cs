using System.Net;
using Concord.Client.Administration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Concord.Cli.Connections;

/// <summary>The real cluster.</summary>
internal sealed class ClusterAccess : IClusterAccess
{
    public IClusterAdmin Admin { get; } = new ClusterAdmin(TimeProvider.System);

    public async Task<IClusterConnection> ConnectAsync(IReadOnlyList<string> servers, CancellationToken cancellationToken)
    {
        try
        {
            return new Connection(await ConcordHost.StartAsync(
                builder => builder.UseServer(string.Join(',', servers)), cancellationToken));
        }
        catch (ArgumentException e)
        {
            throw new CliException(e.Message);
        }
    }

    public async Task<INodeHost> StartNodeAsync(NodeSettings settings, CancellationToken cancellationToken)
    {
        IPEndPoint listen = await ListenEndPointAsync(settings.Address, cancellationToken);
        return new NodeHost(await ConcordHost.StartAsync(
            builder =>
            {
                builder.Services.AddLogging(logging => logging
                    .SetMinimumLevel(LogLevel.Warning)
                    .AddSimpleConsole(console => console.SingleLine = true));
                builder.Services.Configure<Microsoft.Extensions.Logging.Console.ConsoleLoggerOptions>(
                    console => console.LogToStandardErrorThreshold = LogLevel.Trace);
                builder.UseCluster(options =>
                {
                    options.DataDirectory = settings.DataDirectory;
                    options.AdvertisedAddress = settings.Address;
                    options.ListenEndPoint = listen;
                    options.Shards = settings.Shards;
                    options.AllowInsecureTransport = settings.AllowInsecureTransport;
                    foreach (string member in settings.Members)
                    {
                        options.InitialMembers.Add(member);
                    }
                });
            },
            cancellationToken));
    }

    private static async Task<IPEndPoint> ListenEndPointAsync(string address, CancellationToken cancellationToken)
    {
        if (IPEndPoint.TryParse(address, out IPEndPoint? parsed))
        {
            return parsed;
        }

        int colon = address.LastIndexOf(':');
        if (colon > 0 && ushort.TryParse(address.AsSpan(colon + 1), out ushort port))
        {
            try
            {
                IPAddress[] found = await Dns.GetHostAddressesAsync(address[..colon], cancellationToken);
                return new(found[0], port);
            }
            catch (System.Net.Sockets.SocketException e)
            {
                throw new CliException($"The address {address} cannot be resolved: {e.Message}.");
            }
        }

        throw new CliException($"'{address}' is no address: it must be host:port.");
    }

    private sealed class Connection(IConcordHost host) : IClusterConnection
    {
        public IConcord Concord => host.Concord;

        public ValueTask DisposeAsync() => host.DisposeAsync();
    }

    private sealed class NodeHost : INodeHost
    {
        private readonly IConcordHost _host;
        private readonly TaskCompletionSource<string> _stopped = new();

        public NodeHost(IConcordHost host)
        {
            _host = host;
            _ = WatchAsync();
        }

        public Task<string> StoppedByItself => _stopped.Task;

        public ValueTask DisposeAsync() => _host.DisposeAsync();

        private async Task WatchAsync()
        {
            if (await _host.Stopped is { } sentence)
            {
                _stopped.TrySetResult(sentence);
            }
        }
    }
}
