using System.Collections.Concurrent;
using Concord.Cluster.Node;
using Concord.Cluster.State;
using Concord.Cluster.Storage;
using Concord.Consensus;
using Concord.Engines;

namespace Concord.Testing;

/// <summary>
/// A real node, its only member, without a disk: what it wants written counts as written. Events wait in a queue;
/// whoever posts one, or moves the time, sees to it that all of them are dealt with.
/// </summary>
internal sealed class MemoryNode : INodeEvents
{
    public const string Address = "memory:1";

    private readonly Lock _gate = new();
    private readonly ConcurrentQueue<Action> _events = new();
    private readonly NodeOutbox _outbox = new();
    private readonly NodeCore _core;
    private readonly TestClock _clock;

    public MemoryNode(TestClock clock)
    {
        _clock = clock;
        _core = new(
            new()
            {
                Self = new(1),
                Incarnation = 1,
                Seed = 1,
                StateBytesMax = long.MaxValue / 2,
                ElectionTimeout = TimeSpan.FromMilliseconds(100),
                HeartbeatInterval = TimeSpan.FromMilliseconds(10),

                // Nobody reads the log again: what is kept of it only takes memory.
                SnapshotEveryBytes = 1 << 20,
                RetainedEntries = 0,
            },
            ClusterLayout.Create([Address], 1),
            new(RecoveredLog.Empty(), new Dictionary<uint, (Keyspace Keyspace, SnapshotHead Head)>()),
            new LogOptions(),
            this);
    }

    /// <summary>Whether it answers.</summary>
    public bool IsReady => _core.Shards[0] is { IsReady: true, Level: Operations.OperationTable.KnownLevel };

    /// <summary>Puts an event into the queue; <see cref="Run"/> has to follow.</summary>
    public void Post(Action<NodeCore> handle) => _events.Enqueue(() => handle(_core));

    /// <summary>Moves the node's time on to the clock's.</summary>
    public void Tick()
    {
        Post(core => core.Tick(_clock.Now, _clock.GetUtcNow()));
        Run();
    }

    /// <summary>Deals with everything, unless this is called from doing so.</summary>
    public void Run()
    {
        if (_gate.IsHeldByCurrentThread)
        {
            return;
        }

        lock (_gate)
        {
            do
            {
                while (_events.TryDequeue(out Action? handle))
                {
                    handle();
                }

                Drain();
            }
            while (!_events.IsEmpty || _outbox.IsUnfinished);
        }
    }

    private void Drain()
    {
        _outbox.Clear();
        _core.Drain(_outbox);
        foreach (NodeConnection connection in _outbox.Connections)
        {
            byte[] frames = connection.Output.Take().ToArray();
            connection.Output.Clear();
            ((MemoryLink)connection.Transport!).Deliver(frames);
        }

        foreach (DiskWork work in _outbox.Disk)
        {
            _events.Enqueue(() => _core.Completed(work));
        }
    }

    void INodeEvents.LeadershipWon(uint shard, Stamp term)
    {
    }

    void INodeEvents.LeadershipLost(uint shard, Stamp term)
    {
    }

    void INodeEvents.Applied(Shard shard, LogIndex index, in Command command, in Execution execution)
    {
    }

    void INodeEvents.SessionExpired(uint shard, SessionId session)
    {
    }

    void INodeEvents.SnapshotTaken(uint shard, LogIndex index)
    {
    }

    void INodeEvents.SnapshotInstalled(uint shard, LogIndex index)
    {
    }

    void INodeEvents.ReadOnlyChanged(bool isReadOnly, long bytesNeeded)
    {
    }

    void INodeEvents.ConnectionRefused(string reason)
    {
    }
}
