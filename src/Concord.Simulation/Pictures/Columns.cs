using System.Text.Json;

namespace Concord.Simulation.Pictures;

/// <summary>Rows of whole numbers, kept and written by column; each column as differences from row to row, for most of
/// them are small.</summary>
internal sealed class Columns(params string[] names)
{
    private readonly List<long>[] _columns = [.. names.Select(static _ => new List<long>())];

    public int Count => _columns[0].Count;

    public int Add(params ReadOnlySpan<long> row)
    {
        for (int i = 0; i < _columns.Length; i++)
        {
            _columns[i].Add(row[i]);
        }

        return Count - 1;
    }

    public long this[int row, int column]
    {
        get => _columns[column][row];
        set => _columns[column][row] = value;
    }

    public void Write(Utf8JsonWriter writer)
    {
        for (int i = 0; i < _columns.Length; i++)
        {
            writer.WriteStartArray(names[i]);
            long last = 0;
            foreach (long value in _columns[i])
            {
                writer.WriteNumberValue(value - last);
                last = value;
            }

            writer.WriteEndArray();
        }
    }
}
