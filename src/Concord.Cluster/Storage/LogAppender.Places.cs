using Concord.Consensus;

namespace Concord.Cluster.Storage;

/// <content>What Multi-Paxos writes: each place for itself.</content>
internal sealed partial class LogAppender
{
    private void AppendPlaces(ShardLog state, in LogWrite write, LogBuffer log)
    {
        Invariant.Check(write.TruncateFrom is null, "what was accepted is never truncated");
        PutRuns(state, write.Entries, log);
        Restamp(state, write.Restamped, log);
        if (write.HardState is not null)
        {
            // Behind the entries: if the write ends halfway, what stands in a place may not be what was chosen.
            AddCommit(state);
        }
    }

    /// <summary>A record for each run of places that hold something.</summary>
    private void PutRuns(ShardLog state, LogRange range, LogBuffer log)
    {
        int run = 0;
        for (int i = 0; i <= range.Count; i++)
        {
            LogIndex at = range.First + (ulong)i;
            if (i < range.Count && log.Has(at))
            {
                run++;
            }
            else if (run > 0)
            {
                AppendEntries(LogRecordType.Put, state, new(at - (ulong)run, run), log);
                run = 0;
            }
        }
    }

    /// <summary>Gives what stands in a range of places another stamp, without writing it again.</summary>
    private void Restamp(ShardLog state, LogRange range, LogBuffer log)
    {
        if (range.IsEmpty || range.Last <= log.Base)
        {
            return;
        }

        LogIndex first = LogIndex.Max(range.First, log.First);
        Stamp stamp = log.StampAt(range.Last);
        for (LogIndex at = first; at <= range.Last; at++)
        {
            Invariant.Check(log.Has(at) && log.StampAt(at) == stamp, "what is stamped anew is there, under one stamp");
        }

        LogRecord.WriteRestamp(state.Shard, first, range.Last, stamp, Add(LogRecord.RestampBytes));
        _open.Notes.Add(BatchNote.OfEntries(state, range.Last));
    }

    private void AddHardState(ShardLog state)
    {
        LogRecord.WriteHardState(state.Shard, state.QueuedHardState, Add(LogRecord.HardStateBytes));
        _open.Notes.Add(BatchNote.OfHardState(state, state.QueuedHardState));
    }

    private void AddCommit(ShardLog state)
    {
        LogIndex commit = state.QueuedHardState.Commit;
        if (commit > LogIndex.Zero)
        {
            LogRecord.WriteCommit(state.Shard, commit, Add(LogRecord.CommitBytes));
            _open.Notes.Add(BatchNote.OfCommit(state, commit));
        }
    }

    private static void TakeForm(ShardLog state, LogForm form)
    {
        Invariant.Check(state.Form == LogForm.Unknown || state.Form == form, "a shard's log is of one protocol");
        state.Form = form;
    }
}
