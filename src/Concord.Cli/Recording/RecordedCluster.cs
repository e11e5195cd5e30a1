using Concord.Cli.Connections;
using Concord.Cli.Processes;
using Concord.Cluster.Node;

namespace Concord.Cli.Recording;

/// <summary>Nodes on this machine, for faults to play with: on loopback, or each in a network of its own.</summary>
internal sealed class RecordedCluster : IAsyncDisposable
{
    private const int Shards = 3;

    private static readonly TimeSpan s_startLimit = TimeSpan.FromSeconds(60);

    private readonly Lock _gate = new();
    private readonly List<string> _lastWords = [];
    private readonly TimeProvider _time;

    /// <param name="addresses">One per node.</param>
    /// <param name="directoryOf">The data folder of a node, counted from 1.</param>
    /// <param name="launchOf">The surroundings of a node, counted from 1.</param>
    /// <param name="network">Whose networks the nodes are in; null for loopback.</param>
    /// <param name="protocol">How they agree.</param>
    /// <param name="time">The clock of the waits.</param>
    public RecordedCluster(
        IReadOnlyList<string> addresses,
        Func<int, string> directoryOf,
        Func<int, NodeLaunch> launchOf,
        NamespaceNetwork? network,
        ReplicaProtocol protocol,
        TimeProvider time)
    {
        (Addresses, Network, _time) = (addresses, network, time);
        Nodes =
        [
            .. addresses.Select((address, i) => new RecordedNode(
                i + 1,
                new(address, addresses, [], directoryOf(i + 1), Shards, AllowInsecureTransport: network is not null)
                {
                    Protocol = protocol,
                },
                launchOf(i + 1),
                Ended,
                time)),
        ];
    }

    public IReadOnlyList<string> Addresses { get; }

    public IReadOnlyList<RecordedNode> Nodes { get; }

    /// <summary>The cables between the nodes; null on loopback.</summary>
    public NamespaceNetwork? Network { get; }

    /// <summary>What nodes said that ended without a fault having ended them.</summary>
    public IReadOnlyList<string> LastWords
    {
        get
        {
            lock (_gate)
            {
                return [.. _lastWords];
            }
        }
    }

    /// <summary>Told first when a node ends by itself; whether that is part of a fault.</summary>
    public Func<RecordedNode, string, bool> IsPartOfFault { get; set; } = static (_, _) => false;

    /// <summary>Starts all and waits until all are ready.</summary>
    /// <exception cref="CliException">One ended instead, or took too long.</exception>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        try
        {
            await Task.WhenAll(Nodes.Select(static node => node.Start()))
                .WaitAsync(s_startLimit, _time, cancellationToken);
        }
        catch (TimeoutException)
        {
            throw new CliException(
                $"The nodes were not ready within {s_startLimit.TotalSeconds} s; try again when the machine is less "
                    + "busy.");
        }

        if (LastWords is [string words, ..])
        {
            throw new CliException(words);
        }
    }

    public async ValueTask DisposeAsync() => await Task.WhenAll(Nodes.Select(static node => node.StopAsync()));

    private void Ended(RecordedNode node, string words)
    {
        if (!IsPartOfFault(node, words))
        {
            lock (_gate)
            {
                _lastWords.Add($"Node {node.Number} ({node.Address}) stopped: {words}");
            }
        }
    }
}
