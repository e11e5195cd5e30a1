using System.Diagnostics;
using Concord.Cli.Processes;
using Concord.Client.Administration;
using Concord.Client.Connections;

namespace Concord.Conformance.Engines;

/// <summary>Three members, Raft.</summary>
public sealed class KilledRaft : KilledNodes
{
    public KilledRaft()
        : base("raft", 3)
    {
    }
}

/// <summary>Three members, Multi-Paxos.</summary>
public sealed class KilledPaxos : KilledNodes
{
    public KilledPaxos()
        : base("paxos", 3)
    {
    }
}

/// <summary>One node. Nobody takes over: it is started again.</summary>
public sealed class KilledNode : KilledNodes
{
    public KilledNode()
        : base("raft", 1)
    {
    }
}

/// <summary>Three members, Raft, with shards enough for transactions to lie in several.</summary>
public sealed class KilledRaftShards : KilledNodes
{
    public KilledRaftShards()
        : base("raft", 3, shards: 3)
    {
    }
}

/// <summary>The same, Multi-Paxos.</summary>
public sealed class KilledPaxosShards : KilledNodes
{
    public KilledPaxosShards()
        : base("paxos", 3, shards: 3)
    {
    }
}

/// <summary>
/// Nodes that are processes of the operating system, so that one can end as none ends by itself: by SIGKILL, in the
/// middle of whatever it does, with nothing given back and nobody told. One shard, so that there is one leader, unless
/// a case is about several.
/// </summary>
public abstract class KilledNodes : IAsyncLifetime
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(90);

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("concord-killed-");
    private readonly ClusterAdmin _admin = new(new SocketDialer());
    private readonly IReadOnlyList<string> _addresses;
    private readonly Process?[] _nodes;
    private readonly string _protocol;
    private readonly int _shards;

    protected KilledNodes(string protocol, int count, int shards = 1)
    {
        (_protocol, _shards) = (protocol, shards);
        _addresses = LoopbackPorts.Pick(count);
        _nodes = new Process?[count];
    }

    public async ValueTask InitializeAsync() => await MendAsync();

    /// <summary>Processes are clients, which outlive the nodes.</summary>
    public FaultyStage Open() =>
        new RealStage(() => Task.FromResult(new Door(_addresses, new SocketDialer())));

    /// <summary>SIGKILL to the node that leads, of several shards the first. If there is no other it is started
    /// again.</summary>
    /// <returns>Which it was.</returns>
    public async Task<string> LoseLeaderAsync()
    {
        int leader = await LeaderAsync();
        await KillAsync(leader);
        if (_nodes.Length == 1)
        {
            await MendAsync();
        }

        return _addresses[leader];
    }

    /// <summary>Loses the leader, again and again, while something goes on before and after.</summary>
    public async Task CrashAsync(int times, Func<string, Task> progress)
    {
        for (int i = 0; i < times; i++)
        {
            await progress("before");
            await LoseLeaderAsync();
            await progress("after");
            await MendAsync();
        }
    }

    /// <summary>Starts again what was killed.</summary>
    public Task MendAsync() => Task.WhenAll(
        Enumerable.Range(0, _nodes.Length).Where(node => _nodes[node] is null).Select(StartAsync));

    public async ValueTask DisposeAsync()
    {
        foreach (int node in Enumerable.Range(0, _nodes.Length).Where(node => _nodes[node] is not null))
        {
            await KillAsync(node);
        }

        _folder.Delete(recursive: true);
    }

    private async Task KillAsync(int node)
    {
        using Process process = _nodes[node]!;
        process.Kill();
        await process.WaitForExitAsync().WaitAsync(s_patience);
        _nodes[node] = null;
    }

    private async Task StartAsync(int node)
    {
        string[] arguments =
        [
            Path.Combine(AppContext.BaseDirectory, "Concord.Cli.dll"),
            "serve",
            "--node-address", _addresses[node],
            "--members", string.Join(',', _addresses),
            "--data", Path.Combine(_folder.FullName, $"node-{node}"),
            "--shards", $"{_shards}",
            "--protocol", _protocol,
            "--stop-with-input",
        ];
        Process process = _nodes[node] = Process.Start(new ProcessStartInfo("dotnet", arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        process.ErrorDataReceived += static (_, _) => { };
        process.BeginErrorReadLine();
        string? ready = await process.StandardOutput.ReadLineAsync().WaitAsync(s_patience);
        Assert.True(ready is not null, $"{_addresses[node]} has not started.");
    }

    private async Task<int> LeaderAsync()
    {
        using var deadline = new CancellationTokenSource(s_patience);
        while (true)
        {
            for (int node = 0; node < _nodes.Length; node++)
            {
                NodeStatus? status = await StatusAsync(node, deadline.Token);
                if (status?.Shards is [{ Role: "Leader" }, ..])
                {
                    return node;
                }
            }

            await Task.Delay(TimeSpan.FromMilliseconds(20), deadline.Token);
        }
    }

    private async Task<NodeStatus?> StatusAsync(int node, CancellationToken cancellationToken)
    {
        try
        {
            return await _admin.StatusAsync(_addresses[node], verifyDigests: false, cancellationToken);
        }
        catch (Exception e) when (e is ConcordException or IOException or System.Net.Sockets.SocketException)
        {
            return null;
        }
    }
}
