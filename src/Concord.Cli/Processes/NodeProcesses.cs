using Concord.Cluster.Node;
using NodeSettings = Concord.Cli.Connections.NodeSettings;

namespace Concord.Cli.Processes;

/// <summary>The nodes of a cluster on this machine, each a process of its own.</summary>
internal sealed class NodeProcesses : INodeControl, IAsyncDisposable
{
    private static readonly TimeSpan s_startLimit = TimeSpan.FromSeconds(60);

    private readonly IReadOnlyList<NodeSupervisor> _nodes;
    private readonly TaskCompletionSource<string> _failed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TimeProvider _time;

    /// <param name="addresses">One per node, all members of one cluster.</param>
    /// <param name="shards">How many shards they hold.</param>
    /// <param name="directoryOf">The data folder of a node; nodes are counted from 1 here, as people do.</param>
    /// <param name="say">Told what the user should know.</param>
    /// <param name="time">The clock of the waits.</param>
    /// <param name="leaderLease">Whether reads rest on a lease.</param>
    /// <param name="electionTimeout">Null for the product's default.</param>
    /// <param name="protocol">How they agree; Raft if null.</param>
    /// <param name="launchOf">The surroundings of a node, counted from 1; plain if null.</param>
    public NodeProcesses(
        IReadOnlyList<string> addresses,
        int shards,
        Func<int, string> directoryOf,
        Action<string> say,
        TimeProvider time,
        bool leaderLease = false,
        TimeSpan? electionTimeout = null,
        ReplicaProtocol? protocol = null,
        Func<int, NodeLaunch>? launchOf = null)
    {
        (Addresses, _time) = (addresses, time);
        _nodes =
        [
            .. addresses.Select((address, i) => new NodeSupervisor(
                $"Node {i + 1} ({address})",
                new NodeSettings(address, addresses, [], directoryOf(i + 1), shards, AllowInsecureTransport: false)
                {
                    Protocol = protocol,
                    LeaderLease = leaderLease,
                    ElectionTimeout = electionTimeout,
                },
                launchOf?.Invoke(i + 1) ?? NodeLaunch.Plain,
                say,
                _failed,
                time)),
        ];
    }

    public IReadOnlyList<string> Addresses { get; }

    /// <summary>Completes with a sentence when a node has ended by itself.</summary>
    public Task<string> Failed => _failed.Task;

    public int KilledFromOutside => _nodes.Sum(node => node.KilledFromOutside);

    /// <summary>Starts all and waits until each has said that it is ready.</summary>
    /// <exception cref="CliException">One ended instead, or took too long.</exception>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        foreach (NodeSupervisor node in _nodes)
        {
            node.Start();
        }

        Task ready = Task.WhenAll(_nodes.Select(node => node.FirstReady));
        try
        {
            await Task.WhenAny(ready, Failed).WaitAsync(s_startLimit, _time, cancellationToken);
        }
        catch (TimeoutException)
        {
            throw new CliException(
                $"The nodes were not ready within {s_startLimit.TotalSeconds} s; try again when the machine is less "
                    + $"busy.");
        }

        if (Failed.IsCompleted)
        {
            throw new CliException(await Failed);
        }
    }

    /// <summary>Runs <paramref name="work"/> unless a node ends by itself: then that is the error.</summary>
    public async Task<T> RunAsync<T>(Func<CancellationToken, Task<T>> work, CancellationToken cancellationToken)
    {
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task<T> working = work(stop.Token);
        if (await Task.WhenAny(working, Failed) == Failed)
        {
            await stop.CancelAsync();
            await working.ContinueWith(_ => { }, TaskScheduler.Default);
            throw new CliException(await Failed);
        }

        return await working;
    }

    public void Kill(int node) => _nodes[node].Kill();

    public void Restart(int node) => _nodes[node].Restart();

    public async ValueTask DisposeAsync() => await Task.WhenAll(_nodes.Select(node => node.StopAsync()));
}
