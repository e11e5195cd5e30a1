using Concord.Consensus.Raft;

namespace Concord.Consensus.Tests;

/// <summary>
/// One replica, n1, with an imaginary disk, for tests that state one rule: what it hears goes in, what it says comes
/// out.
/// Writes are durable at once unless <see cref="DiskIsSlow"/>.
/// </summary>
internal sealed class Replica
{
    public static readonly TimeSpan ElectionTimeout = TimeSpan.FromSeconds(1);
    public static readonly TimeSpan HeartbeatInterval = TimeSpan.FromMilliseconds(100);

    private readonly Outbox _outbox = new();
    private readonly List<Message> _said = [];
    private TimeSpan _now;

    public Replica(
        ulong term = 0, int votedFor = 0, ulong[]? log = null, int voters = 3, ulong commit = 0, ulong seed = 7,
        Func<ReplicaOptions, ReplicaOptions>? with = null, Membership? membership = null, bool impaired = false,
        Action<LogBuffer>? fill = null)
    {
        var entries = new LogBuffer();
        foreach (ulong entryTerm in log ?? [])
        {
            entries.Append(Stamp.FromTerm(entryTerm), EntryKind.Command, Say.Payload);
        }

        fill?.Invoke(entries);

        ReplicaOptions options = new()
        {
            Self = new(1),
            Seed = seed,

            // What the paper's tests are about is Raft as the paper has it; other tests switch these on.
            PreVote = false,
            CheckQuorum = false,
            ElectionTimeout = ElectionTimeout,
            HeartbeatInterval = HeartbeatInterval,
        };
        RecoveredReplica recovered = new()
        {
            HardState = new(Stamp.FromTerm(term), new((ushort)votedFor)),
            Log = entries,
            CommitIndex = new(commit),
            Membership = membership ?? Voters(voters),
            IsImpaired = impaired,
        };
        Core = new(with?.Invoke(options) ?? options, recovered);
        Core.Tick(_now);
    }

    public RaftCore Core { get; }

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

    public ulong[] LogTerms =>
        [.. Enumerable.Range(0, Core.Log.Count).Select(i => Core.Log.StampAt(Core.Log.First + (ulong)i).Term)];

    /// <summary>What the disk would give back after a crash now: the last hard state that was written.</summary>
    public HardState? LastHardState => Writes.LastOrDefault(static write => write.HardState is not null).HardState;

    /// <summary>The nodes from n1 on, all voters.</summary>
    public static Membership Voters(int count) =>
        new(Enumerable.Range(1, count).Select(static node => new NodeId((ushort)node)));

    /// <summary>A snapshot of a group of three at a place.</summary>
    public static SnapshotPoint PointAt(LogIndex index, Stamp stamp) => new(index, stamp, Voters(3), default);

    /// <summary>A leader of <paramref name="term"/> that all have voted for and that nobody has answered yet.</summary>
    public static Replica Leading(
        ulong term = 1, ulong[]? log = null, int voters = 3, ulong commit = 0,
        Func<ReplicaOptions, ReplicaOptions>? with = null, Membership? membership = null)
    {
        var replica = new Replica(term - 1, 0, log, voters, commit, with: with, membership: membership);
        replica.TimesOut();
        foreach (NodeId voter in replica.Core.Membership.Voters)
        {
            replica.Hears(Say.PreVoteGranted(voter.Value, term));
        }

        foreach (NodeId voter in replica.Core.Membership.Voters)
        {
            replica.Hears(Say.Vote(voter.Value, term));
        }

        Assert.Equal(Role.Leader, replica.Role);
        return replica;
    }

    /// <summary>Takes a message, settles, and gives what left because of it.</summary>
    public IReadOnlyList<Message> Hears(Message message, params ulong[] entryTerms)
    {
        Say.Deliver(Core, message, _now, entryTerms);
        return Settle();
    }

    /// <summary>Takes one entry that names who belongs to the group, behind <see cref="Message.Index"/>.</summary>
    public IReadOnlyList<Message> Hears(Message message, Membership membership)
    {
        var sender = new LogBuffer(message.Index, message.LogStamp);
        sender.Append(message.Stamp, EntryKind.Membership, MembershipCodec.Encode(membership));
        Say.Deliver(Core, message, _now, sender);
        return Settle();
    }

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

    /// <summary>The host says that a peer is alive. It leads if it is who this replica takes for the leader, and knows
    /// what this replica knows to be committed, unless told otherwise.</summary>
    public IReadOnlyList<Message> IsTold(int peer, ulong term, bool? leads = null, ulong? commit = null)
    {
        NodeId node = new((ushort)peer);
        Standing standing = new(
            Stamp.FromTerm(term), leads ?? node == Core.Status.Leader, commit is { } known ? new(known) : new(Commit));
        Core.Alive(node, standing, _now);
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
