using Concord.Consensus;
using Concord.Encoding;

namespace Concord.Cluster.Storage;

/// <summary>What the records say of one shard. The last word at a place counts.</summary>
/// <remarks>
/// Where something could not be read ("lost"), what comes behind it says nothing about what was before: entries there
/// may have been overwritten by what is lost. The log is then frozen at what is known, until a record proves how it
/// goes on. What a frozen log holds is what the replica once held: less than it had, never something else. In
/// Multi-Paxos that holds of each place by itself.
/// </remarks>
internal sealed class ShardReplay(uint shard)
{
    private HardState _hardState;
    private SnapshotMark _mark;
    private Stamp _stampAtMark;
    private bool _markMet;
    private LogBuffer? _log;
    private PlaceReplay? _places;
    private LogIndex _commit;
    private int _resumesSeen;
    private int _resumesMet;
    private int _voidThrough;
    private bool _lost;
    private bool _frozen;
    private bool _impaired;

    public uint Shard { get; } = shard;

    /// <summary>Something that the replica promised may be lost, and it was not repaired since.</summary>
    public bool Impaired => _frozen || _impaired;

    public LogForm Form { get; private set; }

    /// <summary>
    /// The entries behind the newest mark, which is known when the second reading starts. Until the reading meets that
    /// mark, its stamp says nothing about them: they may be what the mark's snapshot replaced.
    /// </summary>
    private LogBuffer Log => _log ??= new(_mark.Index, Stamp.None);

    private PlaceReplay Places => _places ??= new(_mark);

    /// <summary>What is read now is void: a start went on without it.</summary>
    private bool IsVoid => _resumesMet < _voidThrough;

    public void SawHardState(HardState hardState)
    {
        // A segment's head repeats older ones.
        if (hardState.Stamp >= _hardState.Stamp)
        {
            _hardState = hardState;
        }
    }

    /// <summary>The two protocols mean different things by the same places: their records never mix.</summary>
    public void TakeForm(LogForm form)
    {
        if (Form != LogForm.Unknown && Form != form)
        {
            throw new MalformedDataException($"Shard {Shard} has records of two protocols.");
        }

        Form = form;
    }

    /// <summary>The second reading: what is known here is committed. Behind a loss it says that of what was lost, and
    /// what stands there instead may be what it replaced.</summary>
    public void MeetCommit(LogIndex commit)
    {
        if (!IsVoid && !_frozen)
        {
            _commit = LogIndex.Max(_commit, commit);
        }
    }

    public void SawMark(SnapshotMark mark)
    {
        if (mark.Index > _mark.Index)
        {
            _mark = mark;
        }
    }

    /// <summary>The first reading meets a start that found the shard impaired.</summary>
    public void SawResume(in LogExtent extent)
    {
        _resumesSeen++;
        if (extent.Base.Index < _mark.Index)
        {
            // Its snapshot was gone, and the marks before this with it.
            _mark = extent.Base;
            _voidThrough = _resumesSeen;
        }
    }

    /// <summary>The second reading: here something could not be read.</summary>
    public void Lost()
    {
        _lost = true;
        _impaired = true;
        if (!IsVoid)
        {
            Freeze();
        }
    }

    public void SawImpaired(bool impaired) => _impaired = impaired;

    /// <summary>The second reading meets a start that went on with what it could read.</summary>
    public void MeetResume(in LogExtent extent)
    {
        _resumesMet++;
        SawStamp(extent.LastStamp);
        _lost = true;
        if (IsVoid)
        {
            return;
        }

        _commit = LogIndex.Zero;
        if (_resumesMet == _voidThrough)
        {
            (_log, _places, _markMet, _stampAtMark) = (null, null, false, Stamp.None);
        }

        if (extent.Last <= _mark.Index)
        {
            TruncateLog(Log.First);
            _places = null;
            _stampAtMark = extent.Last == _mark.Index ? extent.LastStamp : Stamp.None;
            _frozen = false;
        }
        else if (Log.Covers(extent.Last) && Log.StampAt(extent.Last) == extent.LastStamp)
        {
            TruncateLog(extent.Last + 1);
            _frozen = false;
        }
        else
        {
            Freeze();
        }
    }

    /// <summary>The second reading meets a mark, again perhaps: heads repeat them.</summary>
    public void MeetMark(SnapshotMark mark, bool restart)
    {
        SawStamp(mark.Stamp);
        if (IsVoid)
        {
            return;
        }

        if (restart)
        {
            _stampAtMark = Stamp.None;
            TruncateLog(Log.First);
            _frozen = false;
        }

        if (mark.Index == _mark.Index && mark.Index != LogIndex.Zero && !_markMet)
        {
            // What was written before a snapshot that contradicts it is void. A snapshot of another node says so
            // itself; but if the entries that contradict it were still to be truncated on disk, only the stamps tell.
            bool contradicts = ContradictsMark();
            LogBuffer before = Log;
            _log = new(mark.Index, mark.Stamp);
            _markMet = true;
            for (LogIndex at = before.First; at <= before.Last && !contradicts; at++)
            {
                _log.Append(before.StampAt(at), before.KindAt(at), before.PayloadAt(at));
            }

            _frozen |= contradicts && _lost;
        }
    }

