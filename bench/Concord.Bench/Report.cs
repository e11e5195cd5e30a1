using System.Globalization;
using System.Text.Json;

namespace Concord.Bench;

/// <summary>What was measured and where, for people and for programs.</summary>
internal sealed class Report
{
    private const int NameWidth = -62;
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
