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
    Restart,
    Reply,
    ClientWake,
    ClientTimeout,
    Strike,
    StrikeEnds,
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
    public bool IsForReplica => Kind <= CoreEventKind.SnapshotArrives;
}

/// <summary>A client's request on its way to a replica.</summary>
internal sealed record Request(int Client, long Attempt, RegisterCommand Command);

/// <summary>A replica's answer on its way to a client.</summary>
/// <param name="Attempt">Which of the client's attempts it answers.</param>
/// <param name="IsDone">Whether it was done; if not, it has to be tried elsewhere.</param>
/// <param name="Answer">The result.</param>
/// <param name="Index">The place in the log at which it took effect, or whose state was read.</param>
/// <param name="LeaderHint">Where to try, or -1.</param>
internal sealed record Reply(long Attempt, bool IsDone, ulong Answer, ulong Index, int LeaderHint);
