using System.Text.Json;

namespace Concord.Cli.Recording;

/// <summary>What the argument and the result of an operation look like in a history.</summary>
internal enum HistoryShape
{
    /// <summary>Null.</summary>
    None,

    /// <summary>A number, or null.</summary>
    Number,

    /// <summary>True or false.</summary>
    Truth,

    /// <summary>Two numbers, each may be null; or null.</summary>
    Pair,
}

/// <summary>The operations of a history by name, and their shapes: docs/guides/histories.md has the same.</summary>
internal static class HistoryShapes
{
    private static readonly (HistoryVerb Verb, string Name, HistoryShape Argument, HistoryShape Result)[] s_all =
    [
        (HistoryVerb.Read, "read", HistoryShape.None, HistoryShape.Number),
        (HistoryVerb.Write, "write", HistoryShape.Number, HistoryShape.None),
        (HistoryVerb.CompareAndSet, "cas", HistoryShape.Pair, HistoryShape.Truth),
        (HistoryVerb.Add, "add", HistoryShape.Number, HistoryShape.Number),
        (HistoryVerb.Acquire, "acquire", HistoryShape.None, HistoryShape.Number),
        (HistoryVerb.FencedWrite, "fenced-write", HistoryShape.Pair, HistoryShape.Truth),
        (HistoryVerb.Release, "release", HistoryShape.Number, HistoryShape.None),
        (HistoryVerb.Enqueue, "enqueue", HistoryShape.Pair, HistoryShape.Truth),
        (HistoryVerb.Receive, "receive", HistoryShape.None, HistoryShape.Pair),
        (HistoryVerb.Complete, "complete", HistoryShape.Pair, HistoryShape.None),
        (HistoryVerb.Return, "return", HistoryShape.Pair, HistoryShape.None),
        (HistoryVerb.Count, "count", HistoryShape.None, HistoryShape.Number),
    ];

    public static string NameOf(HistoryVerb verb) => s_all[(int)verb].Name;

    /// <exception cref="FormatException">There is none of that name.</exception>
    public static HistoryVerb VerbOf(string? name) =>
        Array.FindIndex(s_all, each => each.Name == name) is var index and >= 0
            ? s_all[index].Verb
            : throw new FormatException($"operation is {name ?? "null"}.");

    /// <summary>Writes both properties.</summary>
    public static void Write(Utf8JsonWriter writer, HistoryCall call)
    {
        (HistoryVerb verb, _, HistoryShape argument, HistoryShape result) = s_all[(int)call.Verb];
        (long? First, long? Second) pair = verb switch
        {
            HistoryVerb.CompareAndSet => (call.Second, call.Argument),
            HistoryVerb.FencedWrite => (call.Token, call.Argument),
            HistoryVerb.Enqueue => (call.Argument, call.Second),
            HistoryVerb.Receive => (call.Result, call.Token),
            _ => (call.Argument, call.Token),
        };
        writer.WritePropertyName("argument");
        Write(writer, argument, verb == HistoryVerb.Release ? call.Token : call.Argument, pair);
        writer.WritePropertyName("result");
        Write(writer, call.Result is null ? HistoryShape.None : result, call.Result, pair);
    }

    /// <summary>Reads them.</summary>
    public static HistoryCall Read(HistoryVerb verb, JsonElement argument, JsonElement result)
    {
        (long? First, long? Second) asked = Pair(argument);
        (long? First, long? Second) answered = Pair(result);
        return verb switch
        {
            HistoryVerb.CompareAndSet => new(verb, asked.Second, Second: asked.First, Result: answered.First),
            HistoryVerb.FencedWrite => new(verb, asked.Second, Token: asked.First, Result: answered.First),
            HistoryVerb.Enqueue => new(verb, asked.First, Second: asked.Second, Result: answered.First),
            HistoryVerb.Receive => new(verb, Token: answered.Second, Result: answered.First),
            HistoryVerb.Complete or HistoryVerb.Return => new(verb, asked.First, Token: asked.Second),
            HistoryVerb.Release => new(verb, Token: asked.First),
            _ => new(verb, asked.First, Result: answered.First),
        };
    }

    private static void Write(
        Utf8JsonWriter writer, HistoryShape shape, long? number, (long? First, long? Second) pair)
    {
        switch (shape)
        {
            case HistoryShape.Pair:
                writer.WriteStartArray();
                Write(writer, pair.First);
                Write(writer, pair.Second);
                writer.WriteEndArray();
                break;
            case HistoryShape.Truth:
                writer.WriteBooleanValue(number == 1);
                break;
            case HistoryShape.Number:
                Write(writer, number);
                break;
            default:
                writer.WriteNullValue();
                break;
        }
    }

    private static void Write(Utf8JsonWriter writer, long? number)
    {
        if (number is { } value)
        {
            writer.WriteNumberValue(value);
        }
        else
        {
            writer.WriteNullValue();
        }
    }

    /// <summary>Of one number, of two, or of none.</summary>
    private static (long? First, long? Second) Pair(JsonElement value) => value.ValueKind == JsonValueKind.Array
        ? (Number(value[0]), Number(value[1]))
        : (Number(value), null);

    private static long? Number(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Null => null,
        JsonValueKind.True => 1,
        JsonValueKind.False => 0,
        _ => value.GetInt64(),
    };
}
