using Concord.Consensus;
using Concord.Simulation.Models;

namespace Concord.Simulation.Consensus;

/// <content>Every step that a replica takes is one that the model allows, which was explored in full. A value is known
/// by the ballot that first proposed it in its place.</content>
internal sealed partial class PaxosRules
{
    private readonly Dictionary<(Stamp Ballot, int Acceptor), ToldPromise> _told = [];
    private readonly Dictionary<Stamp, ToldPromise[]> _counted = [];

    private static AcceptedValue ValueOf(LogEntry? entry) =>
        entry is null ? AcceptedValue.None : new(entry.Stamp.Value, entry.Origin.Value);

    private static void CheckModel(SimReplica replica, ReplicaGhost ghost, LogEntry? before, LogEntry entry,
        LogEntry? chosen)
    {
        string? broken = AcceptorModel.BrokenBy(
            ghost.ModelPromise.Value, ghost.Stamp.Value, ValueOf(before), ValueOf(entry), chosen?.Origin.Value ?? 0);
        Check(
            broken is null,
            "model-acceptor", replica,
            $"takes a step that the model does not allow ({broken}): {before} to {entry}, promised "
                + $"{ghost.ModelPromise}, "
            + $"then {ghost.Stamp}");
    }

    /// <summary>A piece of a promise leaves.</summary>
    private void Tell(SimReplica replica, ReplicaGhost ghost, in Message message)
    {
        (Stamp, int) key = (message.Stamp, replica.Place);
        if (!_told.TryGetValue(key, out ToldPromise? told))
        {
            told = new(message.Index.Value);
            _told.Add(key, told);
        }

        for (int i = 1; i <= message.Entries.Count; i++)
        {
            ulong index = message.Index.Value + (ulong)i;
            if (ghost.Log.At(index) is { } entry && entry.Stamp < message.Stamp)
            {
                told.Accepted.TryAdd(index, ValueOf(entry));
            }
        }
    }

    /// <summary>A promise may be counted from when it has come.</summary>
    private void Hear(in Message message)
    {
        bool isWhole = message.Index.Value + (ulong)message.Entries.Count >= message.Hint.Value;
        if (isWhole && _told.TryGetValue((message.Stamp, message.From.Value - 1), out ToldPromise? told))
        {
            told.IsHeard = true;
        }
    }

    /// <summary>Who leads has counted what it has heard by now, and its own.</summary>
    private void CountPromises(SimReplica replica, ReplicaGhost ghost, Stamp stamp)
    {
        ToldPromise own = new(ghost.Commit) { IsHeard = true };
        for (ulong index = ghost.Commit + 1; index <= ghost.Log.Last; index++)
        {
            if (ghost.Log.At(index) is { } entry && entry.Stamp < stamp)
            {
                own.Accepted.TryAdd(index, ValueOf(entry));
            }
        }

        _told[(stamp, replica.Place)] = own;
        _counted.Add(stamp, Heard(stamp));
    }

    private ToldPromise[] Heard(Stamp stamp)
    {
        var heard = new ToldPromise[_ghosts.Length];
        for (int i = 0; i < heard.Length; i++)
        {
            heard[i] = _told.TryGetValue((stamp, i), out ToldPromise? told) && told.IsHeard ? told : null!;
        }

        return heard;
    }

    private void CheckProposal(SimReplica replica, Reign reign, LogEntry entry, Membership governing)
    {
        // Those that come late may be counted too; they must be, where others vote since.
        string? broken = BrokenBy(_counted[reign.Stamp], reign, entry, governing);
        broken = broken is null ? null : BrokenBy(Heard(reign.Stamp), reign, entry, governing);
        bool isAllowed = broken is null
            || (broken is ProposerModel.NotTheHighest or ProposerModel.HoleNotEmpty && IsToldBeside(reign, entry));
        Check(
            isAllowed,
            "model-proposer", replica, $"proposes what the model does not allow ({broken}): {entry} under "
                + $"{reign.Stamp}");
    }

    /// <summary>The value of somebody of whose promise only a piece has come, accepted under a higher ballot than any
    /// that the quorum knows of. None of them has accepted anything under that ballot or between it and this one, nor
    /// will: so nothing else was chosen there, and it is as good.</summary>
    private bool IsToldBeside(Reign reign, LogEntry entry)
    {
        AcceptedValue beside = AcceptedValue.None;
        AcceptedValue highest = AcceptedValue.None;
        for (int i = 0; i < _ghosts.Length; i++)
        {
            if (_told.TryGetValue((reign.Stamp, i), out ToldPromise? told)
                && told.Accepted.TryGetValue(entry.Index, out AcceptedValue value))
            {
                bool isCounted = _counted[reign.Stamp][i] is not null;
                highest = isCounted && value.Stamp > highest.Stamp ? value : highest;
                beside = !isCounted && value.Value == entry.Origin.Value && value.Stamp > beside.Stamp ? value : beside;
            }
        }

        return beside.Stamp > highest.Stamp;
    }

    private static string? BrokenBy(ToldPromise[] told, Reign reign, LogEntry entry, Membership governing)
    {
        var reports = new List<PromiseReport>();
        ulong acceptors = 0;
        for (int i = 0; i < told.Length; i++)
        {
            if (told[i] is { } promise)
            {
                acceptors |= Electorate.BitOf(i);
                reports.Add(new(i, reign.Stamp.Value, promise.Behind + 1, promise.Behind, promise.Accepted));
            }
        }

        return ProposerModel.BrokenBy(
            reign.Stamp.Value, reports, Electorate.Elects(governing, acceptors), entry.Index, entry.Origin.Value,
            entry.Kind == EntryKind.NoOp);
    }

    private sealed class ToldPromise(ulong behind)
    {
        public ulong Behind { get; } = behind;

        public bool IsHeard { get; set; }

        public Dictionary<ulong, AcceptedValue> Accepted { get; } = [];
    }
}
