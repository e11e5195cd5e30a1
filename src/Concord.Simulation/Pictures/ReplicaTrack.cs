using System.Text.Json;
using Concord.Consensus;

namespace Concord.Simulation.Pictures;

/// <summary>One replica of one group through time: where it stood, and what was in its log. Only changes are
/// kept.</summary>
internal sealed class ReplicaTrack(int lane, int group, EntryTable entries)
{
    private readonly Columns _states = new("t", "role", "term", "leader", "last", "durable", "commit", "applied");
    private readonly Columns _logs = new("t", "from", "count");
    private readonly List<long> _ids = [];
    private readonly List<(Stamp Stamp, int Entry)> _log = [];
    private ReplicaStatus _status;
    private ulong _applied;
    private bool _isUp;

    public void Observe(IReplicatedLog core, ulong applied, long now)
    {
        ReplicaStatus status = core.Status;
        bool isOtherLog = FollowLog(core.Log, now);
        if (_isUp && !isOtherLog && status == _status && applied == _applied)
        {
            return;
        }

        (_status, _applied, _isUp) = (status, applied, true);
        _states.Add(
            now, RoleOf(status.Role), StampNumber.Of(status.Stamp), status.Leader.Value, (long)status.LastIndex.Value,
            (long)status.DurableIndex.Value, (long)status.CommitIndex.Value, (long)applied);
    }

    /// <summary>The replica is gone; what its disk holds shows when it starts again.</summary>
    public void Down(long now)
    {
        if (_isUp)
        {
            _isUp = false;
            long stamp = StampNumber.Of(_status.Stamp);
            _states.Add(now, 0, stamp, 0, _log.Count, (long)_status.DurableIndex.Value, 0, 0);
        }
    }

    public void Write(Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        writer.WriteNumber("lane", lane);
        writer.WriteNumber("group", group);
        writer.WriteStartObject("states");
        _states.Write(writer);
        writer.WriteEndObject();
        writer.WriteStartObject("logs");
        _logs.Write(writer);
        writer.WriteStartArray("entries");
        long before = 0;
        foreach (long id in _ids)
        {
            writer.WriteNumberValue(id - before);
            before = id;
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    /// <summary>The numbers stand in the page; 0 is down.</summary>
    private static int RoleOf(Role role) => role switch
    {
        Role.Leader => 3,
        Role.Candidate => 2,
        _ => 1,
    };

    /// <summary>Finds the first place that is not what it was; what follows is written down anew. In Multi-Paxos each
    /// place stands for itself: any that is not chosen yet may be filled, overwritten or accepted again.</summary>
    /// <returns>Whether there is one.</returns>
    private bool FollowLog(LogBuffer log, long now)
    {
        ulong last = log.Last.Value;
        ulong shared = Math.Min((ulong)_log.Count, last);

        // What it knew to be committed stays what it is as long as it lives; after a crash everything is looked at.
        ulong equal = Math.Min(shared, _isUp ? _status.CommitIndex.Value : 0);
        while (equal < shared && IsAsBefore(log, equal + 1))
        {
            equal++;
        }

        if (equal == (ulong)_log.Count && equal == last)
        {
            return false;
        }

        _log.RemoveRange((int)equal, _log.Count - (int)equal);
        for (ulong index = equal + 1; index <= last; index++)
        {
            // What a snapshot has replaced has no entry here any more.
            bool isHeld = index > log.Base.Value;
            Stamp stamp = isHeld ? log.StampAt(new(index)) : Stamp.None;
            int entry = isHeld ? entries.Find(group, new(index), log) : 0;
            _log.Add((stamp, entry));
            _ids.Add(entry);
        }

        _logs.Add(now, (long)equal + 1, (long)(last - equal));
        return true;
    }

    /// <summary>What a snapshot covers now is what was there if that was committed. If not, nobody here
    /// knows.</summary>
    private bool IsAsBefore(LogBuffer log, ulong index)
    {
        (Stamp stamp, int entry) = _log[(int)index - 1];
        return index > log.Base.Value
            ? entry != 0 && stamp == log.StampAt(new(index))
            : entry == 0 || index <= _status.CommitIndex.Value;
    }
}