    public void Truncate(LogIndex from)
    {
        if (IsVoid)
        {
            return;
        }

        if (from <= _mark.Index)
        {
            _stampAtMark = Stamp.None;
        }

        TruncateLog(LogIndex.Max(from, Log.First));
    }

    public void Append(LogIndex first, EntryReader entries)
    {
        LogIndex index = first;
        for (; entries.TryRead(out Stamp stamp, out EntryKind kind, out ReadOnlySpan<byte> payload); index++)
        {
            SawStamp(stamp);
            if (IsVoid)
            {
                continue;
            }

            if (index <= _mark.Index)
            {
                _stampAtMark = index == _mark.Index ? stamp : _stampAtMark;
            }
            else if (!_frozen || TryThaw(index, stamp))
            {
                Put(index, stamp, kind, payload);
            }
        }
    }

    /// <summary>Entries that take their places and leave the others alone.</summary>
    public void PutAlone(LogIndex first, EntryReader entries)
    {
        LogIndex index = first;
        for (; entries.TryRead(out Stamp stamp, out EntryKind kind, out ReadOnlySpan<byte> payload); index++)
        {
            SawStamp(stamp);
            if (!IsVoid && index > _mark.Index)
            {
                Places.Put(index, stamp, entries.Origin, kind, payload);
            }
        }
    }

    public void Restamp(LogIndex from, LogIndex to, Stamp stamp)
    {
        SawStamp(stamp);
        if (!IsVoid)
        {
            Places.Restamp(from, to, stamp);
        }
    }

    public RecoveredShard ToRecovered() => new(
        Shard,
        _hardState with { Commit = LogIndex.Min(_commit, HeldThrough()) },
        _mark.Index,
        _mark.Stamp,
        Form == LogForm.Places ? Places.Log : Log)
    {
        Impaired = Impaired,
        Form = Form,
    };

    /// <summary>What is committed and lost comes again, and until then something else may stand in its place.</summary>
    private LogIndex HeldThrough()
    {
        LogIndex held = _mark.Index;
        while (_places is not null && held < _commit && _places.Log.Has(held + 1))
        {
            held += 1;
        }

        return held;
    }

    private void TruncateLog(LogIndex from)
    {
        if (from <= Log.Last)
        {
            Log.TruncateFrom(from);
        }
    }

    private bool ContradictsMark() =>
        (_stampAtMark != Stamp.None && _stampAtMark != _mark.Stamp)
        || (Log.Count > 0 && Log.StampAt(Log.First) < _mark.Stamp);

    private void Freeze()
    {
        // Judged now: what comes later says nothing about what is here.
        if (_stampAtMark != Stamp.None && _stampAtMark != _mark.Stamp)
        {
            TruncateLog(Log.First);
        }

        _stampAtMark = Stamp.None;
        _places?.Lost();
        _frozen = true;
    }

    /// <summary>
    /// An entry whose predecessor has the same stamp: one leader wrote both, and a leader never overwrites what it has
    /// (Raft figure 3, "leader append-only"). So what stands before it here is what stood before it then.
    /// </summary>
    private bool TryThaw(LogIndex index, Stamp stamp)
    {
        LogIndex before = index - 1;
        bool joins = before == _mark.Index
            ? _mark.Stamp == stamp
            : before > Log.Base && before <= Log.Last && Log.StampAt(before) == stamp;
        if (joins)
        {
            TruncateLog(index);
            _frozen = false;
        }

        return joins;
    }

    private void Put(LogIndex index, Stamp stamp, EntryKind kind, ReadOnlySpan<byte> payload)
    {
        if (index > Log.Last + 1)
        {
            if (_lost || _resumesSeen > 0)
            {
                // An earlier start has gone on without what is missing here, and says so behind it.
                Freeze();
                return;
            }

            throw new MalformedDataException($"Entry {index} of shard {Shard} comes after {Log.Last}.");
        }

        if (index <= Log.Last)
        {
            if (Log.StampAt(index) == stamp)
            {
                return; // the same entry once more (Raft figure 3, "log matching")
            }

            Log.TruncateFrom(index);
        }

        if (stamp < Log.LastStamp)
        {
            throw new MalformedDataException(
                $"Entry {index} of shard {Shard} has stamp {stamp}, older than {Log.LastStamp} before it.");
        }

        Log.Append(stamp, kind, payload);
    }

    private void SawStamp(Stamp stamp)
    {
        // An entry implies its term (pitfall: term and entries written in another order).
        if (stamp > _hardState.Stamp)
        {
            _hardState = new(stamp, NodeId.None);
        }
    }
}
