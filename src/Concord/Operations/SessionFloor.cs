using System.Buffers.Binary;
using Concord.Engines;

namespace Concord.Operations;

/// <summary>How many sessions have ended in this shard. A session is opened with the number that its client last heard;
/// a smaller one than the current is too old. See <see cref="OpenSession"/> for why.</summary>
internal static class SessionFloor
{
    public static long Read(IKeyspace keys)
    {
        Span<byte> key = stackalloc byte[32];
        return keys.TryGet(Key(key), out RecordView record) ? BinaryPrimitives.ReadInt64LittleEndian(record.Value) : 0;
    }

    public static void Raise(IKeyspace keys)
    {
        Span<byte> key = stackalloc byte[32];
        Span<byte> value = stackalloc byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(value, Read(keys) + 1);
        keys.Put(Key(key), value);
    }

    private static ReadOnlySpan<byte> Key(Span<byte> target) =>
        RecordKey.Write(target, Slot.OfShard, RecordKind.System, "session-floor"u8);
}
