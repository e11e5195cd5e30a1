using Concord.Encoding;
using Concord.Engines;

namespace Concord.Client.Wire;

/// <summary>A sign of life of a session to a shard, and its confirmation.</summary>
/// <param name="Shard">The shard in which the session is registered.</param>
/// <param name="Session">The session.</param>
/// <param name="Stamp">When it was sent, by the client's clock; comes back as it was.</param>
internal readonly record struct SignOfLife(uint Shard, SessionId Session, TimeSpan Stamp)
{
    public void Write(FrameWriter frames)
    {
        WriteBody(frames.Begin(WireKind.KeepAlive));
        frames.End();
    }

    /// <summary>Confirms it, or says that there is no such session.</summary>
    public void WriteConfirmation(FrameWriter frames, ushort leader, bool isAlive)
    {
        ByteWriter writer = frames.Begin(WireKind.Renewed);
        WriteBody(writer);
        writer.WriteUInt16(leader);
        writer.WriteByte(isAlive ? (byte)1 : (byte)0);
        frames.End();
    }

    public static SignOfLife Read(ref ByteReader reader)
    {
        SignOfLife sign = ReadBody(ref reader);
        reader.End();
        return sign;
    }

    public static SignOfLife ReadConfirmation(ref ByteReader reader, out ushort leader, out bool isAlive)
    {
        SignOfLife sign = ReadBody(ref reader);
        leader = reader.ReadUInt16();
        isAlive = reader.ReadByte() != 0;
        reader.End();
        return sign;
    }

    private static SignOfLife ReadBody(ref ByteReader reader) =>
        new(reader.ReadUInt32(), new(reader.ReadUInt64()), new(reader.ReadInt64()));

    private void WriteBody(ByteWriter writer)
    {
        writer.WriteUInt32(Shard);
        writer.WriteUInt64(Session.Value);
        writer.WriteInt64(Stamp.Ticks);
    }
}
