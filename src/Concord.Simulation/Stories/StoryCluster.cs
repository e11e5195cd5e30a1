using Concord.Consensus;
using Concord.Simulation.Pictures;

namespace Concord.Simulation.Stories;

/// <summary>
/// Replicas that do what a story tells them: nothing happens by itself but the delivery of messages. Clocks stand still
/// unless a replica is told to stand for election.
/// </summary>
internal sealed class StoryCluster
{
    private const long Latency = 22_000;
    private const long Spread = 2_400;

    private static readonly TimeSpan s_electionTimeout = TimeSpan.FromHours(1);
    private static readonly TimeSpan s_heartbeatInterval = TimeSpan.FromMinutes(1);

    private readonly EventQueue<Action> _events = new();
    private readonly HashSet<(int From, int To)> _cut = [];

    /// <summary>What is sent together comes one behind the other, or one arrow would cover the other.</summary>
    private readonly Dictionary<(int From, int To), long> _lastArrival = [];
    private readonly List<Func<Message, bool>> _losses = [];
    private readonly StoryNode[] _nodes;
    private readonly int _appendBytesMax;
    private long _told;

    /// <param name="nodes">How many replicas.</param>
    /// <param name="oneEntryEach">Whether a message carries one entry at most.</param>
    /// <param name="protocol">By which protocol they agree; Raft if not said.</param>
    public StoryCluster(int nodes, bool oneEntryEach = false, StoryProtocol? protocol = null)
    {
        Protocol = protocol ?? StoryProtocol.Raft;
        Membership = new(Enumerable.Range(1, nodes).Select(static number => new NodeId((ushort)number)));
        _appendBytesMax = oneEntryEach ? 1 : 16 << 10;
        _nodes = [.. Enumerable.Range(1, nodes).Select(number => new StoryNode(this, number))];
    }

    public Membership Membership { get; }

    public StoryProtocol Protocol { get; }

    /// <summary>As the papers have it: without the question before an election, which would only delay the
    /// story.</summary>
    public ReplicaOptions OptionsOf(int number) => new()
    {
        Self = new((ushort)number),
        Seed = (ulong)number,
        ElectionTimeout = s_electionTimeout,
        HeartbeatInterval = s_heartbeatInterval,
        PreVote = false,
        CheckQuorum = false,
        AppendBytesMax = _appendBytesMax,
    };

    public PictureRecorder Picture { get; } = new(static payload => System.Text.Encoding.ASCII.GetString(payload));

    public int Count => _nodes.Length;

    public long Now { get; private set; }

    /// <summary>A replica by its number, from 1.</summary>
    public StoryNode this[int number] => _nodes[number - 1];

    public static byte[] Bytes(string text) => System.Text.Encoding.ASCII.GetBytes(text);

    public void Schedule(long delay, Action action) => _events.Schedule(Now + delay, action);

    /// <summary>Everybody starts as they were given.</summary>
    public void Start()
    {
        foreach (StoryNode node in _nodes)
        {
            node.Start();
        }
    }

    /// <summary>A replica's election timeout ends.</summary>
    public void Campaign(int number) => this[number].Advance(3 * s_electionTimeout);

    /// <summary>A replica stands for election until it leads; a term that is taken costs a try.</summary>
    public void Elect(int number, int tries = 1)
    {
        for (int i = 1; i < tries; i++)
        {
            Campaign(number);
            Run(80);
        }

        Campaign(number);
        RunUntil(() => this[number].Status.Role == Role.Leader);
    }

    /// <summary>A leader says that it is there, and asks again where nobody has answered.</summary>
    public void Heartbeat(int number) => this[number].Advance(0.6 * s_electionTimeout);

    /// <summary>Nothing passes from one to the others any more.</summary>
    public void Cut(int from, params ReadOnlySpan<int> to)
    {
        foreach (int number in to)
        {
            _cut.Add((from, number));
        }

        ShowCuts();
    }

    /// <summary>Such messages are lost until the network heals.</summary>
    public void Lose(Func<Message, bool> which) => _losses.Add(which);

    public void Heal()
    {
        _cut.Clear();
        _losses.Clear();
        ShowCuts();
    }

    /// <summary>Lets time pass, in milliseconds.</summary>
    public void Run(int milliseconds)
    {
        long until = Now + (milliseconds * 1000L);
        RunWhile(() => false, until);
        Now = until;
    }

    /// <summary>Lets time pass until something is so.</summary>
    /// <exception cref="InvalidOperationException">It never is: the story and the protocol do not fit.</exception>
    public void RunUntil(Func<bool> isThere)
    {
        if (!RunWhile(isThere, Now + 2_000_000))
        {
            throw new InvalidOperationException("The story waits for something that does not happen.");
        }
    }

    /// <summary>What has happened since the last step is one more, and this is what to see in it.</summary>
    public void Tell(string title, string text)
    {
        Picture.Step(new(_told, Now, title, text));
        _told = Now;
    }

    public void Send(in Message message, LogBuffer log)
    {
        byte[] bytes = new byte[MessageCodec.Measure(message, log)];
        MessageCodec.Write(message, log, bytes);
        (int from, int to) = (message.From.Value, message.To.Value);
        Message copy = message;
        int shown = Picture.Sent(0, bytes, Now);
        long earliest = _lastArrival.GetValueOrDefault((from, to)) + Spread;
        long arrives = Math.Max(Now + Latency + (((from * 3) + (to * 2)) % 5 * Spread), earliest);
        _lastArrival[(from, to)] = arrives;
        if (_cut.Contains((from, to)) || _losses.Exists(loss => loss(copy)))
        {
            Picture.Lost(shown, arrives, atTheEnd: false);
        }
        else
        {
            Schedule(arrives - Now, () => Deliver(to, bytes, shown));
        }
    }

    private void Deliver(int to, byte[] bytes, int shown)
    {
        if (this[to].Core is null)
        {
            Picture.Lost(shown, Now, atTheEnd: true);
            return;
        }

        Picture.Arrived(shown, Now);
        this[to].Receive(bytes);
    }

    private bool RunWhile(Func<bool> isThere, long until)
    {
        while (!isThere())
        {
            if (_events.Count == 0 || !_events.TryNextBefore(until, out Action? next))
            {
                return false;
            }

            Now = _events.Now;
            next();
        }

        return true;
    }

    private void ShowCuts() => Picture.LinksChanged(
        Count, (from, to) => _cut.Contains((from + 1, to + 1)), Now);
}
