using Concord.Consensus;
using Concord.Engines;

namespace Concord.Cluster.Node;

/// <summary>What happens in a node, for its log, its metrics and the simulator's eyes. Must not change
/// anything.</summary>
internal interface INodeEvents
{
    void LeadershipWon(uint shard, Stamp term);

    void LeadershipLost(uint shard, Stamp term);

    /// <summary>A command was applied, blocked or refused; the spans are valid during the call.</summary>
    void Applied(Shard shard, LogIndex index, in Command command, in Execution execution);

    /// <summary>A session is ended, because no sign of it came for longer than it lives.</summary>
    void SessionExpired(uint shard, SessionId session);

    void SnapshotTaken(uint shard, LogIndex index);

    void SnapshotInstalled(uint shard, LogIndex index);

    /// <summary>The disk is full and writes are refused, or there is room again.</summary>
    void ReadOnlyChanged(bool isReadOnly, long bytesNeeded);

    /// <summary>Something came in that could not be understood; the connection is closed.</summary>
    void ConnectionRefused(string reason);
}
