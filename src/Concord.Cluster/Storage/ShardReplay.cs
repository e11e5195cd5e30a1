using Concord.Consensus;
using Concord.Encoding;

namespace Concord.Cluster.Storage;

/// <summary>What the records say of one shard. The last word at a place counts.</summary>
/// <remarks>
/// Where something could not be read ("lost"), what comes behind it says nothing about what was before: entries there
/// may have been overwritten by what is lost. The log is then frozen at what is known, until a record proves how it
/// goes on. What a frozen log holds is what the replica once held: less than it had, never something else.
/// </remarks>
internal sealed class ShardReplay(uint shard)
{
    private HardState _hardState;
    private SnapshotMark _mark;
    private Stamp _stampAtMark;
    private bool _markMet;
    private LogBuffer? _log;
    private PositionReplay? _positions;
    private int _resumesSeen;
    private int _resumesMet;
    private int _voidThrough;
    private bool _lost;
    private bool _frozen;
    private bool _impaired;

    public uint Shard { get; } = shard;

    /// <summary>Something that the replica promised may be lost, and it was not repaired since.</summary>
    public bool Impaired => _frozen || _impaired;

    /// <summary>
    /// The entries behind the newest mark, which is known when the second reading starts. Until the reading meets that
    /// mark, its stamp says nothing about them: they may be what the mark's snapshot replaced.
    /// </summary>
    private LogBuffer Log => _log ??= new(_mark.Index, Stamp.None);

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

        if (_resumesMet == _voidThrough)
        {
            (_log, _positions, _markMet, _stampAtMark) = (null, null, false, Stamp.None);
        }

        if (extent.Last <= _mark.Index)
        {
            TruncateLog(Log.First);
            _stampAtMark = extent.Last == _mark.Index ? extent.LastStamp : Stamp.None;
            _frozen = false;
        }
        else if (_positions is not null)
        {
            _positions.RemoveFrom(extent.Last + 1);
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
            _positions?.RemoveFrom(LogIndex.Zero);
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
        _positions?.RemoveFrom(from);
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
            else if (_positions is not null)
            {
                _positions.Put(index, stamp, kind, payload);
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
                Positions().Put(index, stamp, kind, payload);
            }
        }
    }

    public void Restamp(LogIndex from, LogIndex to, Stamp stamp)
    {
        SawStamp(stamp);
        if (!IsVoid)
        {
            Positions().Restamp(from, to, stamp);
        }
    }

    public RecoveredShard ToRecovered()
    {
        if (_positions is null)
        {
            return new(Shard, _hardState, _mark.Index, _mark.Stamp, Log) { Impaired = Impaired };
        }

        LogBuffer log = _positions.ToLog(_mark, out IReadOnlyList<RecoveredEntry> beyond);
        return new(Shard, _hardState, _mark.Index, _mark.Stamp, log) { Impaired = Impaired, Beyond = beyond };
    }

    private PositionReplay Positions() => _positions ??= PositionReplay.From(Log);

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
