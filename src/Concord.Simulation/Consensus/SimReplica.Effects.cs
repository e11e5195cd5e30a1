using Concord.Consensus;

namespace Concord.Simulation.Consensus;

/// <content>Doing what the outbox says.</content>
internal sealed partial class SimReplica
{
    private void DrainSoon()
    {
        if (_drainPending)
        {
            return;
        }

        if (_world.DrawsDeferral(this, out long delay))
        {
            _drainPending = true;
            _world.Schedule(delay, new(CoreEventKind.Drain, Place, _incarnation));
        }
        else
        {
            Drain();
        }
    }

    /// <summary>Does first what waits to be done.</summary>
    /// <returns>False when this replica fell over it.</returns>
    private bool Settle()
    {
        if (_drainPending)
        {
            Drain();
        }

        return IsUp;
    }

    private void Drain()
    {
        _drainPending = false;
        Core!.Drain(_outbox);
        _outbox.ReleaseThrough(_durableSequence);
        ReplicaStatus status = Core.Status;
        bool appended = _world.Rules.Drained(this, _outbox, status);
        NoteImpairment(status);
        if (_outbox.Write is { } write)
        {
            Disk.Submit(NewWrite(write));
            BeginSync();
        }

        int? sendsUntilCrash = DrawCrash(appended && status.Role == Role.Leader);
        int sends = sendsUntilCrash ?? _outbox.Sends.Count;
        for (int i = 0; i < sends; i++)
        {
            Send(_outbox.Sends[i]);
        }

        if (sendsUntilCrash is not null)
        {
            _world.Faults.Count(FaultKind.CrashAfterAppend);
            Crash();
            _world.Schedule(_random.Between(10_000, 400_000), new(CoreEventKind.Restart, Place));
            return;
        }

        ApplyThrough(_outbox.CommitIndex.Value);
        foreach (ReadResult read in _outbox.Reads)
        {
            OnReadResult(read);
        }

        AnswerReads();
        if (!_outbox.SnapshotWantedFrom.IsNone)
        {
            FetchSnapshot(_outbox.SnapshotWantedFrom);
        }

        _outbox.Clear();
    }

    /// <summary>How many messages leave before this replica falls; null when it does not.</summary>
    private int? DrawCrash(bool leaderAppended)
    {
        if (leaderAppended && CrashAfterSends is { } sends)
        {
            return Math.Min(sends, _outbox.Sends.Count);
        }

        return _random.Chance(_world.Profile.CrashInEffectsChance) ? _random.Next(_outbox.Sends.Count + 1) : null;
    }

    private DiskWrite NewWrite(in LogWrite write)
    {
        var entries = new List<LogEntry>(write.Entries.Count + write.Restamped.Count);
        Gather(write.Entries, entries);
        Gather(write.Restamped, entries);
        return new()
        {
            Sequence = write.Sequence,
            HardState = write.HardState,
            TruncateFrom = write.TruncateFrom?.Value,
            Entries = [.. entries],
            KeepsWhatFollows = write.KeepsWhatFollows,
        };
    }

    private void Gather(LogRange range, List<LogEntry> entries)
    {
        for (int i = 0; i < range.Count; i++)
        {
            if (_world.Rules.EntryOf(this, range.First.Value + (ulong)i) is { } entry)
            {
                entries.Add(entry);
            }
        }
    }

    private void Send(in Message message)
    {
        _world.Rules.Sent(this, message);
        byte[] bytes = new byte[MessageCodec.Measure(message, Core!.Log)];
        MessageCodec.Write(message, Core.Log, bytes);
        if (_world.Trace.KeepsText)
        {
            _world.Note($"{message} sent");
        }

        _world.Network.Send(Place, message.To.Value - 1, bytes, _world.Steps);
    }
}
