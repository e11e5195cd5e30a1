using System.Buffers.Binary;
using Concord.Encoding;
using Concord.Engines;

namespace Concord.Operations;

/// <summary>The stored form of a counter: 8 bytes, little-endian. One that is not there is zero.</summary>
internal static class CounterRecord
{
    public const int Bytes = 8;

    public static long Read(IKeyspace keys, ReadOnlySpan<byte> key) =>
        keys.TryGet(key, out RecordView record) ? Decode(record.Value) : 0;

    public static void Write(IKeyspace keys, ReadOnlySpan<byte> key, long value)
    {
        Span<byte> bytes = stackalloc byte[Bytes];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, value);
        keys.Put(key, bytes);
    }

    public static long Decode(ReadOnlySpan<byte> record) => record.Length == Bytes
        ? BinaryPrimitives.ReadInt64LittleEndian(record)
        : throw new MalformedDataException($"A counter of {record.Length} bytes.");
}
