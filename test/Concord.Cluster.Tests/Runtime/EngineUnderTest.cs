using System.Net;
using Concord.Client.Connections;
using Concord.Engines;
using Microsoft.Extensions.DependencyInjection;

namespace Concord.Cluster.Tests.Runtime;

/// <summary>A member of one in this process, and as many clients of it as a test likes, each over a line that can be
/// cut without anybody being told.</summary>
internal sealed class EngineUnderTest : IAsyncDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    private readonly TemporaryFolder _folder = new();
    private readonly List<ClusterClient> _clients = [];
    private readonly string _address;
    private IConcordHost? _host;

    private EngineUnderTest(string address) => _address = address;

    public static async Task<EngineUnderTest> StartAsync(string protocol)
    {
        IPEndPoint self = MemberTests.FreeEndPoints(1)[0];
        var engine = new EngineUnderTest(self.ToString());
        engine._host = await ConcordHost.StartAsync(builder => builder.AgreeBy(protocol).UseCluster(options =>
        {
            options.DataDirectory = engine._folder.In("node");
            options.ListenEndPoint = self;
            options.InitialMembers.Add(self.ToString());
        }));
        return engine;
    }

    public (ClusterClient Client, CutDialer Line) Connect(TimeSpan? sessionTimeout = null)
    {
        var line = new CutDialer();
        var client = new ClusterClient(
            new([_address], s_patience, sessionTimeout ?? TimeSpan.FromSeconds(10), (ulong)Random.Shared.NextInt64()),
            line,
            TimeProvider.System);
        _clients.Add(client);
        return (client, line);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (ClusterClient client in _clients)
        {
            await client.DisposeAsync();
        }

        if (_host is { } host)
        {
            await host.DisposeAsync();
        }

        _folder.Dispose();
    }

    /// <summary>Sockets whose bytes go nowhere, in both directions, while the line is cut.</summary>
    internal sealed class CutDialer : IDialer
    {
        private readonly SocketDialer _sockets = new();

        public volatile bool IsCut;

        public ClientLink Dial(string address, IClientLinkEvents events) => new CutLink(this, address, events);

        private sealed class CutLink : ClientLink, IClientLinkEvents
        {
            private readonly CutDialer _line;
            private readonly IClientLinkEvents _events;
            private readonly TaskCompletionSource<ClientLink> _real = new();

            public CutLink(CutDialer line, string address, IClientLinkEvents events)
            {
                (_line, _events, Address) = (line, events, address);
                _real.SetResult(line._sockets.Dial(address, this));
            }

            public override string Address { get; }

            public override void Send(ReadOnlyMemory<byte> frames)
            {
                if (!_line.IsCut)
                {
                    _real.Task.Result.Send(frames);
                }
            }

            public override void Close() => _real.Task.Result.Close();

            public void Opened(ClientLink link) => _events.Opened(this);

            public void Received(ClientLink link, ReadOnlySpan<byte> body)
            {
                if (!_line.IsCut)
                {
                    _events.Received(this, body);
                }
            }

            public void Closed(ClientLink link, string reason) => _events.Closed(this, reason);
        }
    }
}
