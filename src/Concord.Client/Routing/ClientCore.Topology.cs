using Concord.Client.Wire;
using Concord.Encoding;

namespace Concord.Client.Routing;

/// <content>Where the cluster is, and who leads.</content>
internal sealed partial class ClientCore
{
    private const ulong TopologyRequestId = 0;

    private readonly Dictionary<uint, ushort> _leaders = [];
    private readonly Dictionary<uint, int> _turns = [];
    private Guid? _cluster;
    private Topology? _topology;
    private TimeSpan _topologyDue;
    private bool _leaderMissing;

    /// <summary>What is known of the cluster; null until a node has answered.</summary>
    public Topology? Topology => _topology;

    /// <summary>The shell is connected: introduces the client.</summary>
    public ClientConnection Connected(string address, TimeSpan now)
    {
        Advance(now);
        var connection = new ClientConnection(address);
        _connections[address] = connection;
        new Hello(HelloRole.Client, default, 0, 0, OperationLevel).Write(connection.Output, WireKind.Hello);
        MarkDirty(connection);
        return connection;
    }

    /// <summary>A connection is gone; what was under way on it is sent again elsewhere.</summary>
    public void Disconnected(ClientConnection connection, TimeSpan now)
    {
        Advance(now);
        if (_connections.TryGetValue(connection.Address, out ClientConnection? current) && current == connection)
        {
            _connections.Remove(connection.Address);
        }

        Dirty.Remove(connection);
        ForgetLeaderAt(connection);
        LoseSubscriptions(connection);
        foreach (ClientCall call in _open.Values.OrderBy(static call => call.WireId).ToArray())
        {
            if (call.SentOn == connection)
            {
                Retry(call, mayHaveRun: true);
            }
        }

        _topologyDue = _now;
        Pump();
    }

    private static ushort OperationLevel => Operations.OperationTable.KnownLevel;

    /// <summary>The cluster of the first node that answers is this client's: in another one the same name is another
    /// lock, and the same shard another log.</summary>
    private void Welcomed(ClientConnection connection, Hello hello)
    {
        _cluster ??= hello.Cluster;
        if (hello.Cluster != _cluster)
        {
            throw new MalformedDataException(
                $"the node belongs to cluster {hello.Cluster}, and this client to {_cluster}. Its addresses are of "
                    + "two clusters, or the cluster was set up anew: correct them, or start this process again");
        }

        connection.Node = hello.Node;
        RequestTopology(connection);
        _pumpDue = true;
    }

    private void RequestTopology()
    {
        foreach (string address in Wanted)
        {
            if (_connections.TryGetValue(address, out ClientConnection? connection) && connection.IsReady)
            {
                RequestTopology(connection);
            }
        }
    }

    private void RequestTopology(ClientConnection connection)
    {
        connection.Output.Begin(WireKind.TopologyRequest).WriteUInt64(TopologyRequestId);
        connection.Output.End();
        MarkDirty(connection);
    }

    private void AdoptTopology(Topology topology)
    {
        if (_topology is not null && topology.Version < _topology.Version)
        {
            return;
        }

        _topology = topology;
        for (int shard = 0; shard < topology.Shards.Count; shard++)
        {
            // A node that knows no leader does not take away what another has said.
            if (topology.Shards[shard].Leader is not 0 and var leader)
            {
                _leaders.TryAdd((uint)shard, leader);
            }
        }

        // Those that have left are dialed no more; what the user named stays, whatever it is called there.
        Wanted.RemoveAll(address => !_options.Addresses.Contains(address)
            && topology.Nodes.All(node => node.Address != address));
        foreach (NodeAddress node in topology.Nodes)
        {
            if (!Wanted.Contains(node.Address))
            {
                Wanted.Add(node.Address);
            }
        }

        _pumpDue = true;
    }

    private void TickTopology()
    {
        if ((_topology is null || _leaderMissing) && _now >= _topologyDue)
        {
            _topologyDue = _now + TimeSpan.FromMilliseconds(100);
            _leaderMissing = false;
            RequestTopology();
        }
    }

    /// <summary>The connection to try for a shard: its leader's, or the replicas' in turn while no leader is
    /// known.</summary>
    private ClientConnection? LeaderConnection(uint shard)
    {
        if (_leaders.TryGetValue(shard, out ushort leader))
        {
            if (ConnectionTo(leader) is { } known)
            {
                return known;
            }

            _leaders.Remove(shard);
        }

        _leaderMissing = true;
        IReadOnlyList<ushort> replicas = _topology!.Shards[(int)shard].Replicas;
        int turn = _turns.GetValueOrDefault(shard);
        for (int i = 0; i < replicas.Count; i++)
        {
            if (ConnectionTo(replicas[(turn + i) % replicas.Count]) is { } replica)
            {
                _turns[shard] = (turn + i + 1) % replicas.Count;
                return replica;
            }
        }

        return null;
    }

    private ClientConnection? ConnectionTo(ushort node) =>
        _topology!.AddressOf(node) is { } address
        && _connections.TryGetValue(address, out ClientConnection? connection)
        && connection.IsReady ? connection : null;

    private void ForgetLeaderAt(ClientConnection connection)
    {
        foreach (uint shard in _leaders.Where(pair => pair.Value == connection.Node).Select(static pair => pair.Key)
            .Order().ToArray())
        {
            _leaders.Remove(shard);
        }
    }
}
