using Concord.Cluster.Node;
using Concord.Consensus;
using Concord.Engines;
using Concord.Simulation.Pictures;

namespace Concord.Simulation.Nodes;

/// <content>What the rules get to see.</content>
internal sealed partial class SimNode : INodeEvents
{
    /// <summary>Where its shards stand, for the picture.</summary>
    public void Show(PictureRecorder picture)
    {
        foreach (Shard shard in Core?.Shards ?? [])
        {
            picture.Observe(Place, (int)shard.Id, shard.Core, shard.Applied.Value, _world.Now);
        }
    }

    public void LeadershipWon(uint shard, Stamp term)
    {
        _world.Faults.Count(FaultKind.LeaderElected);
        _world.Say($"{Id} leads shard {shard} in {term}");
        _world.Rules.LeadershipWon(Id, shard, term);
    }

    public void LeadershipLost(uint shard, Stamp term) => _world.Say($"{Id} leads shard {shard} no more");

    public void Applied(Shard shard, LogIndex index, in Command command, in Execution execution) =>
        _world.Rules.Applied(Id, shard, index, command, execution);

    public void SessionExpired(uint shard, SessionId session)
    {
        _world.Faults.Count(FaultKind.SessionExpired);
        _world.Say($"{Id} ends session {session} on shard {shard}");
    }

    public void SnapshotTaken(uint shard, LogIndex index)
    {
        _world.Faults.Count(FaultKind.SnapshotTaken);
        _world.Trace.Picture?.Mark(
            MarkKind.Snapshot, Place, _world.Now, $"took a snapshot of shard {shard} at {index}");
    }

    public void SnapshotInstalled(uint shard, LogIndex index)
    {
        _world.Faults.Count(FaultKind.SnapshotInstalled);
        _world.Trace.Picture?.Mark(
            MarkKind.Snapshot, Place, _world.Now, $"installed a snapshot of shard {shard} at {index}");
        _world.Say($"{Id} goes on from a snapshot of shard {shard} at {index}");
    }

    public void ReadOnlyChanged(bool isReadOnly, long bytesNeeded)
    {
        if (isReadOnly)
        {
            _world.Faults.Count(FaultKind.NodeReadOnly);
        }

        _world.Say($"{Id} takes {(isReadOnly ? "no writes: its disk is full" : "writes again")}");
    }

    public void ConnectionRefused(string reason) =>
        throw new ViolatedException("nodes-understand-each-other", $"{Id} refused a connection: {reason}");
}
