using System.Text.Json.Serialization.Metadata;
using Concord.Primitives;

namespace Concord;

/// <summary>Values and queues as JSON without reflection and without registration: the spelling for trimming and
/// AOT.</summary>
public static class ConcordJsonExtensions
{
    /// <summary>A value, stored as JSON by <paramref name="jsonTypeInfo"/>.</summary>
    /// <param name="concord">The root.</param>
    /// <param name="name">The name of the value.</param>
    /// <param name="jsonTypeInfo">Of a source-generated context.</param>
    public static IConcordValue<T> GetValue<T>(this IConcord concord, string name, JsonTypeInfo<T> jsonTypeInfo)
        where T : notnull
    {
        ArgumentNullException.ThrowIfNull(concord);
        ArgumentNullException.ThrowIfNull(jsonTypeInfo);
        return concord.GetValue(name, new JsonValueSerializer<T>(jsonTypeInfo));
    }

    /// <summary>A queue, whose messages are stored as JSON by <paramref name="jsonTypeInfo"/>.</summary>
    /// <param name="concord">The root.</param>
    /// <param name="name">The name of the queue.</param>
    /// <param name="jsonTypeInfo">Of a source-generated context.</param>
    public static IConcordQueue<T> GetQueue<T>(this IConcord concord, string name, JsonTypeInfo<T> jsonTypeInfo)
        where T : notnull
    {
        ArgumentNullException.ThrowIfNull(concord);
        ArgumentNullException.ThrowIfNull(jsonTypeInfo);
        return concord.GetQueue(name, new JsonValueSerializer<T>(jsonTypeInfo));
    }
}
