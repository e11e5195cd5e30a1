namespace Concord.Simulation.Consensus;

internal enum CoreEventKind
{
    Tick,
    Deliver,
    SyncDone,
    Drain,
    Request,
    SnapshotRequest,
    SnapshotArrives,
    Alive,
    TellAlive,
    Operate,
    SnapshotDurable,
    Restart,
    Reply,
    ClientWake,
    ClientTimeout,
    Strike,
    StrikeEnds,
    Aftershock,
    Errand,
    Heal,
}

/// <summary>Something that will happen.</summary>
/// <param name="Kind">What.</param>
/// <param name="Place">To which replica, or client.</param>
/// <param name="Number">The incarnation or the attempt that it belongs to: what has ended meanwhile ignores it.</param>
/// <param name="Subject">What comes with it.</param>
internal readonly record struct CoreEvent(CoreEventKind Kind, int Place, long Number = 0, object? Subject = null)
{
    /// <summary>Whether a replica must be running, not paused, for it to happen.</summary>
    public bool IsForReplica => Kind <= CoreEventKind.SnapshotDurable;
}
