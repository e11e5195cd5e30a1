namespace Concord.Consensus.Paxos;

/// <content>What of the log is to be written: entries by their places, and those that only have another stamp. A write
/// covers what lies between its first and its last entry: to store once more what is there already harms
/// nothing.</content>
public sealed partial class PaxosCore
{
    /// <summary>From here on nothing was written yet; before it lies what changed again.</summary>
    private LogIndex _unwritten;

    private LogRange _puts;
    private LogRange _restamps;

    private protected override LogIndex WholeThrough => _verified;

    /// <summary>The write that makes durable all that has changed until now.</summary>
    private ulong LastChange => _hardStateDirty || IsChanged ? _writeSequence + 1 : _writeSequence;

    private bool IsChanged => _unwritten <= Log.Last || !_puts.IsEmpty || !_restamps.IsEmpty;

    /// <summary>A snapshot has closed a gap: what lies behind it was written when nothing could be said of
    /// it.</summary>
    private bool IsWholeFurther => _verified > _durableIndex && _verified > LastWritten;

    private protected override bool HasChange => IsChanged || IsWholeFurther;

    private protected override LogWrite TakeChange(ulong sequence, HardState? hardState)
    {
        if (_unwritten <= Log.Last)
        {
            _puts = Spanning(Spanning(_puts, _unwritten), Log.Last);
            _unwritten = Log.Last + 1;
        }
        else if (!IsChanged && IsWholeFurther)
        {
            _puts = new(LastWritten + 1, (int)(_verified - LastWritten));
        }

        LogRange puts = _puts;
        LogRange restamps = _restamps;
        (_puts, _restamps) = (default, default);
        return new(sequence, hardState, TruncateFrom: null, puts) { Restamped = restamps, KeepsWhatFollows = true };
    }

    /// <summary>What is new stands behind all that is there, nearly always.</summary>
    private LogIndex PutNext(Stamp origin, EntryKind kind, ReadOnlySpan<byte> payload)
    {
        LogIndex index = Log.Append(_stamp, origin, kind, payload);
        if (kind == EntryKind.Membership)
        {
            NoteKind(index, kind);
        }

        return index;
    }

    private void Put(LogIndex index, Stamp stamp, Stamp origin, EntryKind kind, ReadOnlySpan<byte> payload)
    {
        if (index > Log.Last + 1 && _unwritten > Log.Last)
        {
            // There is nothing to write in the gap.
            _unwritten = index;
        }

        Log.Put(index, stamp, origin, kind, payload);
        if (kind == EntryKind.Membership || _undecidedMemberships.Count > 0)
        {
            NoteKind(index, kind);
        }

        if (index < _unwritten)
        {
            WriteWhole(index);
        }
    }

    private void Restamp(LogIndex index, Stamp stamp)
    {
        Log.Restamp(index, stamp);
        if (index >= _unwritten)
        {
            return;
        }

        bool isNext = _restamps.IsEmpty || (index == _restamps.Last + 1 && Log.StampAt(_restamps.Last) == stamp);
        if (isNext)
        {
            _restamps = Spanning(_restamps, index);
        }
        else
        {
            WriteWhole(index);
        }
    }

    /// <summary>If it was to be only stamped anew, all that was is written as a whole: it has more than one stamp
    /// now.</summary>
    private void WriteWhole(LogIndex index)
    {
        _puts = Spanning(_puts, index);
        if (!_restamps.IsEmpty && index >= _restamps.First && index <= _restamps.Last)
        {
            _puts = Spanning(Spanning(_puts, _restamps.First), _restamps.Last);
            _restamps = default;
        }
    }

    /// <summary>What a snapshot covers is not written any more.</summary>
    private void ForgetChangesThrough(LogIndex index)
    {
        (_puts, _restamps) = (Behind(_puts, index), Behind(_restamps, index));
        _unwritten = LogIndex.Max(_unwritten, index + 1);
    }

    private static LogRange Spanning(LogRange range, LogIndex index)
    {
        if (range.IsEmpty)
        {
            return new(index, 1);
        }

        LogIndex first = LogIndex.Min(range.First, index);
        return new(first, (int)(LogIndex.Max(range.Last, index) - first) + 1);
    }

    private static LogRange Behind(LogRange range, LogIndex index) => range switch
    {
        { IsEmpty: true } => range,
        _ when range.Last <= index => default,
        _ when range.First > index => range,
        _ => new(index + 1, (int)(range.Last - index)),
    };
}
