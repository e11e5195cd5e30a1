namespace Concord.Consensus;

/// <summary>
/// What a core wants done. The host drains it after a batch of events and does, in any order and at the same time:
/// make <see cref="Write"/> durable and report <see cref="IReplicatedLog.DurableTo"/>; send <see cref="Sends"/>; apply
/// up to <see cref="CommitIndex"/>; answer <see cref="Reads"/>. One outbox belongs to one core for its whole life, for
/// it keeps the messages that wait for a write.
/// </summary>
public sealed class Outbox
{
    private readonly Queue<GatedMessage> _gated = new();

    /// <summary>What to make durable; null when nothing changed. Writes are made in the order of their
    /// sequence.</summary>
    public LogWrite? Write { get; internal set; }

    /// <summary>Messages that may leave now.</summary>
    public List<Message> Sends { get; } = [];

    /// <summary>Messages that must not leave before the write they name is durable, in the order in which they were
    /// made. One that could leave waits behind one that cannot.</summary>
    public IReadOnlyCollection<GatedMessage> Gated => _gated;

    /// <summary>Entries up to here are committed and durable on this replica, and may be applied.</summary>
    public LogIndex CommitIndex { get; internal set; }

    /// <summary>Said by the host: what this leader has proposed is kept back, neither written nor sent, until a drain
    /// without this. It may be put off, never put before anything else.</summary>
    public bool KeepsProposals { get; set; }

    /// <summary>Reads that may be answered, or that failed.</summary>
    public List<ReadResult> Reads { get; } = [];

    /// <summary>Whose snapshot the host should fetch and install, because the log alone does not lead there; none if
    /// nobody's.</summary>
    public NodeId SnapshotWantedFrom { get; internal set; }

    /// <summary>Moves the gated messages whose write is durable to <see cref="Sends"/>.</summary>
    /// <param name="writeSequence">Every write up to this one is durable.</param>
    public void ReleaseThrough(ulong writeSequence)
    {
        while (_gated.TryPeek(out GatedMessage next) && next.AfterWrite <= writeSequence)
        {
            Sends.Add(_gated.Dequeue().Message);
        }
    }

    /// <summary>Forgets what has been done. Gated messages stay.</summary>
    public void Clear()
    {
        Write = null;
        SnapshotWantedFrom = NodeId.None;
        Sends.Clear();
        Reads.Clear();
    }

    internal void Gate(in Message message, ulong afterWrite) => _gated.Enqueue(new(message, afterWrite));
}

/// <summary>A message that rests on a write.</summary>
/// <param name="Message">The message.</param>
/// <param name="AfterWrite">The sequence of the write.</param>
public readonly record struct GatedMessage(Message Message, ulong AfterWrite);

/// <summary>One thing to make durable, atomically or in this order: hard state but for its commit index, truncation,
/// entries, restamps, commit index.</summary>
/// <param name="Sequence">Grows by one with each write of a core; completion is reported by this number alone.</param>
/// <param name="HardState">The hard state, when it changed.</param>
/// <param name="TruncateFrom">The place from which earlier entries are void, when there is one.</param>
/// <param name="Entries">The entries to store, in the core's log. Places in between where it holds none are left
/// out.</param>
public readonly record struct LogWrite(ulong Sequence, HardState? HardState, LogIndex? TruncateFrom, LogRange Entries)
{
    /// <summary>Entries that are stored already and only have another stamp now, the same for all of them.</summary>
    public LogRange Restamped { get; init; }

    /// <summary>Whether each entry stands for itself: what was stored behind them stays (Multi-Paxos). Otherwise an
    /// entry with another stamp than the one in its place voids all behind it (Raft).</summary>
    public bool KeepsWhatFollows { get; init; }

    internal bool IsEmpty => TruncateFrom is null && Entries.IsEmpty && Restamped.IsEmpty;
}

/// <summary>The answer to <see cref="IReplicatedLog.Read"/>.</summary>
/// <param name="Context">The caller's number.</param>
/// <param name="Index">What the state must have applied before it is read.</param>
/// <param name="Failed">The leader changed before it was confirmed; nothing may be read.</param>
public readonly record struct ReadResult(ulong Context, LogIndex Index, bool Failed);
