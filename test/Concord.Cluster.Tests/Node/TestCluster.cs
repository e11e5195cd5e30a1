using Concord.Client.Wire;
using Concord.Cluster.Node;
using Concord.Consensus;
using Concord.Encoding;
using Concord.Engines;
using Concord.Simulation.Disk;

namespace Concord.Cluster.Tests.Node;

/// <summary>An answer to a request of a test.</summary>
internal sealed record TestReply(ReplyStatus Status, AnswerStatus Answer, long Revision, byte[] Payload)
{
    /// <summary>Who leads, when the node that answered does not; zero if it does not know.</summary>
    public int Leader { get; init; }

    public EngineAnswer AsAnswer() => new(Answer, Revision, Payload);
}

/// <summary>
/// A cluster of node cores in memory: messages arrive at once unless <see cref="Lost"/> says otherwise, disks write at
/// once, time passes when a test lets it.
/// </summary>
internal sealed class TestCluster : IDisposable
{
    private const int JoinersMax = 4;
    private const int TurnsMax = 1_000_000;
    private static readonly TimeSpan s_step = TimeSpan.FromMilliseconds(10);

    private readonly Func<NodeSettings, NodeSettings> _settings;
    private readonly SimFileSystem[] _disks;
    private readonly TestNode?[] _nodes;
    private readonly ulong[] _lives;
    private readonly Dictionary<(int From, int To), (NodeConnection Out, NodeConnection In)> _links = [];
    private readonly Dictionary<int, NodeConnection> _clients = [];
    private readonly Queue<Action> _mail = new();
    private readonly Dictionary<ulong, TestReply> _replies = [];
    private ulong _nextRequest = 1;

    public TestCluster(
        string protocol,
        int nodes,
        int shards,
        Func<NodeSettings, NodeSettings>? settings = null,
        SimFileSystem[]? disks = null)
    {
        _settings = settings ?? (static given => given);
        Layout = ClusterLayout.Create(
            Enumerable.Range(1, nodes).Select(static node => $"n{node}:1"), shards, ReplicaProtocol.Find(protocol)!);
        _nodes = new TestNode?[nodes + JoinersMax + 1];
        _lives = new ulong[_nodes.Length];
        _disks = disks
            ?? [.. Enumerable.Range(0, _nodes.Length).Select(static node => new SimFileSystem((ulong)node))];
        for (int node = 1; node <= nodes; node++)
        {
            Start(node);
        }
    }

    public ClusterLayout Layout { get; }

    public TimeSpan Now { get; private set; }

    /// <summary>Which messages between nodes do not arrive: from, to, kind, bytes.</summary>
    public Func<int, int, WireKind, byte[], bool> Lost { get; set; } = static (_, _, _, _) => false;

    /// <summary>How many ticks the nodes have had, together.</summary>
    public long Ticks { get; private set; }

    public IEnumerable<TestNode> Alive => _nodes.OfType<TestNode>();

    public TestNode this[int node] => _nodes[node] ?? throw new InvalidOperationException($"Node {node} is down.");

    public void Dispose()
    {
        foreach (TestNode node in Alive)
        {
            node.Dispose();
        }
    }

    public SimFileSystem DiskOf(int node) => _disks[node];

    /// <summary>Starts a node on what its disk holds.</summary>
    /// <param name="id">Its number.</param>
    /// <param name="directory">What one that joins was told of the others.</param>
    /// <param name="incarnation">Of its folder.</param>
    public void Start(int id, NodeDirectory? directory = null, ulong? incarnation = null)
    {
        TestNode node = _nodes[id] = new(_disks[id], Layout, directory, _settings(new()
        {
            Self = new((ushort)id),
            Incarnation = incarnation ?? (ulong)id + (1000 * _lives[id]),
            Seed = (ulong)(id * 7919),
            ElectionTimeout = TimeSpan.FromMilliseconds(200),
            HeartbeatInterval = TimeSpan.FromMilliseconds(20),
        }));
        foreach (TestNode other in Alive.Where(other => other != node))
        {
            Link(id, other.Id.Value);
            Link(other.Id.Value, id);
        }

        NodeConnection client = node.Core.Accepted();
        client.Transport = (Action<byte[]>)KeepReplies;
        _clients[id] = client;
        var hello = new Hello(HelloRole.Client, default, 0, 0, 1);
        node.Core.Receive(client, BodyOf(frames => hello.Write(frames, WireKind.Hello)));
    }

