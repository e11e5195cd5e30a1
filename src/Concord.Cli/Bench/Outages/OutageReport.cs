using System.Globalization;
using System.Text.Json;
using Spectre.Console;

namespace Concord.Cli.Bench.Outages;

/// <summary>What a measurement of outages says, for people and for programs.</summary>
/// <param name="Options">What was measured.</param>
/// <param name="Samples">One for each group and round.</param>
internal sealed record OutageReport(OutageOptions Options, IReadOnlyList<OutageSample> Samples)
{
    /// <summary>Of the machine, in words.</summary>
    public string Load { get; init; } = "";

    public long Writes { get; init; }

    public long Errors { get; init; }

    private bool IsFailover => Options.Kind == OutageKind.Failover;

    private string Name => IsFailover ? "failover" : "transfer";

    private Spread Silence => new(Samples.Select(static sample => sample.SilenceMs));

    private Spread Calm => new(Samples.Select(static sample => sample.CalmMs));

    private Spread SlowestCall => new(Samples.Select(static sample => sample.SlowestCallMs));

    /// <summary>Until all groups had a write again, by round.</summary>
    private Spread SlowestGroup => new(
        Samples.GroupBy(static sample => sample.Round).Select(static round => round.Max(sample => sample.SilenceMs)));

    public Table ToTable()
    {
        Table table = new Table().Border(TableBorder.Rounded)
            .Title(
                $"bench {Name}: {Options.Nodes} nodes, {Options.Protocol}, {BenchNodes.Shards} groups, "
                + $"{Options.Callers} callers")
            .AddColumn("");
        foreach (string column in (string[])["samples", "min", "p25", "p50", "p75", "p99", "max"])
        {
            table.AddColumn(new TableColumn(column).RightAligned());
        }

        Add(table, "No acknowledged write, ms", Silence);
        if (IsFailover)
        {
            Add(table, "the same in election timeouts", Silence.Times(1.0 / Options.ElectionTimeoutMs));
            Add(table, "slowest group of a kill, in election timeouts",
                SlowestGroup.Times(1.0 / Options.ElectionTimeoutMs));
        }

        Add(table, "Slowest call, ms", SlowestCall);
        Add(table, "Before, with the leader in place, ms", Calm);
        string writes = Writes.ToString("N0", CultureInfo.InvariantCulture);
        return table.Caption($"{writes} writes, {Errors} failed; load {Load}");
    }

    public byte[] ToJson()
    {
        using MemoryStream stream = new();
        using (Utf8JsonWriter writer = new(stream, new JsonWriterOptions { Indented = true }))
        {
            writer.WriteStartObject();
            writer.WriteString("operation", Name);
            writer.WriteNumber("nodes", Options.Nodes);
            writer.WriteString("protocol", Options.Protocol.Name);
            writer.WriteNumber("groups", BenchNodes.Shards);
            writer.WriteNumber("callers", Options.Callers);
            writer.WriteNumber("rounds", Options.Rounds);
            writer.WriteNumber("electionTimeoutMs", Options.ElectionTimeoutMs);
            writer.WriteString("load", Load);
            writer.WriteNumber("writes", Writes);
            writer.WriteNumber("errors", Errors);
            Silence.Write(writer, "silenceMs");
            SlowestCall.Write(writer, "slowestCallMs");
            Calm.Write(writer, "calmMs");
            if (IsFailover)
            {
                Silence.Times(1.0 / Options.ElectionTimeoutMs).Write(writer, "silenceElectionTimeouts");
                SlowestGroup.Times(1.0 / Options.ElectionTimeoutMs).Write(writer, "slowestGroupElectionTimeouts");
            }

            WriteSamples(writer);
            writer.WriteEndObject();
        }

        return stream.ToArray();
    }

    private void WriteSamples(Utf8JsonWriter writer)
    {
        writer.WriteStartArray("samples");
        foreach (OutageSample sample in Samples)
        {
            writer.WriteStartObject();
            writer.WriteNumber("round", sample.Round);
            writer.WriteNumber("group", sample.Group);
            writer.WriteNumber("from", sample.From);
            writer.WriteNumber("to", sample.To);
            writer.WriteNumber("silenceMs", Math.Round(sample.SilenceMs, 3));
            writer.WriteNumber("calmMs", Math.Round(sample.CalmMs, 3));
            if (IsFailover)
            {
                writer.WriteBoolean("logsEndAlike", sample.LogsEndAlike);
            }

            writer.WriteNumber("slowestCallMs", Math.Round(sample.SlowestCallMs, 3));
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    private static void Add(Table table, string name, Spread spread) => table.AddRow(
        name, spread.Samples.Count.ToString(CultureInfo.InvariantCulture), spread.Text(0), spread.Text(25),
        spread.Text(50), spread.Text(75), spread.Text(99), spread.Text(100));
}
