using System.Text.Json;
using Concord.Cluster.Node;

namespace Concord.Cli.Bench.Cores;

/// <summary>What came out for one protocol; one sample for each round or window, in their order.</summary>
/// <param name="Protocol">Which.</param>
/// <param name="Single">The pure core, one entry at a time, three replicas together: microseconds per entry.</param>
/// <param name="Batched">The same in batches.</param>
/// <param name="Bytes">What the pure core allocates, one entry at a time, per entry.</param>
/// <param name="Rates">Durable proposals per second.</param>
/// <param name="OneGroupRates">The same of one group, measured by turns with each window; empty if that is what
/// <paramref name="Rates"/> are.</param>
internal sealed record ConsensusFigures(
    ReplicaProtocol Protocol,
    IReadOnlyList<double> Single,
    IReadOnlyList<double> Batched,
    IReadOnlyList<double> Bytes,
    IReadOnlyList<double> Rates,
    IReadOnlyList<double> OneGroupRates)
{
    /// <summary>Of the windows that were measured by turns.</summary>
    public IReadOnlyList<double> RatiosToOneGroup => RatiosOf(Rates, OneGroupRates);

    /// <summary>Of neighbours; empty where one side has none.</summary>
    public static double[] RatiosOf(IReadOnlyList<double> subject, IReadOnlyList<double> yardstick) =>
        [.. subject.Zip(yardstick, static (left, right) => left / right)];

    public void Write(Utf8JsonWriter writer)
    {
        writer.WriteString("protocol", Protocol.Name);
        writer.WriteNumber("proposalsPerSecond", Math.Round(Comparison.Median(Rates), 1));
        writer.WriteNumber("proposalsPerSecondMin", Math.Round(Rates.Min(), 1));
        writer.WriteNumber("proposalsPerSecondMax", Math.Round(Rates.Max(), 1));
        if (OneGroupRates.Count > 0)
        {
            writer.WriteNumber("proposalsPerSecondOneGroup", Math.Round(Comparison.Median(OneGroupRates), 1));
            WriteRatio(writer, "ratioToOneGroup", RatiosToOneGroup);
        }

        writer.WriteNumber("microsecondsPerEntrySingle", Math.Round(Comparison.Median(Single), 4));
        writer.WriteNumber("microsecondsPerEntryBatched", Math.Round(Comparison.Median(Batched), 4));
        writer.WriteNumber("bytesPerEntry", Math.Round(Comparison.Median(Bytes), 4));
    }

    public static void WriteRatio(Utf8JsonWriter writer, string name, IReadOnlyList<double> ratios)
    {
        writer.WriteNumber(name, Math.Round(Comparison.Median(ratios), 3));
        writer.WriteNumber($"{name}Min", Math.Round(ratios.Min(), 3));
        writer.WriteNumber($"{name}Max", Math.Round(ratios.Max(), 3));
    }
}
