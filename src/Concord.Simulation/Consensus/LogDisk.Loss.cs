using Concord.Consensus;

namespace Concord.Simulation.Consensus;

/// <content>Losing what was synced: what no protocol can undo and a good one contains.</content>
internal sealed partial class LogDisk
{
    private readonly List<LogPath> _lost = [];
    private ulong _regressedFrom;

    /// <summary>The host found out that something is missing, and remembers it until the replica has made up for
    /// it.</summary>
    public bool IsImpaired { get; set; }

    /// <summary>Something is missing at the end, and the host cannot see it.</summary>
    public bool HasRegressed => Log.Last < _regressedFrom;

    /// <summary>Nothing is left, not even the name: whoever starts here is a new node.</summary>
    public bool IsWiped { get; private set; }

    /// <summary>What it held before each loss.</summary>
    public IReadOnlyList<LogPath> Lost => _lost;

    /// <summary>Whether the entry lay here when a loss happened: what was said about it before was true then.</summary>
    public bool HasLost(LogEntry entry)
    {
        foreach (LogPath path in _lost)
        {
            if (path.Holds(entry))
            {
                return true;
            }
        }

        return false;
    }

    public void Lose(DiskLoss loss)
    {
        RememberLoss();
        IsImpaired = true;
        switch (loss)
        {
            case DiskLoss.TornRecord:
                TruncateBehindSnapshot(Log.Last);
                break;
            case DiskLoss.BitFlip:
                TruncateBehindSnapshot(Log.Last - (ulong)random.Next((int)Math.Min(Log.Last, 12) + 1) + 1);
                break;
            case DiskLoss.Vote:
                // A vote, or where nobody votes the promise.
                HardState = HardState.VotedFor.IsNone ? default : HardState with { VotedFor = NodeId.None };
                break;
            case DiskLoss.HardState:
                HardState = default;
                break;
            case DiskLoss.WholeLog:
                HardState = default;
                TruncateBehindSnapshot(0);
                break;
        }
    }

    /// <summary>The entries from <paramref name="index"/> on are gone as if they had never been written.</summary>
    public void Regress(ulong index)
    {
        RememberLoss();
        _regressedFrom = Log.Last;
        TruncateBehindSnapshot(index);
    }

    public void Wipe()
    {
        RememberLoss();
        IsWiped = true;
        HardState = default;
        Snapshot = null;
        Log.TruncateFrom(1);
    }

    private void RememberLoss()
    {
        LogPath path = new();
        path.CopyFrom(Log);
        _lost.Add(path);
    }

    private void TruncateBehindSnapshot(ulong index) => Log.TruncateFrom(Math.Max(index, SnapshotIndex + 1));
}
