using Concord.Cluster.Node;
using Concord.Consensus;
using Concord.Simulation.Consensus;

namespace Concord.Simulation.Nodes;

/// <summary>An operator who has leaders hand over, to somebody or to whom they think best, in the middle of whatever
/// goes wrong. Its own source of chance: without it the other strikes are the same.</summary>
internal sealed class HandOvers(NodeWorld world, SimRandom random)
{
    private const int StrikesPerHandOver = 2;

    public void Begin() => world.Schedule(random.Exponential(StrikesPerHandOver * world.Profile.StrikeMean), Next);

    private void Next()
    {
        if (world.IsHealing)
        {
            return;
        }

        SimNode node = world.Nodes[random.Next(world.Nodes.Count)];
        int drawn = random.Next(world.Profile.Shards);
        var to = new NodeId((ushort)random.Next(world.Nodes.Count + 1));
        if (node.IsUp && node.PausedUntil <= world.Now && drawn < node.Core!.Shards.Count)
        {
            Shard shard = node.Core.Shards[drawn];
            if (shard.IsLeader && shard.TransferLeadership(to) == TransferResult.Accepted)
            {
                world.Faults.Count(FaultKind.LeadershipHandedOver);
                world.Say($"{node.Id} hands shard {shard.Id} over to {(to.IsNone ? "the best" : to)}");
                world.Trace.Add((ulong)world.Now, shard.Id, 79);
                node.DrainSoon();
            }
        }

        Begin();
    }
}
