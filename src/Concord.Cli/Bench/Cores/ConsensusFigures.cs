using System.Globalization;
using System.Text.Json;
using Concord.Cluster.Node;
using Spectre.Console;

namespace Concord.Cli.Bench.Cores;

/// <summary>What came out.</summary>
/// <param name="Groups">How many groups proposed to the disks.</param>
/// <param name="Protocol">By which they agreed.</param>
/// <param name="Rates">Durable proposals per second, by window.</param>
/// <param name="OneGroupRates">The same of one group, measured by turns with each window; empty if that is what
/// <paramref name="Rates"/> are.</param>
/// <param name="MicrosecondsPerEntrySingle">The pure core, one entry at a time, three replicas together.</param>
/// <param name="MicrosecondsPerEntryBatched">The same in batches.</param>
/// <param name="BytesPerEntry">What the pure core allocates, one entry at a time.</param>
internal sealed record ConsensusFigures(
    int Groups,
    ReplicaProtocol Protocol,
    IReadOnlyList<double> Rates,
    IReadOnlyList<double> OneGroupRates,
    double MicrosecondsPerEntrySingle,
    double MicrosecondsPerEntryBatched,
    double BytesPerEntry)
{
    public double ProposalsPerSecond => Comparison.Median(Rates);

    /// <summary>Of the windows that were measured by turns.</summary>
    private double[] Ratios => [.. Rates.Zip(OneGroupRates, static (rate, one) => rate / one)];

    public Table ToTable()
    {
        Table table = new Table().Border(TableBorder.Rounded).AddColumn("bench consensus");
        table.AddColumn(new TableColumn($"{Protocol}, three replicas, 16 B").RightAligned());
        Add(table, "Core, per entry, single", $"{Text(MicrosecondsPerEntrySingle, "N2")} µs");
        Add(table, "Core, per entry, in batches of 64", $"{Text(MicrosecondsPerEntryBatched, "N3")} µs");
        Add(table, "Core, allocated per entry", $"{Text(BytesPerEntry, "N2")} B");
        Add(table, $"Durable proposals, {Groups} group(s)", $"{Text(ProposalsPerSecond, "N0")} /s");
        Add(table, "  spread of the windows", $"{Text(Rates.Min(), "N0")} to {Text(Rates.Max(), "N0")} /s");
        if (OneGroupRates.Count > 0)
        {
            Add(table, "Durable proposals, 1 group, by turns", $"{Text(Comparison.Median(OneGroupRates), "N0")} /s");
            Add(table, "Ratio to 1 group", Text(Comparison.Median(Ratios), "N2"));
            Add(table, "  spread of the ratios", $"{Text(Ratios.Min(), "N2")} to {Text(Ratios.Max(), "N2")}");
        }

        return table;
    }

    public byte[] ToJson()
    {
        using MemoryStream stream = new();
        using (Utf8JsonWriter writer = new(stream, new JsonWriterOptions { Indented = true }))
        {
            writer.WriteStartObject();
            writer.WriteNumber("groups", Groups);
            writer.WriteString("protocol", Protocol.Name);
            writer.WriteNumber("proposalsPerSecond", Math.Round(ProposalsPerSecond, 1));
            writer.WriteNumber("proposalsPerSecondMin", Math.Round(Rates.Min(), 1));
            writer.WriteNumber("proposalsPerSecondMax", Math.Round(Rates.Max(), 1));
            WriteOneGroup(writer);
            writer.WriteNumber("microsecondsPerEntrySingle", Math.Round(MicrosecondsPerEntrySingle, 4));
            writer.WriteNumber("microsecondsPerEntryBatched", Math.Round(MicrosecondsPerEntryBatched, 4));
            writer.WriteNumber("bytesPerEntry", Math.Round(BytesPerEntry, 4));
            writer.WriteEndObject();
        }

        return stream.ToArray();
    }

    private void WriteOneGroup(Utf8JsonWriter writer)
    {
        if (OneGroupRates.Count > 0)
        {
            writer.WriteNumber("proposalsPerSecondOneGroup", Math.Round(Comparison.Median(OneGroupRates), 1));
            writer.WriteNumber("ratioToOneGroup", Math.Round(Comparison.Median(Ratios), 3));
            writer.WriteNumber("ratioToOneGroupMin", Math.Round(Ratios.Min(), 3));
            writer.WriteNumber("ratioToOneGroupMax", Math.Round(Ratios.Max(), 3));
        }
    }

    private static void Add(Table table, string name, string value) => table.AddRow(new Text(name), new Text(value));

    private static string Text(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);
}
