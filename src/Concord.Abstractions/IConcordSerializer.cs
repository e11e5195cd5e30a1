using System.Buffers;

namespace Concord;

/// <summary>How values become bytes. The shape of IHybridCacheSerializer, so that one class can serve both.</summary>
public interface IConcordSerializer<T>
    where T : notnull
{
    /// <summary>Stored with every value: a reader with another format gets a clear error. At most 64 bytes of
    /// ASCII.</summary>
    string ContentType { get; }

    /// <summary>Writes <paramref name="value"/>.</summary>
    void Serialize(T value, IBufferWriter<byte> target);

    /// <summary>Reads what <see cref="Serialize"/> wrote.</summary>
    T Deserialize(ReadOnlySequence<byte> source);
}
