namespace Concord.Hosting;

/// <summary>A serializer that is used for all values and messages of a type.</summary>
internal sealed record SerializerRegistration(Type Type, object Serializer);

/// <summary>The serializers that were registered; of two for one type the later one.</summary>
internal sealed class ValueSerializers(IEnumerable<SerializerRegistration> registrations)
{
    private readonly Dictionary<Type, object> _byType = registrations
        .GroupBy(registration => registration.Type)
        .ToDictionary(group => group.Key, group => group.Last().Serializer);

    public static ValueSerializers None { get; } = new([]);

    public IConcordSerializer<T>? Find<T>()
        where T : notnull =>
        _byType.TryGetValue(typeof(T), out object? found) ? (IConcordSerializer<T>)found : null;
}
