using Concord.Encoding;
using Concord.Engines;

namespace Concord.Operations;

/// <summary>
/// Replaces the directory of the cluster's nodes: who was ever in it, and where. What it says is the engine's; here it
/// is a version and bytes. Done only if the version is still the one that the change was made from, so that of two
/// changes at once one is refused. Arguments: the version before, the directory.
/// </summary>
internal static class SetDirectory
{
    /// <summary>The level of the shard from which on it may be proposed.</summary>
    public const int SinceLevel = 2;

    private const int KeyBytes = 16;

    public static void WriteArguments(ByteWriter target, ulong before, ReadOnlySpan<byte> directory)
    {
        target.WriteUInt64(before);
        target.WriteBytes(directory);
    }

    public static void Run(ref ByteReader arguments, in OperationContext context, IKeyspace keys,
        OperationAnswer answer)
    {
        ulong before = arguments.ReadUInt64();
        ReadOnlySpan<byte> directory = arguments.ReadBytes();
        arguments.End();
        if (Read(keys, out _) != before)
        {
            answer.Refuse();
            return;
        }

        var value = new ByteWriter(64);
        value.WriteUInt64(before + 1);
        value.WriteRaw(directory);
        Span<byte> key = stackalloc byte[KeyBytes];
        keys.Put(Key(key), value.Written);
        Reply.Done(answer, OperationCode.SetDirectory).WriteUInt64(before + 1);
    }

    /// <summary>The version and the bytes of the directory; zero while it was never changed.</summary>
    public static ulong Read(IKeyspace keys, out ReadOnlySpan<byte> directory)
    {
        directory = default;
        Span<byte> key = stackalloc byte[KeyBytes];
        if (!keys.TryGet(Key(key), out RecordView record))
        {
            return 0;
        }

        var reader = new ByteReader(record.Value);
        ulong version = reader.ReadUInt64();
        directory = reader.Rest;
        return version;
    }

    private static ReadOnlySpan<byte> Key(Span<byte> target) =>
        RecordKey.Write(target, Slot.OfShard, RecordKind.System, "directory"u8);
}
