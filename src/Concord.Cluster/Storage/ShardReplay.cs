using Concord.Consensus;
using Concord.Encoding;

namespace Concord.Cluster.Storage;

/// <summary>What the records say of one shard. The last word at a place counts.</summary>
internal sealed class ShardReplay(uint shard)
{
    private HardState _hardState;
    private SnapshotMark _mark;
    private Stamp _stampAtMark;
    private bool _markMet;
    private LogBuffer? _log;

    public uint Shard { get; } = shard;

    /// <summary>
    /// The entries behind the newest mark, which is known when the second reading starts. Until the reading meets that
    /// mark, its stamp says nothing about them: they may be what the mark's snapshot replaced.
    /// </summary>
    private LogBuffer Log => _log ??= new(_mark.Index, Stamp.None);

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

    /// <summary>The second reading meets a mark, again perhaps: heads repeat them.</summary>
    public void MeetMark(SnapshotMark mark, bool restart)
    {
        SawStamp(mark.Stamp);
        if (restart)
        {
            _stampAtMark = Stamp.None;
            Log.TruncateFrom(Log.First);
        }

        if (mark.Index != _mark.Index || mark.Index == LogIndex.Zero || _markMet)
        {
            return;
        }

        // What was written before a snapshot that contradicts it is void. A snapshot of another node says so itself;
        // but if the entries that contradict it were still to be truncated on disk, only the stamps tell.
        bool contradicts = (_stampAtMark != Stamp.None && _stampAtMark != mark.Stamp)
            || (Log.Count > 0 && Log.StampAt(Log.First) < mark.Stamp);
        LogBuffer before = Log;
        _log = new(mark.Index, mark.Stamp);
        _markMet = true;
        for (LogIndex at = before.First; at <= before.Last && !contradicts; at++)
        {
            _log.Append(before.StampAt(at), before.KindAt(at), before.PayloadAt(at));
        }
    }

    public void Truncate(LogIndex from)
    {
        if (from <= _mark.Index)
        {
            _stampAtMark = Stamp.None;
        }

        Log.TruncateFrom(LogIndex.Max(from, Log.First));
    }

    public void Append(LogIndex first, EntryReader entries)
    {
        LogIndex index = first;
        for (; entries.TryRead(out Stamp stamp, out EntryKind kind, out ReadOnlySpan<byte> payload); index++)
        {
            SawStamp(stamp);
            if (index <= _mark.Index)
            {
                _stampAtMark = index == _mark.Index ? stamp : _stampAtMark;
                continue;
            }

            Put(index, stamp, kind, payload);
        }
    }

    public RecoveredShard ToRecovered() => new(Shard, _hardState, _mark.Index, _mark.Stamp, Log);

    private void Put(LogIndex index, Stamp stamp, EntryKind kind, ReadOnlySpan<byte> payload)
    {
        if (index > Log.Last + 1)
        {
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
