using System.Globalization;
using System.Text.Json;
using Spectre.Console;

namespace Concord.Cli.Bench;

/// <summary>What a comparison says, for people and for programs.</summary>
/// <param name="Options">What was measured.</param>
/// <param name="Peer">What Concord was compared with, and its version.</param>
/// <param name="Comparison">What came out.</param>
internal sealed record ComparisonReport(BenchOptions Options, string Peer, Comparison Comparison)
{
    public Table ToTable()
    {
        string what = BenchNames.NameOf(Options.Operation);
        string shape = $"{Options.Nodes} nodes, {Options.Protocol}, {Options.Callers} callers on "
            + $"{Options.Connections} connections";
        string size = BenchNames.HasValues(Options.Operation) ? $", {Options.ValueBytes} B" : "";
        Table table = new Table().Border(TableBorder.Rounded)
            .Title($"bench {what}: {shape}{size}")
            .AddColumn($"median of {Comparison.Pairs.Count} pairs");
        table.AddColumn(new TableColumn("Concord").RightAligned());
        table.AddColumn(new TableColumn(Peer).RightAligned());
        table.AddColumn(new TableColumn("ratio").RightAligned());
        string spread = $"{Number(Comparison.Ratio, 2)} ({Number(Comparison.RatioMin, 2)} to "
            + $"{Number(Comparison.RatioMax, 2)})";
        Add(table, "Rate, /s", side => side.RatePerSecond, 0, spread);
        Add(table, "p50, ms", side => side.P50Ms, 2, Number(Comparison.P50Ratio, 2));
        Add(table, "p99, ms", side => side.P99Ms, 2, "");
        Add(
            table, "CPU per operation, servers, µs", side => side.CpuMicrosecondsPerOperation, 1,
            Number(Comparison.CpuRatio, 2));
        Add(table, "CPU per operation, client, µs", side => side.ClientCpuMicrosecondsPerOperation, 1, "");
        Add(table, "fsyncs per operation", side => side.FsyncsPerOperation, 4, "");
        Add(table, "Operations", side => side.Operations, 0, "");
        Add(table, "Errors", side => side.Errors, 0, "");
        return table;
    }

    public byte[] ToJson()
    {
        using MemoryStream stream = new();
        using (Utf8JsonWriter writer = new(stream, new JsonWriterOptions { Indented = true }))
        {
            writer.WriteStartObject();
            writer.WriteString("operation", BenchNames.NameOf(Options.Operation));
            writer.WriteString("against", Peer);
            writer.WriteNumber("nodes", Options.Nodes);
            writer.WriteString("protocol", Options.Protocol.Name);
            writer.WriteNumber("callers", Options.Callers);
            writer.WriteNumber("connections", Options.Connections);
            writer.WriteNumber("valueBytes", Options.ValueBytes);
            writer.WriteNumber("pairs", Comparison.Pairs.Count);
            writer.WriteNumber("seconds", Options.Seconds);
            writer.WriteNumber("ratio", Math.Round(Comparison.Ratio, 4));
            writer.WriteNumber("ratioMin", Math.Round(Comparison.RatioMin, 4));
            writer.WriteNumber("ratioMax", Math.Round(Comparison.RatioMax, 4));
            writer.WriteNumber("p50Ratio", Math.Round(Comparison.P50Ratio, 4));
            writer.WriteNumber("cpuRatio", Math.Round(Comparison.CpuRatio, 4));
            WriteSide(writer, "concord", Comparison.Concord);
            WriteSide(writer, BenchNames.NameOf(Options.Against ?? BenchPeer.Etcd), Comparison.Peer);
            writer.WriteEndObject();
        }

        return stream.ToArray();
    }

    private void Add(Table table, string name, Func<SideFigures, double?> figure, int digits, string ratio) =>
        table.AddRow(
            new Text(name),
            new Text(Number(figure(Comparison.Concord), digits)),
            new Text(Number(figure(Comparison.Peer), digits)),
            new Text(ratio));

    private static void WriteSide(Utf8JsonWriter writer, string name, SideFigures side)
    {
        writer.WriteStartObject(name);
        writer.WriteNumber("rate", Math.Round(side.RatePerSecond, 1));
        writer.WriteNumber("p50", side.P50Ms);
        writer.WriteNumber("p99", side.P99Ms);
        writer.WriteNumber("cpuMicrosecondsPerOperation", Math.Round(side.CpuMicrosecondsPerOperation, 2));
        writer.WriteNumber("clientCpuMicrosecondsPerOperation", Math.Round(side.ClientCpuMicrosecondsPerOperation, 2));
        if (side.FsyncsPerOperation is { } syncs)
        {
            writer.WriteNumber("fsyncsPerOperation", Math.Round(syncs, 5));
        }

        writer.WriteNumber("operations", side.Operations);
        writer.WriteNumber("errors", side.Errors);
        writer.WriteEndObject();
    }

    private static string Number(double? value, int digits) =>
        value is null ? "" : value.Value.ToString(
            "N" + digits.ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
}
