using Concord.Consensus;

namespace Concord.Cluster.Storage;

/// <content>What an impaired shard writes, and the records of Multi-Paxos.</content>
internal sealed partial class LogAppender
{
    /// <summary>
    /// A start could not read all that a shard had written: says how its log goes on. Comes before everything else of
    /// that shard, at each start that finds it impaired.
    /// </summary>
    /// <param name="shard">The shard.</param>
    /// <param name="log">What its core begins with.</param>
    public void Resume(uint shard, LogBuffer log)
    {
        ShardLog state = LogOf(shard);
        LogExtent extent = LogExtent.Of(log);
        LogRecord.WriteResume(shard, extent, Add(LogRecord.ResumeBytes));
        LogRecord.WriteImpaired(shard, impaired: true, Add(LogRecord.ImpairedBytes));
        _open.Notes.Add(BatchNote.OfImpaired(state, impaired: true));
        state.MustResume = false;
    }

    /// <summary>
    /// The replica has caught up with what it may have forgotten: a later start that meets the damage again knows that
    /// this shard is in order. Or the replica has found that it is not.
    /// </summary>
    public void MarkImpaired(uint shard, bool isImpaired)
    {
        ShardLog state = LogOf(shard);
        Invariant.Check(!state.MustResume, "an impaired log is resumed before it is repaired");
        LogRecord.WriteHardState(shard, state.QueuedHardState, Add(LogRecord.HardStateBytes));
        _open.Notes.Add(BatchNote.OfHardState(state, state.QueuedHardState));
        if (state.QueuedMark.Index > LogIndex.Zero)
        {
            LogRecord.WriteSnapshotMark(shard, state.QueuedMark, restart: false, Add(LogRecord.SnapshotMarkBytes));
            _open.Notes.Add(BatchNote.OfSnapshotMark(state, state.QueuedMark));
        }

        LogRecord.WriteImpaired(shard, isImpaired, Add(LogRecord.ImpairedBytes));
        _open.Notes.Add(BatchNote.OfImpaired(state, isImpaired));
    }

    /// <summary>Puts entries into their places and leaves all others alone. Gaps may stay.</summary>
    public void Put(uint shard, LogRange entries, LogBuffer log) =>
        AppendEntries(LogRecordType.Put, LogOf(shard), entries, log);

    /// <summary>Gives what stands in a range of places another stamp, without writing it again.</summary>
    public void Restamp(uint shard, LogIndex from, LogIndex to, Stamp stamp)
    {
        Invariant.Check(from <= to, "a range to restamp is not empty");
        LogRecord.WriteRestamp(shard, from, to, stamp, Add(LogRecord.RestampBytes));
        _open.Notes.Add(BatchNote.OfEntries(LogOf(shard), to));
    }
}
