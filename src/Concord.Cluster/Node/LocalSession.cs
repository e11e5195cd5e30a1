using Concord.Engines;

namespace Concord.Cluster.Node;

/// <summary>
/// The session of a client in this process, for which the node gives signs of life. Its stamps are by the client's
/// clock, which runs as the node's does: what the client said, and how long ago that is, gives a moment that is surely
/// not later than now.
/// </summary>
internal sealed class LocalSession(SessionId session, TimeSpan timeToLive)
{
    private TimeSpan _offset = TimeSpan.MinValue;

    public SessionId Session { get; } = session;

    public TimeSpan TimeToLive { get; } = timeToLive;

    /// <summary>When a confirmation is asked for next.</summary>
    public TimeSpan ConfirmationDue { get; set; }

    /// <summary>The client said that it was <paramref name="stamp"/> by its clock, before it was
    /// <paramref name="now"/> by ours.</summary>
    public void Hear(TimeSpan stamp, TimeSpan now)
    {
        TimeSpan offset = stamp - now;
        _offset = offset > _offset ? offset : _offset;
    }

    /// <summary>By the client's clock, and not later than it is there.</summary>
    public TimeSpan StampAt(TimeSpan now) => now + _offset;
}
