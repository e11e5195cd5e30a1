using System.Text.Json;

namespace Concord.Cli.Recording;

/// <summary>Histories as JSON lines: docs/guides/histories.md has the format.</summary>
internal static class HistoryLines
{
    private static readonly JsonWriterOptions s_options = new() { SkipValidation = true };

    /// <summary>Writes a history in the order in which the operations began.</summary>
    public static void Write(Stream target, IEnumerable<HistoryEntry> history)
    {
        using Utf8JsonWriter writer = new(target, s_options);
        foreach (HistoryEntry entry in history.OrderBy(static entry => entry.InvokedNs))
        {
            WriteLine(writer, entry);
            writer.Flush();
            target.WriteByte((byte)'\n');
            writer.Reset();
        }
    }

    /// <exception cref="CliException">A line is not what the format says.</exception>
    public static IReadOnlyList<HistoryEntry> Read(string path)
    {
        List<HistoryEntry> history = [];
        foreach (string line in File.ReadLines(path))
        {
            try
            {
                using JsonDocument document = JsonDocument.Parse(line);
                history.Add(Read(document.RootElement));
            }
            catch (Exception error) when (
                error is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
            {
                throw new CliException($"{path}:{history.Count + 1} is no operation of a history: {error.Message}");
            }
        }

        return history;
    }

    private static void WriteLine(Utf8JsonWriter writer, HistoryEntry entry)
    {
        writer.WriteStartObject();
        writer.WriteNumber("process", entry.Process);
        writer.WriteString("operation", HistoryShapes.NameOf(entry.Call.Verb));
        writer.WriteString("key", entry.Key);
        HistoryShapes.Write(writer, entry.Call);
        writer.WriteString("outcome", NameOf(entry.Outcome));
        writer.WriteNumber("invokedNs", entry.InvokedNs);
        writer.WritePropertyName("completedNs");
        if (entry.CompletedNs is { } completed)
        {
            writer.WriteNumberValue(completed);
        }
        else
        {
            writer.WriteNullValue();
        }

        writer.WriteEndObject();
    }

    private static HistoryEntry Read(JsonElement line)
    {
        HistoryVerb verb = HistoryShapes.VerbOf(line.GetProperty("operation").GetString());
        EntryOutcome outcome = line.GetProperty("outcome").GetString() switch
        {
            "ok" => EntryOutcome.Ok,
            "fail" => EntryOutcome.Fail,
            _ => EntryOutcome.Unknown,
        };
        JsonElement completed = line.GetProperty("completedNs");
        return new(
            line.GetProperty("process").GetInt32(),
            line.GetProperty("key").GetString() ?? throw new FormatException("key is null."),
            HistoryShapes.Read(verb, line.GetProperty("argument"), line.GetProperty("result")),
            outcome,
            line.GetProperty("invokedNs").GetInt64(),
            completed.ValueKind == JsonValueKind.Null ? null : completed.GetInt64());
    }

    private static string NameOf(EntryOutcome outcome) => outcome switch
    {
        EntryOutcome.Ok => "ok",
        EntryOutcome.Fail => "fail",
        _ => "unknown",
    };
}
