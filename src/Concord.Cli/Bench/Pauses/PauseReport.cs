using System.Globalization;
using System.Text.Json;
using Spectre.Console;

namespace Concord.Cli.Bench.Pauses;

/// <summary>How long one node stood still.</summary>
/// <param name="AnswerMs">How long it took to answer a small question.</param>
/// <param name="HeldMs">How long its runtime held all its threads, each time.</param>
/// <param name="Slow">Answers that took longer than a pause may.</param>
/// <param name="SlowHeld">Those of them that the runtime held up for at least half of it.</param>
internal sealed record NodePauses(Spread AnswerMs, Spread HeldMs, int Slow, int SlowHeld);

/// <summary>What a measurement of pauses says, for people and for programs.</summary>
/// <param name="Options">What was measured.</param>
/// <param name="Load">What the load came to.</param>
internal sealed record PauseReport(PauseOptions Options, PacedResult Load)
{
    /// <summary>What counts as a pause.</summary>
    public const double GoalMs = 10;

    public required IReadOnlyList<NodePauses> Nodes { get; init; }

    /// <summary>How late a process woke up that had nothing to do: the machine's own pauses.</summary>
    public required Spread LatenessMs { get; init; }

    /// <summary>In words.</summary>
    public required string MachineLoad { get; init; }

    private double RatePerSecond => Load.Writes / Load.Seconds;

    public Table ToTable()
    {
        string shape = $"{Options.Nodes} nodes, {Options.Protocol}, {Number(Options.Keys)} records, "
            + $"{Options.ValueBytes} B";
        Table table = new Table().Border(TableBorder.Rounded).Title($"bench pauses: {shape}").AddColumn("ms");
        foreach (string column in (string[])["samples", "p50", "p99", "p99.9", "max", "over 10 ms"])
        {
            table.AddColumn(new TableColumn(column).RightAligned());
        }

        for (int i = 0; i < Nodes.Count; i++)
        {
            NodePauses node = Nodes[i];
            Add(table, $"Node {i + 1}: answer", node.AnswerMs, $"{node.Slow} ({node.SlowHeld} runtime)");
            Add(table, $"Node {i + 1}: held by the runtime", node.HeldMs, OverGoal(node.HeldMs));
        }

        Add(table, "A process without work: late", LatenessMs, OverGoal(LatenessMs));
        table.AddRow(
            "A write, from when it was due", Number(Load.Writes), Text(Load.P50Ms), Text(Load.P99Ms),
            Text(Load.P999Ms), Text(Load.MaxMs), "");
        return table.Caption(
            $"{Number(RatePerSecond)} of {Number(Options.Rate)} writes/s, {Number(Load.Skipped)} skipped, "
            + $"{Load.Errors} failed; load {MachineLoad}");
    }

    public byte[] ToJson()
    {
        using MemoryStream stream = new();
        using (Utf8JsonWriter writer = new(stream, new JsonWriterOptions { Indented = true }))
        {
            writer.WriteStartObject();
            writer.WriteString("operation", "pauses");
            writer.WriteNumber("nodes", Options.Nodes);
            writer.WriteString("protocol", Options.Protocol.Name);
            writer.WriteNumber("keys", Options.Keys);
            writer.WriteNumber("valueBytes", Options.ValueBytes);
            writer.WriteNumber("rateWanted", Options.Rate);
            writer.WriteNumber("ratePerSecond", Math.Round(RatePerSecond, 1));
            writer.WriteNumber("seconds", Math.Round(Load.Seconds, 3));
            writer.WriteNumber("writes", Load.Writes);
            writer.WriteNumber("skipped", Load.Skipped);
            writer.WriteNumber("errors", Load.Errors);
            writer.WriteNumber("writeP50Ms", Load.P50Ms);
            writer.WriteNumber("writeP99Ms", Load.P99Ms);
            writer.WriteNumber("writeP999Ms", Load.P999Ms);
            writer.WriteNumber("writeMaxMs", Math.Round(Load.MaxMs, 3));
            writer.WriteNumber("clientCpuSeconds", Math.Round(Load.ClientCpuSeconds, 3));
            writer.WriteString("load", MachineLoad);
            LatenessMs.Write(writer, "latenessMs");
            WriteNodes(writer);
            writer.WriteEndObject();
        }

        return stream.ToArray();
    }

    private void WriteNodes(Utf8JsonWriter writer)
    {
        writer.WriteStartArray("pauses");
        foreach (NodePauses node in Nodes)
        {
            writer.WriteStartObject();
            node.AnswerMs.Write(writer, "answerMs");
            node.HeldMs.Write(writer, "heldMs");
            writer.WriteNumber("slow", node.Slow);
            writer.WriteNumber("slowHeld", node.SlowHeld);
            WriteSamples(writer, "answerSamplesMs", node.AnswerMs);
            WriteSamples(writer, "heldSamplesMs", node.HeldMs);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    private static void WriteSamples(Utf8JsonWriter writer, string name, Spread spread)
    {
        writer.WriteStartArray(name);
        foreach (double sample in spread.Samples)
        {
            writer.WriteNumberValue(Math.Round(sample, 3));
        }

        writer.WriteEndArray();
    }

    private static void Add(Table table, string name, Spread spread, string over) => table.AddRow(
        name, Number(spread.Samples.Count), spread.Text(50), spread.Text(99), spread.Text(99.9), spread.Text(100),
        over);

    private static string OverGoal(Spread spread) => Number(spread.Samples.Count(static sample => sample > GoalMs));

    private static string Number(double value) => value.ToString("N0", CultureInfo.InvariantCulture);

    private static string Text(double value) => value.ToString("N2", CultureInfo.InvariantCulture);
}
