namespace Concord.Consensus.Tests;

/// <summary>
/// One replica, n1, with an imaginary disk, for tests that state one rule: what it hears goes in, what it says comes
/// out.
/// Writes are durable at once unless <see cref="DiskIsSlow"/>.
/// </summary>
internal abstract class HostedReplica
{
    public static readonly TimeSpan ElectionTimeout = TimeSpan.FromSeconds(1);
    public static readonly TimeSpan HeartbeatInterval = TimeSpan.FromMilliseconds(100);

    private readonly Outbox _outbox = new();
    private readonly List<Message> _said = [];
    private TimeSpan _now;

    protected HostedReplica(ReplicaCore core)
    {
        Core = core;
        Core.Tick(_now);
    }

    public ReplicaCore Core { get; }

    /// <summary>Writes wait for <see cref="DiskCompletes"/>.</summary>
    public bool DiskIsSlow { get; set; }

    /// <summary>Every write that was asked for.</summary>
    public List<LogWrite> Writes { get; } = [];

    /// <summary>Every read that was answered or failed.</summary>
    public List<ReadResult> Reads { get; } = [];

    /// <summary>How far the host may apply.</summary>
    public ulong Applicable => _outbox.CommitIndex.Value;

    /// <summary>Whose snapshot was last asked for.</summary>
    public NodeId SnapshotWantedFrom { get; private set; }

    /// <summary>Messages that wait for a write.</summary>
    public int WaitingMessages => _outbox.Gated.Count;

    public Role Role => Core.Status.Role;

    public ulong Term => Core.Status.Stamp.Term;

    public TimeSpan Now => _now;

    public ulong Commit => Core.Status.CommitIndex.Value;

    /// <summary>What the disk would give back after a crash now: the last hard state that was written.</summary>
    public HardState? LastHardState => Writes.LastOrDefault(static write => write.HardState is not null).HardState;

    /// <summary>The nodes from n1 on, all voters.</summary>
    public static Membership Voters(int count) =>
        new(Enumerable.Range(1, count).Select(static node => new NodeId((ushort)node)));

    /// <summary>A snapshot of a group of three at a place.</summary>
    public static SnapshotPoint PointAt(LogIndex index, Stamp stamp) => new(index, stamp, Voters(3), default);

    /// <summary>Settings of n1 without what the paper's Raft does not have; other tests switch that on.</summary>
    protected static ReplicaOptions Plain(ulong seed) => new()
    {
        Self = new(1),
        Seed = seed,
        PreVote = false,
        CheckQuorum = false,
        ElectionTimeout = ElectionTimeout,
        HeartbeatInterval = HeartbeatInterval,
    };

    /// <summary>Takes a message with all entries of <paramref name="sender"/> as the wire would: encoded and
    /// decoded.</summary>
    public IReadOnlyList<Message> Hears(Message message, LogBuffer sender)
    {
        Say.Deliver(Core, message, _now, sender);
        return Settle();
    }

    /// <summary>Takes a message; what leaves because of it leaves at the next <see cref="Settle"/>.</summary>
    public void Notes(Message message) => Say.Deliver(Core, message, _now, new LogBuffer(message.Index));

    /// <summary>Waits long enough for any election timeout.</summary>
    public IReadOnlyList<Message> TimesOut() => Waits(2 * ElectionTimeout);

    public IReadOnlyList<Message> Waits(TimeSpan time)
    {
        _now += time;
        Core.Tick(_now);
        return Settle();
    }

    public IReadOnlyList<Message> Proposes(out LogIndex index)
    {
        Assert.Equal(ProposeResult.Accepted, Core.Propose(Say.Payload, out index));
        return Settle();
    }

    /// <summary>Asks for other members, which must be accepted.</summary>
    public IReadOnlyList<Message> Changes(Membership target)
    {
        Assert.Equal(MembershipChange.Accepted, Core.ChangeMembership(target));
        return Settle();
    }

    public IReadOnlyList<Message> Transfers(int target)
    {
        Assert.Equal(TransferResult.Accepted, Core.TransferLeadership(new((ushort)target)));
        return Settle();
    }

    public IReadOnlyList<Message> Asks(ulong context) => Asks(context, _now);

    /// <summary>Asks for a read at a time that no tick has told yet.</summary>
    public IReadOnlyList<Message> Asks(ulong context, TimeSpan now)
    {
        Assert.Equal(ProposeResult.Accepted, Core.Read(context, now));
        return Settle();
    }

    /// <summary>All writes so far are durable.</summary>
    public IReadOnlyList<Message> DiskCompletes() => DiskCompletes(Writes[^1].Sequence);

    public IReadOnlyList<Message> DiskCompletes(ulong writeSequence)
    {
        Core.DurableTo(writeSequence);
        _outbox.ReleaseThrough(writeSequence);
        return Settle();
    }

    public IReadOnlyList<Message> Settle()
    {
        while (Core.Drain(_outbox))
        {
            _said.AddRange(_outbox.Sends);
            Reads.AddRange(_outbox.Reads);
            SnapshotWantedFrom = _outbox.SnapshotWantedFrom.IsNone ? SnapshotWantedFrom : _outbox.SnapshotWantedFrom;
            LogWrite? write = _outbox.Write;
            _outbox.Clear();
            if (write is { } asked)
            {
                Writes.Add(asked);
                if (!DiskIsSlow)
                {
                    Core.DurableTo(asked.Sequence);
                    _outbox.ReleaseThrough(asked.Sequence);
                }
            }
        }

        Message[] said = [.. _said];
        _said.Clear();
        return said;
    }
}
