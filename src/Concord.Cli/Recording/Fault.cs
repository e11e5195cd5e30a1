using Concord.Simulation;

namespace Concord.Cli.Recording;

/// <summary>Something that goes wrong for a while.</summary>
internal abstract class Fault
{
    /// <summary>Its name on the command line and in the file.</summary>
    public abstract string Kind { get; }

    /// <summary>How long it lasts, drawn anew each time.</summary>
    public virtual TimeSpan Duration(SimRandom random) => TimeSpan.FromMilliseconds(random.Next(200, 3_000));

    /// <summary>Begins.</summary>
    /// <returns>What happened to whom, for people.</returns>
    public abstract Task<string> StrikeAsync(RecordedCluster cluster, SimRandom random);

    /// <summary>Ends it; what it took down is up again, or on its way up.</summary>
    public abstract Task HealAsync(RecordedCluster cluster);

    /// <summary>Some of the nodes: mostly one, at times more, at times all.</summary>
    protected static RecordedNode[] Some(RecordedCluster cluster, SimRandom random)
    {
        int count = random.Next(10) switch
        {
            < 6 => 1,
            < 8 => Math.Max(1, cluster.Nodes.Count / 2 + 1),
            _ => cluster.Nodes.Count,
        };
        RecordedNode[] nodes = [.. cluster.Nodes];
        for (int i = nodes.Length - 1; i > 0; i--)
        {
            int j = random.Next(i + 1);
            (nodes[i], nodes[j]) = (nodes[j], nodes[i]);
        }

        return nodes[..count];
    }

    protected static string Names(IEnumerable<RecordedNode> nodes) =>
        "node " + string.Join(", ", nodes.Select(static node => node.Number).Order());
}
