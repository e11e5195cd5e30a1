using Concord.Encoding;

namespace Concord.Engines;

/// <summary>A fence in a command: token 8, session 8, sequence 8, the root's key.</summary>
internal readonly ref struct FenceView
{
    public long Token { get; private init; }

    public SessionId Session { get; private init; }

    public ulong Sequence { get; private init; }

    public ReadOnlySpan<byte> Root { get; private init; }

    public static void Write(ByteWriter writer, in EngineFence fence)
    {
        writer.WriteInt32((3 * sizeof(long)) + fence.Root.Length);
        writer.WriteInt64(fence.Token);
        writer.WriteUInt64(fence.Session.Value);
        writer.WriteUInt64(fence.Sequence);
        writer.WriteRaw(fence.Root.Span);
    }

    /// <exception cref="MalformedDataException">It is no fence of something in this slot.</exception>
    public static FenceView Read(ReadOnlySpan<byte> source, Slot slot)
    {
        var reader = new ByteReader(source);
        var fence = new FenceView
        {
            Token = reader.ReadInt64(),
            Session = new(reader.ReadUInt64()),
            Sequence = reader.ReadUInt64(),
            Root = reader.Rest,
        };
        return fence.Root.Length > 3 && RecordKey.SlotOf(fence.Root) == slot
            ? fence
            : throw new MalformedDataException("A fence of something in another slot.");
    }
}
