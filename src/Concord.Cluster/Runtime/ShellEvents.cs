using Concord.Cluster.Node;
using Concord.Consensus;
using Concord.Engines;
using Microsoft.Extensions.Logging;

namespace Concord.Cluster.Runtime;

/// <summary>Tells the application's log what happens in the node: changes of role and of state, not every
/// entry.</summary>
internal sealed class ShellEvents(ILogger logger) : INodeEvents
{
    public void LeadershipWon(uint shard, Stamp term) => ShellLog.LeadershipWon(logger, shard, term);

    public void LeadershipLost(uint shard, Stamp term) => ShellLog.LeadershipLost(logger, shard, term);

    public void Applied(Shard shard, LogIndex index, in Command command, in Execution execution)
    {
        // Every entry: too many for a log.
    }

    public void SessionExpired(uint shard, SessionId session) => ShellLog.SessionExpired(logger, shard, session.Value);

    public void SnapshotTaken(uint shard, LogIndex index) => ShellLog.SnapshotTaken(logger, shard, index.Value);

    public void SnapshotInstalled(uint shard, LogIndex index) => ShellLog.SnapshotInstalled(logger, shard, index.Value);

    public void ReadOnlyChanged(bool isReadOnly, long bytesNeeded)
    {
        if (isReadOnly)
        {
            ShellLog.DiskFull(logger, bytesNeeded);
        }
        else
        {
            ShellLog.DiskHasRoom(logger);
        }
    }

    public void ConnectionRefused(string reason) => ShellLog.Refused(logger, reason);
}
