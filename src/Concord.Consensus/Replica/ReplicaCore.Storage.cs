namespace Concord.Consensus;

/// <content>
/// What is durable. Writes are numbered upwards and completed by number, never by term and index: a late completion of
/// entries that have been overwritten since says nothing about their successors.
/// </content>
public abstract partial class ReplicaCore
{
    private readonly Queue<PendingWrite> _pendingWrites = new();
    private protected ulong _writeSequence;
    private protected ulong _durableSequence;
    private ulong _hardStateSequence;
    private protected bool _hardStateDirty;
    private protected LogIndex _durableIndex;

    /// <summary>The write that makes the current term and vote durable: the next one, while they have
    /// changed.</summary>
    private protected ulong HardStateWrite => _hardStateDirty ? _writeSequence + 1 : _hardStateSequence;

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

    /// <summary>What a write of the hard state says.</summary>
    private protected abstract HardState HardState { get; }

    /// <summary>Up to here the log has no gap that matters: what the next write makes durable, with those
    /// before.</summary>
    private protected abstract LogIndex WholeThrough { get; }

    /// <summary>Whether the log has changed since the last write.</summary>
    private protected abstract bool HasChange { get; }

    /// <summary>What has changed in the log since the last write, as a write of it.</summary>
    private protected abstract LogWrite TakeChange(ulong sequence, HardState? hardState);

    private void DrainWrite(Outbox outbox)
    {
        if (!_hardStateDirty && !HasChange)
        {
            return;
        }

        _writeSequence++;
        outbox.Write = TakeChange(_writeSequence, _hardStateDirty ? HardState : null);
        _pendingWrites.Enqueue(new(_writeSequence, WholeThrough, _now));
        _hardStateSequence = _hardStateDirty ? _writeSequence : _hardStateSequence;
        _hardStateDirty = false;
    }

    /// <summary>Up to here the log is durable, or will be when all writes that were asked for are.</summary>
    private protected LogIndex LastWritten
    {
        get
        {
            LogIndex last = _durableIndex;
            foreach (PendingWrite write in _pendingWrites)
            {
                last = LogIndex.Max(last, write.Through);
            }

            return last;
        }
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

    /// <summary>The entries from <paramref name="index"/> on may become others: no write that is under way stands for
    /// what will be there next.</summary>
    private protected void ForgetWritesFrom(LogIndex index)
    {
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
