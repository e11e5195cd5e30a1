using System.Globalization;
using System.Text.Json;

namespace Concord.Bench;

/// <summary>What was measured and where, for people and for programs.</summary>
internal sealed class Report
{
    private const int NameWidth = -62;
    private const int PairNameWidth = -78;
    private const int Width = 10;

    private readonly IReadOnlyList<(string Name, string Value)> _machine = Machine.Describe();
    private readonly List<Figure> _figures = [];
    private string _loadAfter = "";

    public void PrintHead()
    {
        foreach ((string name, string value) in _machine)
        {
            Console.WriteLine($"{name,-18}{value}");
        }

#if DEBUG
        Console.WriteLine("This is a debug build: its figures say nothing. Run it with -c Release.");
#endif
        Console.WriteLine();
        Console.WriteLine(
            $"{"",NameWidth}{"median",Width}{"25 %",Width}{"75 %",Width}"
            + $"{"smallest",Width}{"greatest",Width}{"n",Width}");
    }

    /// <summary>Keeps a figure and prints it, so that one sees it before the rest is measured.</summary>
    public void Add(Figure figure)
    {
        _figures.Add(figure);
        string name = $"{figure.Name}, {figure.Unit}";
        Console.WriteLine(
            $"{name,NameWidth}{Number(figure.Median),Width}"
            + $"{Number(figure.LowerQuartile),Width}{Number(figure.UpperQuartile),Width}"
            + $"{Number(figure.Smallest),Width}{Number(figure.Greatest),Width}{figure.Samples.Count,Width}");
    }

    /// <summary>Keeps what was counted or measured of two subjects, and prints both side by side with the ratio of the
    /// second to the first: of neighbours, when both took turns.</summary>
    public void AddPair(
        string name, string unit, (string Name, double[] Samples) left, (string Name, double[] Samples) right)
    {
        double[] ratios = [.. right.Samples.Zip(left.Samples, static (subject, yardstick) => subject / yardstick)];
        Figure[] pair =
        [
            new($"{name}, {left.Name}", unit, left.Samples),
            new($"{name}, {right.Name}", unit, right.Samples),
            new($"{name}, {right.Name} to {left.Name}", "ratio", ratios),
        ];
        bool isCounted = left.Samples.Length == 1;
        _figures.AddRange(isCounted ? pair[..2] : pair);
        string ratio = double.IsFinite(pair[2].Median) ? Number(pair[2].Median) : "";
        string cells = $"{Number(pair[0].Median),Width}{Number(pair[1].Median),Width + 2}{ratio,Width - 2}";
        string spread = isCounted
            ? ""
            : $"  {Number(pair[2].LowerQuartile)} to {Number(pair[2].UpperQuartile)}, n = {ratios.Length}";
        Console.WriteLine($"{$"{name}, {unit}",PairNameWidth}{cells}{spread}");
    }

    /// <summary>Above pairs.</summary>
    public static void PrintPairHead(string left, string right) => Console.WriteLine(
        $"\n{"",PairNameWidth}{left,Width}{right,Width + 2}{"ratio",Width - 2}  25 % to 75 %");

    /// <summary>Ends the report: from here on the load is that of others.</summary>
    public void Close()
    {
        _loadAfter = Machine.LoadAverage();
        Console.WriteLine($"\n{"load after",-18}{_loadAfter}");
    }

    public void WriteJson(string path)
    {
        using FileStream stream = File.Create(path);
        using Utf8JsonWriter writer = new(stream, new JsonWriterOptions { Indented = true });
        writer.WriteStartObject();
        writer.WriteStartObject("machine");
        foreach ((string name, string value) in _machine)
        {
            writer.WriteString(name, value);
        }

        writer.WriteString("load after", _loadAfter);
        writer.WriteEndObject();
        writer.WriteStartArray("figures");
        foreach (Figure figure in _figures)
        {
            Write(writer, figure);
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter writer, Figure figure)
    {
        writer.WriteStartObject();
        writer.WriteString("name", figure.Name);
        writer.WriteString("unit", figure.Unit);
        writer.WriteNumber("median", figure.Median);
        writer.WriteNumber("lowerQuartile", figure.LowerQuartile);
        writer.WriteNumber("upperQuartile", figure.UpperQuartile);
        writer.WriteNumber("smallest", figure.Smallest);
        writer.WriteNumber("greatest", figure.Greatest);
        writer.WriteStartArray("samples");
        foreach (double sample in figure.Samples)
        {
            writer.WriteNumberValue(sample);
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    private static string Number(double value) =>
        value.ToString(value < 100 ? "N2" : "N0", CultureInfo.InvariantCulture);
}
