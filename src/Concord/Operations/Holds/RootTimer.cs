using System.Buffers.Binary;
using Concord.Encoding;
using Concord.Engines;

namespace Concord.Operations.Holds;

/// <summary>When something is to be done at a root by itself: one record per root, the time of the log in milliseconds.
/// The leader proposes <see cref="OperationCode.Wake"/> once it has come.</summary>
internal static class RootTimer
{
    public const int ValueBytes = 8;

    public static void Set(IKeyspace keys, scoped ReadOnlySpan<byte> root, LogTime due)
    {
        Span<byte> key = stackalloc byte[HoldKey.BytesMax];
        Span<byte> value = stackalloc byte[ValueBytes];
        BinaryPrimitives.WriteInt64LittleEndian(value, due.Milliseconds);
        keys.Put(HoldKey.Prefix(key, RecordKind.Timer, root), value);
    }

    public static void Clear(IKeyspace keys, scoped ReadOnlySpan<byte> root)
    {
        Span<byte> key = stackalloc byte[HoldKey.BytesMax];
        keys.Delete(HoldKey.Prefix(key, RecordKind.Timer, root));
    }

    /// <summary>When the root is due; null for no timer.</summary>
    public static LogTime? Read(IKeyspace keys, scoped ReadOnlySpan<byte> root)
    {
        Span<byte> key = stackalloc byte[HoldKey.BytesMax];
        return keys.TryGet(HoldKey.Prefix(key, RecordKind.Timer, root), out RecordView record)
            ? Due(record.Value)
            : null;
    }

    /// <summary>The time in a Timer record.</summary>
    public static LogTime Due(ReadOnlySpan<byte> value) => value.Length == ValueBytes
        ? new(BinaryPrimitives.ReadInt64LittleEndian(value))
        : throw new MalformedDataException($"Malformed data: a timer of {value.Length} bytes.");
}
