using Concord.Consensus;

namespace Concord.Cluster.Storage;

/// <content>What an impaired shard writes.</content>
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
        bool again = state.Form == LogForm.Places;

        // The last stamp names all that stands before it only where each entry rests on the one before. Of places that
        // stand for themselves none is taken over: all are put once more.
        var origin = new SnapshotMark(log.Base, log.BaseStamp);
        LogExtent extent = again ? new(origin, origin.Index, origin.Stamp) : LogExtent.Of(log);
        LogRecord.WriteResume(shard, extent, Add(LogRecord.ResumeBytes));
        LogRecord.WriteImpaired(shard, impaired: true, Add(LogRecord.ImpairedBytes));
        _open.Notes.Add(BatchNote.OfImpaired(state, impaired: true));
        state.MustResume = false;
        if (again)
        {
            PutRuns(state, new(log.First, log.Count), log);
            AddCommit(state);
        }
    }

    /// <summary>
    /// The replica has caught up with what it may have forgotten: a later start that meets the damage again knows that
    /// this shard is in order. Or the replica has found that it is not.
    /// </summary>
    public void MarkImpaired(uint shard, bool isImpaired)
    {
        ShardLog state = LogOf(shard);
        Invariant.Check(!state.MustResume, "an impaired log is resumed before it is repaired");
        AddHardState(state);
        AddCommit(state);
        if (state.QueuedMark.Index > LogIndex.Zero)
        {
            LogRecord.WriteSnapshotMark(shard, state.QueuedMark, restart: false, Add(LogRecord.SnapshotMarkBytes));
            _open.Notes.Add(BatchNote.OfSnapshotMark(state, state.QueuedMark));
        }

        LogRecord.WriteImpaired(shard, isImpaired, Add(LogRecord.ImpairedBytes));
        _open.Notes.Add(BatchNote.OfImpaired(state, isImpaired));
    }
}
