using Concord.Client.Administration;

namespace Concord.Cli.Orders;

/// <summary>
/// Who leads what, from what the nodes say about themselves. A node that was cut off may still believe in an old
/// term: only the highest term that anyone has seen counts.
/// </summary>
internal sealed class LeaderTally
{
    private readonly SortedDictionary<int, ((long Term, int Owner) Reign, int Node)> _leaders = [];

    /// <summary>How often a shard was seen with a leader of a later term than before.</summary>
    public int Changes { get; private set; }

    /// <param name="statuses">By place in the list of nodes; null for one that did not answer.</param>
    public void Observe(IReadOnlyList<NodeStatus?> statuses)
    {
        for (int node = 0; node < statuses.Count; node++)
        {
            foreach (ShardStatus shard in statuses[node]?.Shards ?? [])
            {
                if (shard.Role == "Leader")
                {
                    ObserveLeader(node, shard);
                }
            }
        }
    }

    public bool HasLeaderOfAll(int shards) => _leaders.Count >= shards;

    /// <summary>The place of the node that leads the most shards; of several the first.</summary>
    public int MostLeading(int nodes)
    {
        int[] counts = new int[nodes];
        foreach (((long, int) _, int node) in _leaders.Values)
        {
            counts[node]++;
        }

        return Array.IndexOf(counts, counts.Max());
    }

    private void ObserveLeader(int node, ShardStatus shard)
    {
        (long Term, int Owner) reign = (shard.Term, shard.TermOwner);
        if (!_leaders.TryGetValue(shard.Shard, out ((long Term, int Owner) Reign, int Node) known))
        {
            _leaders[shard.Shard] = (reign, node);
        }
        else if (reign.CompareTo(known.Reign) > 0)
        {
            _leaders[shard.Shard] = (reign, node);
            Changes++;
        }
    }
}
