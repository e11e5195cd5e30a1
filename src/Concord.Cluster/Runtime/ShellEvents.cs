using Concord.Cluster.Node;
using Concord.Consensus;
using Concord.Engines;
using Concord.Operations;
using Microsoft.Extensions.Logging;

namespace Concord.Cluster.Runtime;

/// <summary>Tells the application's log what happens in the node: changes of role and of state, not every
/// entry.</summary>
/// <param name="logger">The log of the node.</param>
/// <param name="audit">The log of what was done by hand; the same unless it has a category of its own.</param>
internal sealed class ShellEvents(ILogger logger, ILogger? audit = null) : INodeEvents
{
    /// <summary>The category of what was done by hand, to keep it where the rest need not be kept.</summary>
    public const string AuditCategory = "Concord.Audit";

    public void LeadershipWon(uint shard, Stamp term) => ShellLog.LeadershipWon(logger, shard, term);

    public void LeadershipLost(uint shard, Stamp term) => ShellLog.LeadershipLost(logger, shard, term);

    public void Applied(Shard shard, LogIndex index, in Command command, in Execution execution)
    {
        // Every entry is too many for a log. What was done to others by hand stands in it, with the leader. Who leads
        // after a restart runs the log again and says it again: the place of the entry shows that it is the same.
        if (shard.IsLeader && AdministrativeAct.Of(command, execution.Answer, execution.Payload) is { } act)
        {
            ShellLog.Administered(
                audit ?? logger,
                act.Name,
                act.What,
                act.By,
                act.Session.Value,
                DateTimeOffset.FromUnixTimeMilliseconds(command.Time.Milliseconds),
                shard.Id,
                index.Value);
        }
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
