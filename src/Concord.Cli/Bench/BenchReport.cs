using System.Globalization;
using System.Text.Json;
using Spectre.Console;

namespace Concord.Cli.Bench;

/// <summary>What a measurement says, for people and for programs.</summary>
/// <param name="Options">What was measured.</param>
/// <param name="Load">What the load generator saw.</param>
internal sealed record BenchReport(BenchOptions Options, LoadResult Load)
{
    private const double MicrosecondsPerSecond = 1e6;

    public double RatePerSecond => Load.Operations / Load.Seconds;

    /// <summary>Of all nodes together.</summary>
    public double NodeCpuMicrosecondsPerOperation => PerOperation(Load.NodeCpuSeconds * MicrosecondsPerSecond);

    public double ClientCpuMicrosecondsPerOperation => PerOperation(Load.ClientCpuSeconds * MicrosecondsPerSecond);

    /// <summary>Of all nodes together.</summary>
    public double SyncsPerOperation => PerOperation(Load.Syncs ?? 0);

    public Table ToTable()
    {
        string what = BenchNames.NameOf(Options.Operation);
        Table table = new Table().Border(TableBorder.Rounded).AddColumn($"bench {what}");
        string shape = $"{Options.Nodes} nodes, {Options.Protocol}, {Options.Callers} callers, {Options.ValueBytes} B";
        table.AddColumn(new TableColumn(shape).RightAligned());
        Add(table, "Rate", RatePerSecond.ToString("N0", CultureInfo.InvariantCulture) + " /s");
        Add(table, "p50", Load.P50Ms.ToString("N2", CultureInfo.InvariantCulture) + " ms");
        Add(table, "p99", Load.P99Ms.ToString("N2", CultureInfo.InvariantCulture) + " ms");
        Add(table, "CPU per operation, all nodes", Microseconds(NodeCpuMicrosecondsPerOperation));
        Add(table, "CPU per operation, client", Microseconds(ClientCpuMicrosecondsPerOperation));
        Add(table, "fsyncs per operation, all nodes", SyncsPerOperation.ToString("N4", CultureInfo.InvariantCulture));
        Add(table, "Operations", Load.Operations.ToString("N0", CultureInfo.InvariantCulture));
        Add(table, "Errors", Load.Errors.ToString("N0", CultureInfo.InvariantCulture));
        return table;
    }

    public byte[] ToJson()
    {
        using MemoryStream stream = new();
        using (Utf8JsonWriter writer = new(stream, new JsonWriterOptions { Indented = true }))
        {
            writer.WriteStartObject();
            writer.WriteString("operation", BenchNames.NameOf(Options.Operation));
            writer.WriteNumber("nodes", Options.Nodes);
            writer.WriteString("protocol", Options.Protocol.Name);
            writer.WriteNumber("callers", Options.Callers);
            writer.WriteNumber("connections", Options.Connections);
            writer.WriteNumber("valueBytes", Options.ValueBytes);
            writer.WriteNumber("seconds", Math.Round(Load.Seconds, 3));
            writer.WriteNumber("operations", Load.Operations);
            writer.WriteNumber("errors", Load.Errors);
            writer.WriteNumber("ratePerSecond", Math.Round(RatePerSecond, 1));
            writer.WriteNumber("p50Ms", Load.P50Ms);
            writer.WriteNumber("p99Ms", Load.P99Ms);
            writer.WriteNumber("nodeCpuMicrosecondsPerOperation", Math.Round(NodeCpuMicrosecondsPerOperation, 2));
            writer.WriteNumber("clientCpuMicrosecondsPerOperation", Math.Round(ClientCpuMicrosecondsPerOperation, 2));
            writer.WriteNumber("fsyncsPerOperation", Math.Round(SyncsPerOperation, 5));
            writer.WriteEndObject();
        }

        return stream.ToArray();
    }

    private static void Add(Table table, string name, string value) => table.AddRow(new Text(name), new Text(value));

    private static string Microseconds(double value) => value.ToString("N1", CultureInfo.InvariantCulture) + " µs";

    private double PerOperation(double total) => Load.Operations == 0 ? 0 : total / Load.Operations;
}
