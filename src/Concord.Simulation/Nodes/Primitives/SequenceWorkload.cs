using Concord.Engines;
using Concord.Operations;

namespace Concord.Simulation.Nodes.Primitives;

/// <summary>Takes numbers of a sequence, one or several: nobody else is ever given one of them.</summary>
internal sealed class SequenceWorkload(NodeWorld world, Requests requests)
{
    private const int BlockMax = 5;

    public void Act(SimRandom draw)
    {
        int count = draw.Chance(0.5) ? 1 : 1 + draw.Next(BlockMax);
        requests.Execute(
            $"take {count} numbers",
            ReserveSequence.Request(world.Holdings.SequenceKey, count),
            operation =>
            {
                if (operation.Fate == Fate.Happened)
                {
                    Check(ReserveSequence.Read(operation.Call.Answer), count);
                }
            });
    }

    private void Check(long first, int count)
    {
        for (long number = first; number < first + count; number++)
        {
            NodeRules.Require(
                number > 0 && world.SequenceNumbers.Add(number),
                "sequence-numbers-are-given-once",
                $"{number} was given to two");
        }
    }
}
