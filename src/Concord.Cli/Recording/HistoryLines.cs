using System.Text.Json;
using Concord.Simulation.Checking;

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
        StoreCall call = entry.Call;
        writer.WriteStartObject();
        writer.WriteNumber("process", entry.Process);
        writer.WriteString("operation", NameOf(call.Verb));
        writer.WriteString("key", entry.Key);
        writer.WritePropertyName("argument");
        if (call.Verb == StoreVerb.CompareAndSet)
        {
            writer.WriteStartArray();
            WriteNumber(writer, call.Expected);
            WriteNumber(writer, call.Argument);
            writer.WriteEndArray();
        }
        else
        {
            WriteNumber(writer, call.Argument);
        }

        writer.WritePropertyName("result");
        if (call.Verb == StoreVerb.CompareAndSet && call.Result is { } isDone)
        {
            writer.WriteBooleanValue(isDone == 1);
        }
        else
        {
            WriteNumber(writer, call.Result);
        }

        writer.WriteString("outcome", NameOf(entry.Outcome));
        writer.WriteNumber("invokedNs", entry.InvokedNs);
        writer.WritePropertyName("completedNs");
        WriteNumber(writer, entry.CompletedNs);
        writer.WriteEndObject();
    }

    private static void WriteNumber(Utf8JsonWriter writer, long? value)
    {
        if (value is { } number)
        {
            writer.WriteNumberValue(number);
        }
        else
        {
            writer.WriteNullValue();
        }
    }

    private static HistoryEntry Read(JsonElement line)
    {
        StoreVerb verb = line.GetProperty("operation").GetString() switch
        {
            "read" => StoreVerb.Read,
            "write" => StoreVerb.Write,
            "cas" => StoreVerb.CompareAndSet,
            "add" => StoreVerb.Add,
            string other => throw new FormatException($"operation is {other}."),
            null => throw new FormatException("operation is null."),
        };
        EntryOutcome outcome = line.GetProperty("outcome").GetString() switch
        {
            "ok" => EntryOutcome.Ok,
            "fail" => EntryOutcome.Fail,
            _ => EntryOutcome.Unknown,
        };
        JsonElement argument = line.GetProperty("argument");
        bool isPair = verb == StoreVerb.CompareAndSet;
        StoreCall call = new(
            verb,
            Number(isPair ? argument[1] : argument),
            isPair ? Number(argument[0]) : null,
            Number(line.GetProperty("result")));
        return new(
            line.GetProperty("process").GetInt32(),
            line.GetProperty("key").GetString() ?? throw new FormatException("key is null."),
            call,
            outcome,
            line.GetProperty("invokedNs").GetInt64(),
            Number(line.GetProperty("completedNs")));
    }

    private static long? Number(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Null => null,
        JsonValueKind.True => 1,
        JsonValueKind.False => 0,
        _ => value.GetInt64(),
    };

    private static string NameOf(StoreVerb verb) => verb switch
    {
        StoreVerb.Read => "read",
        StoreVerb.Write => "write",
        StoreVerb.CompareAndSet => "cas",
        _ => "add",
    };

    private static string NameOf(EntryOutcome outcome) => outcome switch
    {
        EntryOutcome.Ok => "ok",
        EntryOutcome.Fail => "fail",
        _ => "unknown",
    };
}
