namespace Concord;

/// <summary>
/// An election: at most one candidate leads, the others stand in line. What it is not: a promise that nobody else
/// <em>runs</em>. A paused leader may still believe that it leads; only its writes are refused, where they carry the
/// fence of its leadership.
/// </summary>
public interface IConcordElection
{
    /// <summary>The name it was got by.</summary>
    string Name { get; }

    /// <summary>Stands for election and returns when this candidate leads. Giving the leadership back is to
    /// resign.</summary>
    /// <param name="cancellationToken">Withdraws the candidacy. A leadership that crosses the cancellation is given
    /// back.</param>
    /// <exception cref="SessionExpiredException">The session was lost while it stood in line; call again.</exception>
    /// <exception cref="OutcomeUnknownException">Sent, not answered in time. What it may have won is given back in the
    /// background.</exception>
    /// <exception cref="EngineUnavailableException">Not sent; nothing happened.</exception>
    /// <exception cref="EngineOverloadedException">Refused; nothing happened.</exception>
    ValueTask<ILeadership> CampaignAsync(CancellationToken cancellationToken = default);

    /// <summary>Who leads, as of some moment during the call; null for nobody.</summary>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="EngineUnavailableException">No leader, no quorum, no connection within the operation
    /// timeout.</exception>
    ValueTask<LeaderInfo?> GetLeaderAsync(CancellationToken cancellationToken = default);

    /// <summary>Who leads now, and again after each change: null for nobody. A reader that is slow may miss changes in
    /// between, never the last one, and never sees an older term after a newer one.</summary>
    /// <param name="cancellationToken">Ends the watch.</param>
    IAsyncEnumerable<LeaderInfo?> WatchAsync(CancellationToken cancellationToken = default);
}

/// <summary>A leadership that is held. Its fencing token is its term.</summary>
public interface ILeadership : IHold;

/// <summary>A leader.</summary>
/// <param name="SessionId">Its session.</param>
/// <param name="ProcessName">Its <c>ConcordOptions.ProcessName</c>, for people.</param>
/// <param name="Term">The fencing token of its leadership.</param>
public sealed record LeaderInfo(string SessionId, string ProcessName, FencingToken Term);

/// <summary>
/// What one process of many does while it leads; registered with <c>AddLeaderWorker</c>. A new instance in a new scope
/// for each term. A paused one may still run while another has begun: hand the fence of its leadership to what it
/// writes.
/// </summary>
public interface ILeaderWorker
{
    /// <summary>Runs for a term.</summary>
    /// <param name="leadership">The leadership: its fence goes into every write.</param>
    /// <param name="cancellationToken">Cancelled before the leadership can pass to another, and when the host stops.
    /// Return soon then.</param>
    /// <returns>Returning early resigns; an exception resigns too, and this process stands again after a
    /// while.</returns>
    Task RunAsync(ILeadership leadership, CancellationToken cancellationToken);
}
