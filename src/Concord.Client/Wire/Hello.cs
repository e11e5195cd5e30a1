using Concord.Encoding;

namespace Concord.Client.Wire;

/// <summary>The first message in each direction: who is there, and of which cluster.</summary>
/// <param name="Role">What the sender is.</param>
/// <param name="Cluster">Its cluster; empty for a client that takes any.</param>
/// <param name="Node">Its node number; zero for a client.</param>
/// <param name="Incarnation">Made anew with each data folder: a node that lost its disk is not the one that it
/// was.</param>
/// <param name="Level">The highest level that its build knows.</param>
internal readonly record struct Hello(HelloRole Role, Guid Cluster, ushort Node, ulong Incarnation, ushort Level)
{
    private const uint Magic = 0x44434E43; // "CNCD"

    public void Write(FrameWriter frames, WireKind kind)
    {
        ByteWriter writer = frames.Begin(kind);
        writer.WriteUInt32(Magic);
        writer.WriteByte((byte)Role);
        Cluster.TryWriteBytes(writer.Reserve(16));
        writer.WriteUInt16(Node);
        writer.WriteUInt64(Incarnation);
        writer.WriteUInt16(Level);
        frames.End();
    }

    /// <exception cref="MalformedDataException">It is no hello.</exception>
    public static Hello Read(ref ByteReader reader)
    {
        if (reader.ReadUInt32() != Magic)
        {
            throw new MalformedDataException("The other side is not Concord.");
        }

        var hello = new Hello(
            (HelloRole)reader.ReadByte(), new Guid(reader.ReadRaw(16)), reader.ReadUInt16(), reader.ReadUInt64(),
                reader.ReadUInt16());
        reader.End();
        return hello.Role is HelloRole.Client or HelloRole.Peer
            ? hello
            : throw new MalformedDataException($"Malformed data: role {(byte)hello.Role}.");
    }
}

/// <summary>What connects.</summary>
internal enum HelloRole : byte
{
    Client = 1,
    Peer = 2,
}
