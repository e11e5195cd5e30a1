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
    private readonly List<Stamp> _stamps = [];
    private ReplicaStatus _status;
    private ulong _applied;
    private bool _isUp;

    public void Observe(IReplicatedLog core, ulong applied, long now)
    {
        ReplicaStatus status = core.Status;
        if (_isUp && status == _status && applied == _applied)
        {
            return;
        }

        FollowLog(core.Log, now);
        (_status, _applied, _isUp) = (status, applied, true);
        _states.Add(
            now, RoleOf(status.Role), (long)status.Stamp.Term, status.Leader.Value, (long)status.LastIndex.Value,
            (long)status.DurableIndex.Value, (long)status.CommitIndex.Value, (long)applied);
    }

    /// <summary>The replica is gone; what its disk holds shows when it starts again.</summary>
    public void Down(long now)
    {
        if (_isUp)
        {
            _isUp = false;
            ulong last = (ulong)_stamps.Count;
            _states.Add(now, 0, (long)_status.Stamp.Term, 0, (long)last, (long)_status.DurableIndex.Value, 0, 0);
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

    /// <summary>Finds how far the log is what it was: places with equal stamps hold equal entries, and so does all
    /// before them (Raft section 5.3).</summary>
    private void FollowLog(LogBuffer log, long now)
    {
        ulong equal = Math.Min((ulong)_stamps.Count, log.Last.Value);
        while (equal > log.Base.Value && _stamps[(int)equal - 1] != log.StampAt(new(equal)))
        {
            equal--;
        }

        if (equal == (ulong)_stamps.Count && equal == log.Last.Value)
        {
            return;
        }

        _stamps.RemoveRange((int)equal, _stamps.Count - (int)equal);
        for (ulong index = equal + 1; index <= log.Last.Value; index++)
        {
            // What a snapshot has replaced has no entry here any more; only the last place of it keeps its stamp.
            bool isHeld = index > log.Base.Value;
            Stamp stamp = index >= log.Base.Value ? log.StampAt(new(index)) : Stamp.None;
            _stamps.Add(stamp);
            _ids.Add(isHeld ? entries.Find(group, new(index), log) : 0);
        }

        _logs.Add(now, (long)equal + 1, (long)(log.Last.Value - equal));
    }
}
