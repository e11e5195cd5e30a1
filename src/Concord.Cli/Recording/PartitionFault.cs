using Concord.Simulation;

namespace Concord.Cli.Recording;

/// <summary>The network drops packets: between two halves, in one direction only, or all of one node's, those of the
/// clients too.</summary>
internal sealed class PartitionFault : Fault
{
    public override string Kind => "partition";

    public override Task<string> StrikeAsync(RecordedCluster cluster, SimRandom random)
    {
        NamespaceNetwork network = cluster.Network!;
        int count = cluster.Nodes.Count;
        int one = 1 + random.Next(count);
        int[] others = [.. Enumerable.Range(1, count).Where(node => node != one)];
        switch (random.Next(4))
        {
            case 0:
                // Never more than the other half; of three nodes one.
                int[] half = [one, .. others.Take((count / 2) - 1)];
                int[] rest = [.. Enumerable.Range(1, count).Except(half)];
                Cut(network, half, rest);
                Cut(network, rest, half);
                return Task.FromResult($"nodes {string.Join(", ", half)} apart from {string.Join(", ", rest)}");
            case 1:
                Cut(network, [one], others);
                return Task.FromResult($"node {one} hears the others and is not heard");
            case 2:
                Cut(network, others, [one]);
                return Task.FromResult($"node {one} is heard by the others and does not hear");
            default:
                int[] all = [NamespaceNetwork.Clients, .. others];
                Cut(network, [one], all);
                Cut(network, all, [one]);
                return Task.FromResult($"node {one} apart from everybody, clients too");
        }
    }

    public override Task HealAsync(RecordedCluster cluster)
    {
        cluster.Network!.Heal();
        return Task.CompletedTask;
    }

    private static void Cut(NamespaceNetwork network, int[] from, int[] to)
    {
        foreach (int sender in from)
        {
            foreach (int receiver in to)
            {
                network.Cut(sender, receiver);
            }
        }
    }
}