    /// <summary>Power is lost at a node.</summary>
    public void Crash(int id)
    {
        _nodes[id] = null;
        _disks[id].Crash();
        foreach (((int from, int to), (NodeConnection outgoing, NodeConnection incoming)) in _links.ToArray())
        {
            if (from == id || to == id)
            {
                _nodes[from]?.Core.Disconnected(outgoing);
                _nodes[to]?.Core.Disconnected(incoming);
                _links.Remove((from, to));
            }
        }
    }

    /// <summary>All that a node had is lost; the next start finds an empty disk.</summary>
    public void Wipe(int id)
    {
        Crash(id);
        _lives[id]++;
        _disks[id] = new((ulong)id + (100 * _lives[id]));
    }

    public bool IsUp(int id) => _nodes[id] is not null;

    public Shard ShardAt(int node, uint shard) => this[node].Core.Shards.Single(held => held.Id == shard);

    /// <summary>The node that leads a shard and is ready for requests; zero if none is.</summary>
    public int LeaderOf(uint shard) => Alive
        .Where(node => node.Core.Shards.Any(held => held.Id == shard && held.IsReady && held.Level > 0))
        .Select(static node => (int)node.Id.Value)
        .FirstOrDefault();

    public Shard LeaderShard(uint shard) => ShardAt(LeaderOf(shard), shard);

    public void AwaitLeaders() => Await(
        () => Enumerable.Range(0, Layout.Shards).All(shard => LeaderOf((uint)shard) != 0), "every shard has a leader");

    /// <summary>Lets time pass until a condition holds.</summary>
    public void Await(Func<bool> condition, string what)
    {
        TimeSpan until = Now + TimeSpan.FromSeconds(30);
        Pump();
        while (!condition())
        {
            Assert.True(Now < until, $"It did not happen within 30 seconds of the cluster's time that {what}.");
            Step();
        }
    }

    public void Run(TimeSpan time)
    {
        for (TimeSpan until = Now + time; Now < until;)
        {
            Step();
        }
    }

    public void Step()
    {
        Now += s_step;
        foreach (TestNode node in Alive)
        {
            // As the shell does: what the core puts off is put off here too, and must not be lost.
            node.Core.TellTime(Now);
            if (node.Core.NextTick <= Now)
            {
                node.Core.Tick(Now, DateTimeOffset.UnixEpoch + TimeSpan.FromDays(9000) + Now);
                Ticks++;
            }
        }

        Pump();
    }

    /// <summary>Does everything that can be done without time passing.</summary>
    public void Pump()
    {
        bool any = true;
        for (int turns = 0; any; turns++)
        {
            Assert.True(turns < TurnsMax, "The nodes never come to rest, though no time passes and nobody asks.");
            any = false;
            foreach (TestNode node in Alive)
            {
                any |= node.Turn();
            }

            while (_mail.TryDequeue(out Action? deliver))
            {
                any = true;
                deliver();
            }
        }
    }

    /// <summary>Sends a request to a node as a client; <see cref="ReplyTo"/> has its answer.</summary>
    public ulong Send(int node, WireKind kind, Action<ByteWriter> write)
    {
        ulong request = _nextRequest++;
        this[node].Core.Receive(_clients[node], BodyOf(frames =>
        {
            ByteWriter writer = frames.Begin(kind);
            writer.WriteUInt64(request);
            write(writer);
            frames.End();
        }));
        return request;
    }

