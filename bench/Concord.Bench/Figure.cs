namespace Concord.Bench;

/// <summary>Something that was measured several times.</summary>
/// <param name="Name">What it is.</param>
/// <param name="Unit">What it is counted in.</param>
/// <param name="Samples">One for each round, in the order of the rounds; at least one.</param>
internal sealed record Figure(string Name, string Unit, IReadOnlyList<double> Samples)
{
    private readonly double[] _sorted = [.. Samples.Order()];

    /// <summary>The middle one: a round that the machine disturbed does not move it.</summary>
    public double Median => Quantile(0.5);

    /// <summary>A quarter of the rounds are below; with <see cref="UpperQuartile"/> what a round is like.</summary>
    public double LowerQuartile => Quantile(0.25);

    public double UpperQuartile => Quantile(0.75);

    public double Smallest => Quantile(0);

    public double Greatest => Quantile(1);

    /// <summary>Between two rounds it is in proportion.</summary>
    private double Quantile(double part)
    {
        double place = part * (_sorted.Length - 1);
        int below = (int)place;
        int above = Math.Min(below + 1, _sorted.Length - 1);
        return _sorted[below] + ((place - below) * (_sorted[above] - _sorted[below]));
    }
}
