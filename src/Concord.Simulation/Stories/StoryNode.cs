using Concord.Consensus;
using Concord.Simulation.Pictures;

namespace Concord.Simulation.Stories;

/// <summary>One replica of a story: the real core, with a disk that takes a moment.</summary>
internal sealed class StoryNode(StoryCluster cluster, int number)
{
    private const long SyncTime = 4_000;

    private readonly Dictionary<(LogIndex Index, Stamp Origin), (long Invoked, string Text)> _proposed = [];
    private Outbox _outbox = new();
    private ulong _durable;
    private TimeSpan _clock;
    private int _life;

    public StoryDisk Disk { get; } = new();

    public IReplicatedLog? Core { get; private set; }

    public ulong Applied { get; private set; }

    public ReplicaStatus Status => Core!.Status;

    private int Lane => number - 1;

    public void Start()
    {
        _life++;
        (_outbox, _durable, Applied) = (new(), 0, Disk.Commit.Value);
        Core = cluster.Protocol.New(
            cluster.OptionsOf(number),
            new()
            {
                HardState = Disk.HardState,
                Log = Disk.Recover(),
                CommitIndex = Disk.Commit,
                Membership = cluster.Membership,
            });
        cluster.Picture.Up(Lane, cluster.Now);
        Advance(TimeSpan.Zero);
    }

    public void Crash()
    {
        cluster.Picture.Down(Lane, "crashed", cluster.Now);
        foreach ((long invoked, string text) in _proposed.Values)
        {
            cluster.Picture.Operation(0, invoked, cluster.Now, OperationEnd.Unknown, $"{text}: nobody knows");
        }

        _proposed.Clear();
        Core = null;
        _life++;
    }

    /// <summary>Its clock goes on; nobody else's does.</summary>
    public void Advance(TimeSpan by)
    {
        _clock += by;
        Do(core => core.Tick(_clock));
    }

    public void Propose(string text) => Do(core =>
    {
        if (core.Propose(StoryCluster.Bytes(text), out LogIndex index) == ProposeResult.Accepted)
        {
            _proposed.Add((index, core.Status.Stamp), (cluster.Now, text));
        }
    });

    public void Receive(byte[] bytes) => Do(core =>
    {
        MessageCodec.TryRead(bytes, out Message message, out EntryReader entries);
        core.Step(message, entries, _clock);
    });

    /// <summary>What was proposed and not applied: its client waits.</summary>
    public void ShowOpen()
    {
        foreach ((long invoked, string text) in _proposed.Values)
        {
            cluster.Picture.Operation(0, invoked, cluster.Now, OperationEnd.Open, $"{text}: no answer");
        }
    }

    private void Do(Action<IReplicatedLog> what)
    {
        if (Core is null)
        {
            return;
        }

        what(Core);
        Core.Drain(_outbox);
        if (_outbox.Write is { } write)
        {
            Action complete = Disk.Begin(write, Core.Log);
            int life = _life;
            cluster.Schedule(SyncTime, () => Completed(life, write.Sequence, complete));
        }

        SendAndApply();
    }

    private void Completed(int life, ulong sequence, Action complete)
    {
        if (life == _life)
        {
            complete();
            _durable = sequence;
            _outbox.ReleaseThrough(sequence);
            Do(core => core.DurableTo(_durable));
        }
    }

    private void SendAndApply()
    {
        foreach (Message message in _outbox.Sends)
        {
            cluster.Send(message, Core!.Log);
        }

        while (Applied < _outbox.CommitIndex.Value)
        {
            Applied++;
            LogIndex at = new(Applied);
            if (_proposed.Remove((at, Core!.Log.OriginAt(at)), out (long Invoked, string Text) done))
            {
                string text = $"{done.Text}: done at {Applied}";
                cluster.Picture.Operation(0, done.Invoked, cluster.Now, OperationEnd.Done, text);
            }
        }

        _outbox.Clear();
        cluster.Picture.Observe(Lane, 0, Core!, Applied, cluster.Now);
    }
}
