using Concord.Client.Connections;
using Concord.Client.Routing;
using Concord.Engines;

namespace Concord.Testing;

/// <summary>A process of a test host: a session of its own, a clock of its own, a line of its own to the
/// node.</summary>
internal sealed class TestProcess : IDialer, IAsyncDisposable
{
    private readonly MemoryNode _node;
    private readonly ClusterClient _client;
    private readonly List<MemoryLink> _links = [];
    private volatile bool _isPaused;
    private volatile bool _isReachable;

    public TestProcess(
        MemoryNode node, ProcessClock clock, Guarantees guarantees, ConcordOptions options, bool isReachable)
    {
        _node = node;
        _isReachable = isReachable;
        Clock = clock;
        _client = new(
            new([MemoryNode.Address], options.OperationTimeout, options.SessionTimeout, ClientOptions.NewSeed()),
            this,
            clock)
        {
            Capabilities = new("in memory", guarantees),
        };
        Faults.Abandon = _client.Abandon;

        // What is due at once: it connects.
        clock.GoOff();
    }

    public ProcessClock Clock { get; }

    public LostReply Faults { get; } = new();

    public IEngine Engine => _client;

    public bool IsPaused => _isPaused;

    public bool IsReachable => _isReachable;

    bool IDialer.SendsAtOnce => true;

    /// <summary>It does not run: neither its timers go off nor does it read; what it sends arrives.</summary>
    public void Pause()
    {
        Clock.Stop();
        _isPaused = true;
    }

    public void Resume()
    {
        _isPaused = false;
        Clock.Continue();
        _node.Post(_ => _links.ForEach(static link => link.DeliverHeld()));
        _node.Run();
    }

    public void SetReachable(bool reachable)
    {
        _isReachable = reachable;
        if (!reachable)
        {
            _node.Post(core =>
            {
                _links.ForEach(link => link.Break(core));
                _links.Clear();
            });
            _node.Run();
        }
    }

    public ValueTask DisposeAsync() => _client.DisposeAsync();

    ClientLink IDialer.Dial(string address, IClientLinkEvents events)
    {
        var link = new MemoryLink(_node, this, address, events);
        _node.Post(_ => _links.Add(link));
        link.Open();
        return link;
    }

    void IDialer.Sent() => _node.Run();
}
