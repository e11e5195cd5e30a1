namespace Concord;

/// <summary>What this process holds, it holds through its session; one heartbeat for all of it.</summary>
public interface IConcordSession
{
    /// <summary>Names it; never used again.</summary>
    string Id { get; }

    /// <summary>How it stands, by the local clock.</summary>
    SessionState State { get; }

    /// <summary>
    /// Cancelled by the local clock, before the engine may give anything to another; needs neither the network nor a
    /// thread of the pool. Callbacks run on the pool.
    /// </summary>
    CancellationToken Lost { get; }
}

/// <summary>How a session stands.</summary>
public enum SessionState
{
    /// <summary>The engine has not confirmed it yet.</summary>
    Connecting = 0,

    /// <summary>Confirmed a short time ago.</summary>
    Healthy = 1,

    /// <summary>Two thirds of its time are over without a confirmation.</summary>
    Jeopardy = 2,

    /// <summary>Over: everything held through it may be with others. There is a new one.</summary>
    Lost = 3,
}
