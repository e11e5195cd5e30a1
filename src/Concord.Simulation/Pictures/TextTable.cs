using System.Text.Json;

namespace Concord.Simulation.Pictures;

/// <summary>Texts by number: messages repeat themselves.</summary>
internal sealed class TextTable
{
    private readonly Dictionary<string, int> _numbers = new(StringComparer.Ordinal);
    private readonly List<string> _texts = [];

    public int Find(string text)
    {
        if (!_numbers.TryGetValue(text, out int number))
        {
            number = _texts.Count;
            _texts.Add(text);
            _numbers.Add(text, number);
        }

        return number;
    }

    public void Write(Utf8JsonWriter writer)
    {
        writer.WriteStartArray("texts");
        foreach (string text in _texts)
        {
            writer.WriteStringValue(text);
        }

        writer.WriteEndArray();
    }
}
