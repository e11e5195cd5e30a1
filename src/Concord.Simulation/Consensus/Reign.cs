using Concord.Consensus;

namespace Concord.Simulation.Consensus;

/// <summary>A leader and its term.</summary>
internal sealed class Reign(Stamp stamp, int leader, int replicas)
{
    public Stamp Stamp { get; } = stamp;

    public int Leader { get; } = leader;

    /// <summary>The leader's log: what it had when it was elected and what it has appended since.</summary>
    public LogPath Log { get; } = new();

    /// <summary>How far each replica has acknowledged this log to this leader.</summary>
    public ulong[] Acknowledged { get; } = new ulong[replicas];
}
