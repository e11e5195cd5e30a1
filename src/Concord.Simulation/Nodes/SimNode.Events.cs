using Concord.Cluster.Node;
using Concord.Consensus;
using Concord.Engines;

namespace Concord.Simulation.Nodes;

/// <content>What the rules get to see.</content>
internal sealed partial class SimNode : INodeEvents
{
    public void LeadershipWon(uint shard, Stamp term)
    {
        _world.Faults.Count(FaultKind.LeaderElected);
        _world.Say($"{Id} leads shard {shard} in {term}");
        _world.Rules.LeadershipWon(Id, shard, term);
    }

    public void LeadershipLost(uint shard, Stamp term) => _world.Say($"{Id} leads shard {shard} no more");

    public void Applied(Shard shard, LogIndex index, in Command command, in Execution execution) =>
        _world.Rules.Applied(Id, shard, index, command, execution);

    public void SnapshotTaken(uint shard, LogIndex index) => _world.Faults.Count(FaultKind.SnapshotTaken);

    public void SnapshotInstalled(uint shard, LogIndex index)
    {
        _world.Faults.Count(FaultKind.SnapshotInstalled);
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
