using Concord.Encoding;
using Concord.Engines;

namespace Concord.Client.Wire;

/// <summary>A sign of life of a session to a shard.</summary>
/// <param name="Shard">The shard in which the session is registered.</param>
/// <param name="Session">The session.</param>
/// <param name="TimeToLive">How long it lives after a sign.</param>
/// <param name="Stamp">When it was sent, by the client's clock: comes back with the confirmation. Null if none is
/// wanted.</param>
internal readonly record struct SignOfLife(uint Shard, SessionId Session, TimeSpan TimeToLive, TimeSpan? Stamp)
{
    public void Write(FrameWriter frames)
    {
        ByteWriter writer = frames.Begin(WireKind.KeepAlive);
        writer.WriteUInt32(Shard);
        writer.WriteUInt64(Session.Value);
        writer.WriteInt64(TimeToLive.Ticks);
        writer.WriteInt64((Stamp ?? TimeSpan.MinValue).Ticks);
        frames.End();
    }

    /// <exception cref="MalformedDataException">It is none.</exception>
    public static SignOfLife Read(ref ByteReader reader)
    {
        var sign = new SignOfLife(
            reader.ReadUInt32(), new(reader.ReadUInt64()), new(reader.ReadInt64()), new TimeSpan(reader.ReadInt64()));
        reader.End();
        return sign.Stamp == TimeSpan.MinValue ? sign with { Stamp = null } : sign;
    }
}

/// <summary>A leader's word about a session: it heard the sign while it surely led, or knows no such session.</summary>
/// <param name="Shard">The shard.</param>
/// <param name="Session">The session.</param>
/// <param name="Stamp">That of the sign.</param>
/// <param name="Leader">Who says so.</param>
/// <param name="IsAlive">Whether the session is registered and open.</param>
internal readonly record struct Renewal(uint Shard, SessionId Session, TimeSpan Stamp, ushort Leader, bool IsAlive)
{
    public void Write(FrameWriter frames)
    {
        ByteWriter writer = frames.Begin(WireKind.Renewed);
        writer.WriteUInt32(Shard);
        writer.WriteUInt64(Session.Value);
        writer.WriteInt64(Stamp.Ticks);
        writer.WriteUInt16(Leader);
        writer.WriteByte(IsAlive ? (byte)1 : (byte)0);
        frames.End();
    }

    /// <exception cref="MalformedDataException">It is none.</exception>
    public static Renewal Read(ref ByteReader reader)
    {
        var renewal = new Renewal(
            reader.ReadUInt32(),
            new(reader.ReadUInt64()),
            new(reader.ReadInt64()),
            reader.ReadUInt16(),
            reader.ReadByte() != 0);
        reader.End();
        return renewal;
    }
}
