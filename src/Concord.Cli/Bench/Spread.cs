using System.Globalization;
using System.Text.Json;

namespace Concord.Cli.Bench;

/// <summary>Samples of one quantity. Percentiles are samples, by nearest rank: nothing is interpolated, so a p99 of
/// fewer than a hundred is the greatest.</summary>
internal sealed class Spread
{
    private readonly double[] _sorted;

    /// <param name="samples">In the order in which they were taken.</param>
    public Spread(IEnumerable<double> samples)
    {
        Samples = [.. samples];
        _sorted = [.. Samples.Order()];
    }

    public IReadOnlyList<double> Samples { get; }

    public double Min => Percentile(0);

    public double Max => Percentile(100);

    /// <summary>The least sample that so many percent of all do not exceed; 0 if there is none.</summary>
    public double Percentile(double percent)
    {
        int rank = (int)Math.Ceiling(_sorted.Length * percent / 100);
        return _sorted.Length == 0 ? 0 : _sorted[Math.Clamp(rank - 1, 0, _sorted.Length - 1)];
    }

    /// <summary>The same in another unit.</summary>
    public Spread Times(double factor) => new(Samples.Select(sample => sample * factor));

    public string Text(double percent) => Percentile(percent).ToString("N2", CultureInfo.InvariantCulture);

    /// <summary>What is printed, without the samples.</summary>
    public void Write(Utf8JsonWriter writer, string property)
    {
        writer.WriteStartObject(property);
        writer.WriteNumber("count", Samples.Count);
        writer.WriteNumber("min", Math.Round(Min, 4));
        foreach (double percent in (double[])[25, 50, 75, 99, 99.9])
        {
            string digits = percent.ToString("0.#", CultureInfo.InvariantCulture);
            string name = $"p{digits.Replace(".", "", StringComparison.Ordinal)}";
            writer.WriteNumber(name, Math.Round(Percentile(percent), 4));
        }

        writer.WriteNumber("max", Math.Round(Max, 4));
        writer.WriteEndObject();
    }
}
