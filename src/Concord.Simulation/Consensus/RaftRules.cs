using Concord.Consensus;

namespace Concord.Simulation.Consensus;

/// <summary>What holds of Raft besides: one vote in a term, logs that agree up to where they agree once.</summary>
internal sealed partial class RaftRules(CoreWorld world) : SafetyRules(world)
{
    public override bool PlacesStandAlone => false;

    protected override void CheckLog(SimReplica replica, ReplicaGhost ghost, in ReplicaStatus status)
    {
        Check(
            status.LastIndex.Value == ghost.Log.Last && replica.Core!.Log.LastStamp == ghost.Log.LastStamp,
            "memory-is-written", replica,
            $"its log ends at {status.LastIndex}@{replica.Core!.Log.LastStamp}, "
            + $"its writes at {ghost.Log.Last}@{ghost.Log.LastStamp}");
        ulong durable = status.DurableIndex.Value;
        Check(
            replica.Disk.Log.At(durable) == ghost.Log.At(durable),
            "durable-is-on-disk", replica,
            $"takes {durable} for durable, its disk holds {replica.Disk.Log.At(durable)} there");
    }

    protected override bool HasCommittedIn(ReplicaGhost ghost, Stamp stamp) =>
        Committed.At(ghost.Commit)?.Stamp == stamp;
}
