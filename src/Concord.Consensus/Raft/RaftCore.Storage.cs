namespace Concord.Consensus.Raft;

/// <content>What of the log is to be written: the entries behind the last write, and from where earlier ones are
/// void.</content>
public sealed partial class RaftCore
{
    private LogIndex _unwritten;
    private LogIndex? _truncateFrom;

    private protected override LogIndex WholeThrough => Log.Last;

    private protected override bool HasChange => _unwritten <= Log.Last || _truncateFrom is not null;

    private protected override LogWrite TakeChange(ulong sequence, HardState? hardState)
    {
        LogRange entries = new(_unwritten, (int)(Log.Last + 1 - _unwritten));
        LogIndex? truncateFrom = _truncateFrom;
        _truncateFrom = null;
        _unwritten = Log.Last + 1;
        return new(sequence, hardState, truncateFrom, entries);
    }

    /// <summary>The entries from <paramref name="index"/> on were dropped.</summary>
    private void ForgetFrom(LogIndex index)
    {
        if (index < _unwritten)
        {
            _truncateFrom = LogIndex.Min(_truncateFrom ?? index, index);
            _unwritten = index;
        }

        ForgetWritesFrom(index);
    }
}