    /// <summary>What leaders have said of sessions.</summary>
    public List<Renewal> Renewals { get; } = [];

    /// <summary>A client gives a sign of life to a node.</summary>
    public void Send(int node, SignOfLife sign) => this[node].Core.Receive(_clients[node], BodyOf(sign.Write));

    public TestReply? ReplyTo(ulong request) => _replies.GetValueOrDefault(request);

    public TestReply AwaitReply(ulong request)
    {
        Await(() => _replies.ContainsKey(request), $"request {request} was answered");
        return _replies[request];
    }

    /// <summary>Delivers a message between nodes, as if it had been under way.</summary>
    public void Deliver(int from, int to, WireKind kind, byte[] message) =>
        this[to].Core.Receive(_links[(from, to)].In, BodyOf(frames =>
        {
            frames.Begin(kind).WriteRaw(message);
            frames.End();
        }));

    public static byte[] BodyOf(Action<FrameWriter> write)
    {
        var frames = new FrameWriter();
        write(frames);
        return Frame.BodyOf(frames.Take().Span).ToArray();
    }

    private void Link(int from, int to)
    {
        NodeConnection outgoing = this[from].Core.PeerConnected(new((ushort)to));
        NodeConnection incoming = this[to].Core.Accepted();
        outgoing.Transport = (Action<byte[]>)(frames => _mail.Enqueue(() => Arrive(from, to, incoming, frames)));
        incoming.Transport = (Action<byte[]>)(frames => _mail.Enqueue(() => AnswerDialer(from, to, outgoing, frames)));
        _links[(from, to)] = (outgoing, incoming);
    }

    private void Arrive(int from, int to, NodeConnection incoming, byte[] frames)
    {
        if (incoming.IsClosed || _nodes[from] is null || _nodes[to] is not { } receiver)
        {
            return;
        }

        foreach ((WireKind kind, byte[] message) in MessagesIn(frames))
        {
            if (!Lost(from, to, kind, message))
            {
                receiver.Core.Receive(incoming, BodyOf(writer =>
                {
                    writer.Begin(kind).WriteRaw(message);
                    writer.End();
                }));
            }
        }
    }

    /// <summary>What the side that was dialed says: who it is, or why it does not want the other.</summary>
    private void AnswerDialer(int from, int to, NodeConnection outgoing, byte[] frames)
    {
        foreach ((WireKind kind, byte[] message) in MessagesIn(frames))
        {
            if (!outgoing.IsClosed && _nodes[from] is { } dialer && !Lost(to, from, kind, message))
            {
                dialer.Core.Receive(outgoing, BodyOf(writer =>
                {
                    writer.Begin(kind).WriteRaw(message);
                    writer.End();
                }));
            }
        }
    }

    private void KeepReplies(byte[] frames)
    {
        foreach ((WireKind kind, byte[] message) in MessagesIn(frames))
        {
            if (kind == WireKind.Renewed)
            {
                var renewed = new ByteReader(message);
                Renewals.Add(Renewal.Read(ref renewed));
            }
            else if (kind == WireKind.Reply)
            {
                var reader = new ByteReader(message);
                NodeReply reply = NodeReply.Read(ref reader, out ulong request);
                _replies[request] = new(reply.Status, reply.Answer, reply.Revision, reply.Payload.ToArray())
                {
                    Leader = reply.Leader,
                };
            }
        }
    }

    public static List<(WireKind Kind, byte[] Message)> MessagesIn(ReadOnlySpan<byte> frames)
    {
        var messages = new List<(WireKind, byte[])>();
        while (!frames.IsEmpty)
        {
            int length = Frame.LengthOf(frames);
            var reader = new MessageReader(Frame.BodyOf(frames[..length]));
            while (reader.TryRead(out WireKind kind, out ByteReader message))
            {
                messages.Add((kind, message.Rest.ToArray()));
            }

            frames = frames[length..];
        }

        return messages;
    }
}
