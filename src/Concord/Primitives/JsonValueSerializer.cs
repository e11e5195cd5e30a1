using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Concord.Primitives;

/// <summary>Values as JSON, unless a value brings a serializer of its own.</summary>
internal sealed class JsonValueSerializer<T>(JsonTypeInfo<T> typeInfo) : IConcordSerializer<T>
    where T : notnull
{
    public string ContentType => "application/json";

    public void Serialize(T value, IBufferWriter<byte> target)
    {
        using var writer = new Utf8JsonWriter(target);
        JsonSerializer.Serialize(writer, value, typeInfo);
    }

    public T Deserialize(ReadOnlySequence<byte> source)
    {
        var reader = new Utf8JsonReader(source);
        return JsonSerializer.Deserialize(ref reader, typeInfo)
            ?? throw new InvalidOperationException($"The stored JSON is null, which is no {typeof(T)}.");
    }
}

/// <summary>Freezes the user's JSON options: later changes to them must not give one name two formats.</summary>
internal static class FrozenJsonOptions
{
    private const string Reason = "Reflection only where it is enabled; else the user's resolver.";

    [UnconditionalSuppressMessage("Trimming", "IL2026", Justification = Reason)]
    [UnconditionalSuppressMessage("AOT", "IL3050", Justification = Reason)]
    public static JsonSerializerOptions Of(JsonSerializerOptions options)
    {
        var copy = new JsonSerializerOptions(options);
        if (copy.TypeInfoResolver is null)
        {
            copy.TypeInfoResolver = JsonSerializer.IsReflectionEnabledByDefault
                ? new DefaultJsonTypeInfoResolver()
                : JsonTypeInfoResolver.Combine();
        }

        copy.MakeReadOnly();
        return copy;
    }
}
