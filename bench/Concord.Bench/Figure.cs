namespace Concord.Bench;

/// <summary>Something that was measured several times.</summary>
/// <param name="Name">What it is.</param>
/// <param name="Unit">What it is counted in.</param>
/// <param name="Samples">One for each round, in the order of the rounds; at least one.</param>
internal sealed record Figure(string Name, string Unit, IReadOnlyList<double> Samples)
{
    /// <summary>The middle one: a round that the machine disturbed does not move it.</summary>
    public double Median
    {
        get
        {
            double[] sorted = [.. Samples.Order()];
            int middle = sorted.Length / 2;
            return sorted.Length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
        }
    }

    public double Smallest => Samples.Min();

    public double Greatest => Samples.Max();
}
