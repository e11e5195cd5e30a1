namespace Concord.Consensus.Raft;

/// <content>
/// What is durable. Writes are numbered upwards and completed by number, never by term and index: a late completion of
/// entries that have been overwritten since says nothing about their successors.
/// </content>
public sealed partial class RaftCore
{
    private readonly Queue<PendingWrite> _pendingWrites = new();
    private ulong _writeSequence;
    private ulong _durableSequence;
    private ulong _hardStateSequence;
    private bool _hardStateDirty;
    private LogIndex _durableIndex;
    private LogIndex _unwritten;
    private LogIndex? _truncateFrom;

    /// <summary>The write that makes the current term and vote durable: the next one, while they have
    /// changed.</summary>
    private ulong HardStateWrite => _hardStateDirty ? _writeSequence + 1 : _hardStateSequence;

    /// <inheritdoc/>
    public void DurableTo(ulong writeSequence)
    {
        Invariant.Check(writeSequence <= _writeSequence, "only writes that were asked for become durable");
        if (writeSequence <= _durableSequence)
        {
            return;
        }

        _durableSequence = writeSequence;
        while (_pendingWrites.TryPeek(out PendingWrite write) && write.Sequence <= writeSequence)
        {
            _durableIndex = LogIndex.Max(_durableIndex, write.Through);
            _pendingWrites.Dequeue();
        }

        CountOwnVote();
        RecoverWhenCaughtUp();
        if (_role == Role.Leader)
        {
            AdvanceCommit();
        }
    }

    private void DrainWrite(Outbox outbox)
    {
        LogRange entries = new(_unwritten, (int)(Log.Last + 1 - _unwritten));
        if (!_hardStateDirty && _truncateFrom is null && entries.IsEmpty)
        {
            return;
        }

        _writeSequence++;
        HardState? hardState = _hardStateDirty ? new HardState(_term, _votedFor) : null;
        outbox.Write = new LogWrite(_writeSequence, hardState, _truncateFrom, entries);
        _pendingWrites.Enqueue(new(_writeSequence, Log.Last, _now));
        _hardStateSequence = _hardStateDirty ? _writeSequence : _hardStateSequence;
        _hardStateDirty = false;
        _truncateFrom = null;
        _unwritten = Log.Last + 1;
    }

    /// <summary>The write that makes the log durable up to <paramref name="index"/>; zero when it is.</summary>
    private ulong WriteOf(LogIndex index)
    {
        if (index <= _durableIndex)
        {
            return 0;
        }

        foreach (PendingWrite write in _pendingWrites)
        {
            if (write.Through >= index)
            {
                return write.Sequence;
            }
        }

        return _writeSequence + 1;
    }

    /// <summary>The entries from <paramref name="index"/> on were dropped: no write that is under way stands for what
    /// will be there next.</summary>
    private void ForgetWritesFrom(LogIndex index)
    {
        if (index < _unwritten)
        {
            _truncateFrom = LogIndex.Min(_truncateFrom ?? index, index);
            _unwritten = index;
        }

        _durableIndex = LogIndex.Min(_durableIndex, index - 1);
        for (int i = _pendingWrites.Count; i > 0; i--)
        {
            PendingWrite write = _pendingWrites.Dequeue();
            _pendingWrites.Enqueue(write with { Through = LogIndex.Min(write.Through, index - 1) });
        }
    }

    /// <summary>A write that is under way, since when, and up to where its completion makes the log durable.</summary>
    private readonly record struct PendingWrite(ulong Sequence, LogIndex Through, TimeSpan AskedAt);
}
