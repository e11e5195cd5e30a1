using System.Globalization;
using System.Text.Json;
using Spectre.Console;

namespace Concord.Cli.Bench.Cores;

/// <summary>What came out for one protocol, or for two that took turns. A ratio is the second to the first, of
/// neighbours; of these the median counts.</summary>
/// <param name="Groups">How many groups proposed to the disks.</param>
/// <param name="Figures">Of one protocol or of two.</param>
internal sealed record ConsensusReport(int Groups, IReadOnlyList<ConsensusFigures> Figures)
{
    private bool IsComparison => Figures.Count > 1;

    public Table ToTable()
    {
        Table table = new Table().Border(TableBorder.Rounded).AddColumn("bench consensus, three replicas, 16 B");
        foreach (ConsensusFigures figures in Figures)
        {
            table.AddColumn(new TableColumn(figures.Protocol.Title).RightAligned());
        }

        if (IsComparison)
        {
            table.AddColumn(new TableColumn("Ratio").RightAligned());
        }

        Add(table, "Core, per entry, single, µs", "N3", static figures => figures.Single);
        Add(table, "Core, per entry, in batches of 64, µs", "N4", static figures => figures.Batched);
        AddMedians(table, "Core, allocated per entry, B", "N2", static figures => figures.Bytes);
        Add(table, $"Durable proposals, {Groups} group(s), /s", "N0", static figures => figures.Rates);
        if (Figures[0].OneGroupRates.Count > 0)
        {
            Add(table, "Durable proposals, 1 group, by turns, /s", "N0", static figures => figures.OneGroupRates);
            AddMedians(table, "Ratio to 1 group", "N2", static figures => figures.RatiosToOneGroup);
            AddSpread(table, "N2", static figures => figures.RatiosToOneGroup);
        }

        return table;
    }

    /// <summary>The first protocol's figures stand as they do when it is measured alone.</summary>
    public byte[] ToJson()
    {
        using MemoryStream stream = new();
        using (Utf8JsonWriter writer = new(stream, new JsonWriterOptions { Indented = true }))
        {
            writer.WriteStartObject();
            writer.WriteNumber("groups", Groups);
            Figures[0].Write(writer);
            if (IsComparison)
            {
                writer.WriteStartObject(Figures[1].Protocol.Name);
                Figures[1].Write(writer);
                writer.WriteEndObject();
                ConsensusFigures.WriteRatio(writer, "ratioSingle", Ratios(static figures => figures.Single));
                ConsensusFigures.WriteRatio(writer, "ratioBatched", Ratios(static figures => figures.Batched));
                ConsensusFigures.WriteRatio(writer, "ratioProposals", Ratios(static figures => figures.Rates));
                if (Figures[0].OneGroupRates.Count > 0)
                {
                    ConsensusFigures.WriteRatio(
                        writer, "ratioProposalsOneGroup", Ratios(static figures => figures.OneGroupRates));
                }
            }

            writer.WriteEndObject();
        }

        return stream.ToArray();
    }

    private double[] Ratios(Func<ConsensusFigures, IReadOnlyList<double>> select) =>
        ConsensusFigures.RatiosOf(select(Figures[1]), select(Figures[0]));

    private void Add(Table table, string name, string format, Func<ConsensusFigures, IReadOnlyList<double>> select)
    {
        List<Text> cells = [.. Figures.Select(figures => Cell(Comparison.Median(select(figures)), format))];
        if (IsComparison)
        {
            cells.Add(Cell(Comparison.Median(Ratios(select)), "N2"));
        }

        table.AddRow([new Text(name), .. cells]);
        AddSpread(table, format, select, IsComparison ? Ratios(select) : null);
    }

    private void AddMedians(
        Table table, string name, string format, Func<ConsensusFigures, IReadOnlyList<double>> select) =>
        table.AddRow([new Text(name), .. Figures.Select(each => Cell(Comparison.Median(select(each)), format))]);

    private void AddSpread(
        Table table, string format, Func<ConsensusFigures, IReadOnlyList<double>> select, double[]? ratios = null)
    {
        List<Text> cells = [.. Figures.Select(figures => Spread(select(figures), format))];
        if (ratios is not null)
        {
            cells.Add(Spread(ratios, "N2"));
        }

        table.AddRow([new Text("  from, to"), .. cells]);
    }

    private static Text Spread(IReadOnlyList<double> samples, string format) =>
        new($"{Format(samples.Min(), format)}, {Format(samples.Max(), format)}");

    private static Text Cell(double value, string format) => new(Format(value, format));

    private static string Format(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);
}
