using Concord.Encoding;
using Concord.Engines;

namespace Concord.Operations;

/// <summary>
/// Raises the level of the shard: the number that says which operations may be proposed. A leader proposes it when
/// every replica has said that its build knows the level. The first one also records how the cluster was laid out, and
/// every replica compares that with what its own folder says. Arguments: level, layout.
/// </summary>
internal static class RaiseLevel
{
    private const int KeyBytes = 16;

    public static void WriteArguments(ByteWriter target, int level, ReadOnlySpan<byte> layout)
    {
        target.WriteInt32(level);
        target.WriteBytes(layout);
    }

    public static void Run(ref ByteReader arguments, in OperationContext context, IKeyspace keys,
        OperationAnswer answer)
    {
        int level = arguments.ReadInt32();
        ReadOnlySpan<byte> layout = arguments.ReadBytes();
        arguments.End();
        int current = Read(keys, out ReadOnlySpan<byte> recorded);
        if (level > current)
        {
            var value = new ByteWriter(64);
            value.WriteInt32(level);
            value.WriteRaw(current == 0 ? layout : recorded);
            Span<byte> key = stackalloc byte[KeyBytes];
            keys.Put(Key(key), value.Written);
        }

        Reply.Done(answer, OperationCode.RaiseLevel).WriteInt32(Math.Max(level, current));
    }

    /// <summary>The level of the shard, 0 before the first entry, and how the cluster was laid out.</summary>
    public static int Read(IKeyspace keys, out ReadOnlySpan<byte> layout)
    {
        layout = default;
        Span<byte> key = stackalloc byte[KeyBytes];
        if (!keys.TryGet(Key(key), out RecordView record))
        {
            return 0;
        }

        var reader = new ByteReader(record.Value);
        int level = reader.ReadInt32();
        layout = reader.Rest;
        return level;
    }

    private static ReadOnlySpan<byte> Key(Span<byte> target) =>
        RecordKey.Write(target, Slot.OfShard, RecordKind.System, "level"u8);
}
