using Concord.Cli.Connections;
using Concord.Cli.Orders;
using Concord.Cli.Processes;
using Concord.Cli.Recording;
using Concord.Cluster.Node;
using Concord.Simulation;
using Concord.Simulation.Checking;

namespace Concord.Process.Tests;

/// <summary>Real nodes with real clients on them, and everything that the clients see.</summary>
internal sealed class LiveCluster : IAsyncDisposable
{
    /// <summary>For what happens within a second or two on a machine that has time.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    private const int Shards = 3;
    private const int Keys = 3;
    private const int ClientCount = 6;

    private readonly RecordingPlace _place;
    private readonly HistoryRecorder _recorder = new(TimeProvider.System);
    private readonly KeyRotation _keys;
    private readonly List<IClusterConnection> _connections = [];
    private readonly List<RecordingClient> _clients = [];
    private readonly CancellationTokenSource _stop = new();
    private Task _work = Task.CompletedTask;

    private LiveCluster(RecordingPlace place, RecordedCluster nodes, Workload workload) =>
        (_place, Nodes, _keys) = (place, nodes, new(workload.ToString(), Keys));

    public RecordedCluster Nodes { get; }

    public IReadOnlyList<Fault> Faults => _place.Faults;

    /// <summary>The clock of the history.</summary>
    public long NowNs => _recorder.NowNs;

    /// <summary>Its first connection.</summary>
    public IConcord Concord => _connections[0].Concord;

    /// <summary>Starts nodes and clients.</summary>
    /// <param name="faults">Which faults there are going to be; skips the test where they cannot be.</param>
    /// <param name="workload">What the clients do.</param>
    /// <param name="around">Changes a node's surroundings.</param>
    /// <param name="protocol">How the nodes agree.</param>
    public static async Task<LiveCluster> StartAsync(
        string[] faults,
        Workload workload = Workload.Register,
        Func<int, NodeLaunch, NodeLaunch>? around = null,
        string protocol = "raft")
    {
        foreach (string fault in faults)
        {
            string? missing = RecordingPlace.MissingFor(fault);
            Assert.SkipWhen(missing is not null, missing ?? "");
        }

        RecordingPlace place = new(faults, nodes: 3);
        RecordedCluster nodes = place.NewCluster(
            3, TimeProvider.System, ReplicaProtocol.Find(protocol)!, around);
        LiveCluster cluster = new(place, nodes, workload);
        try
        {
            await cluster.Nodes.StartAsync(CancellationToken.None);
            await cluster.StartClientsAsync(workload);
            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    /// <summary>Waits until a number of operations that begin from now on have been answered, on every place: keys of
    /// a shard whose leader is gone wait for the next one.</summary>
    public async Task ProgressAsync(string when, int operations = 30)
    {
        long from = _recorder.NowNs;
        await UntilAsync($"{operations} operations answered {when}", () =>
        {
            string[] answered =
            [
                .. _recorder.Entries.Where(each => each.InvokedNs >= from && each.Outcome == EntryOutcome.Ok)
                    .Select(static each => each.Key[..each.Key.LastIndexOf('-')]),
            ];
            return answered.Length >= operations && answered.Distinct(StringComparer.Ordinal).Count() == Keys;
        });
    }

    /// <summary>Lets the clients finish, reads every key, asks the checkers, and compares the replicas.</summary>
    public async Task<IReadOnlyList<HistoryEntry>> FinishAsync()
    {
        await _stop.CancelAsync();
        await _work.WaitAsync(Limit);
        foreach (string key in _keys.All)
        {
            Assert.True(
                await _clients[0].CloseAsync(key, Limit, CancellationToken.None),
                $"{key} could not be read at the end");
        }

        IReadOnlyList<HistoryEntry> history = _recorder.Entries;
        CheckOutcome outcome = HistoryCheck.Check(history);
        Assert.True(outcome.Verdict == CheckVerdict.Legal, $"{outcome.Verdict}: {outcome.Reason}");
        AuditCheck replicas = await new ReplicaComparison(
            new(new ClusterAccess().Admin, Nodes.Addresses, TimeProvider.System), Shards, TimeProvider.System)
            .CompareAsync(CancellationToken.None);
        Assert.True(replicas.Passed, replicas.Detail);
        Assert.Empty(Nodes.LastWords);
        return history;
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _work.WaitAsync(Limit);
        foreach (IClusterConnection connection in _connections)
        {
            await connection.DisposeAsync();
        }

        await Nodes.DisposeAsync();
        _place.Dispose();
        _stop.Dispose();
    }

    /// <summary>Waits for a condition.</summary>
    public static async Task UntilAsync(string what, Func<bool> holds)
    {
        long start = TimeProvider.System.GetTimestamp();
        while (!holds())
        {
            Assert.True(TimeProvider.System.GetElapsedTime(start) < Limit, $"not within {Limit}: {what}");
            await Task.Delay(20);
        }
    }

    private async Task StartClientsAsync(Workload workload)
    {
        SimRandom random = new(1);
        for (int i = 0; i < ClientCount; i++)
        {
            _connections.Add(await new ClusterAccess().ConnectAsync(Nodes.Addresses, "", CancellationToken.None));
            _clients.Add(RecordingClient.Of(workload, new(
                i % Keys, _connections[i].Concord, _keys, _recorder, random.Fork((ulong)i), TimeProvider.System)));
        }

        _work = Task.WhenAll(_clients.Select(client => client.RunAsync(_stop.Token, CancellationToken.None)));
        await ProgressAsync("at the beginning");
    }
}
