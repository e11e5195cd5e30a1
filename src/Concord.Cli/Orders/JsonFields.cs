using System.Text.Json;
using System.Text.Unicode;

namespace Concord.Cli.Orders;

/// <summary>
/// Reads JSON as strictly as the orders file asks: integers are JSON integers within 64 bits, text is valid Unicode.
/// Where a property is written twice the last one counts, as nearly all JSON readers do.
/// </summary>
internal static class JsonFields
{
    /// <summary>Fields that we ignore may be nested as they like; the reader keeps one bit per level and does not
    /// recurse.</summary>
    private const int DepthMax = 1 << 20;

    private const int QuotedLengthMax = 60;

    /// <summary>A reader over one whole text, which must be valid UTF-8: the reader itself would only notice when it
    /// comes to decode a string.</summary>
    /// <exception cref="InvalidLineException">It is not UTF-8.</exception>
    public static Utf8JsonReader Open(ReadOnlySpan<byte> utf8)
    {
        if (!Utf8.IsValid(utf8))
        {
            throw new InvalidLineException("it is not valid UTF-8");
        }

        return new Utf8JsonReader(utf8, new JsonReaderOptions { MaxDepth = DepthMax });
    }

    /// <summary>Whether the property that the reader stands on has this name; a name that is no valid text has
    /// none.</summary>
    public static bool IsNamed(ref Utf8JsonReader reader, ReadOnlySpan<byte> name)
    {
        try
        {
            return reader.ValueTextEquals(name);
        }
        catch (InvalidOperationException)
        {
            return false;
        }
    }

    /// <summary>The string that the reader stands on.</summary>
    public static string Text(ref Utf8JsonReader reader, string what)
    {
        if (reader.TokenType != JsonTokenType.String)
        {
            throw new InvalidLineException($"{what} is not a string");
        }

        return Decoded(ref reader, what);
    }

    /// <summary>The name of the property that the reader stands on.</summary>
    public static string Name(ref Utf8JsonReader reader, string what) => Decoded(ref reader, what);

    /// <summary>The integer that the reader stands on: <c>2</c> is one, <c>2.0</c>, <c>2e0</c> and <c>"2"</c> are
    /// not.</summary>
    public static long Integer(ref Utf8JsonReader reader, string what)
    {
        if (reader.TokenType != JsonTokenType.Number || reader.ValueSpan.IndexOfAny(".eE"u8) >= 0)
        {
            throw new InvalidLineException($"{what} is not an integer");
        }

        return reader.TryGetInt64(out long value)
            ? value
            : throw new InvalidLineException($"{what} does not fit into 64 bits");
    }

    /// <summary>A text from a file as it may be shown on a terminal: quoted, without control characters,
    /// bounded.</summary>
    public static string Quoted(string text)
    {
        string shown = text.Length <= QuotedLengthMax ? text : string.Concat(text.AsSpan(0, QuotedLengthMax), "…");
        return $"\"{JsonEncodedText.Encode(shown)}\"";
    }

    private static string Decoded(ref Utf8JsonReader reader, string what)
    {
        try
        {
            return reader.GetString()!;
        }
        catch (InvalidOperationException)
        {
            // An escaped half of a surrogate pair: valid JSON, but no text.
            throw new InvalidLineException($"{what} is not valid text");
        }
    }
}
