using Concord.Encoding;
using Concord.Engines;

namespace Concord.Client.Wire;

/// <summary>What became of a request at the node that it was sent to.</summary>
internal enum ReplyStatus : byte
{
    /// <summary>It ran, or had run; the answer follows.</summary>
    Answered = 1,

    /// <summary>This node does not lead the shard; nothing is known of the request. Try the hint.</summary>
    NotLeader = 2,

    /// <summary>The shard does not hold the slot; fetch the topology.</summary>
    WrongShard = 3,

    /// <summary>The session is not registered in the shard; nothing happened.</summary>
    SessionUnknown = 4,

    /// <summary>The client has said that it has this answer; it is gone.</summary>
    Forgotten = 5,

    /// <summary>Too much waits, or the state is full; nothing happened.</summary>
    Overloaded = 6,

    /// <summary>The request cannot be understood; nothing happened. The payload is a sentence.</summary>
    Malformed = 7,

    /// <summary>The shard is not ready yet (a new cluster writes its first entries); nothing happened.</summary>
    NotReady = 8,

    /// <summary>A transaction in the way was not decided in time; nothing happened.</summary>
    Conflict = 9,

    /// <summary>It was taken, and this node stopped leading before it was applied: it may still run.</summary>
    LeadershipLost = 10,

    /// <summary>The leader's disk is full; nothing happened. The payload is a sentence.</summary>
    DiskFull = 11,
}

/// <summary>The answer to a request of a client or of another node.</summary>
internal readonly ref struct NodeReply
{
    public ReplyStatus Status { get; init; }

    /// <summary>The log index of the entry that answered, for witnesses; zero for reads and refusals.</summary>
    public ulong Index { get; init; }

    /// <summary>Who leads, when this node does not; zero if it does not know.</summary>
    public ushort Leader { get; init; }

    public AnswerStatus Answer { get; init; }

    public long Revision { get; init; }

    public ReadOnlySpan<byte> Payload { get; init; }

    public void Write(FrameWriter frames, WireKind kind, ulong request)
    {
        ByteWriter writer = frames.Begin(kind);
        writer.WriteUInt64(request);
        writer.WriteByte((byte)Status);
        writer.WriteUInt64(Index);
        writer.WriteUInt16(Leader);
        writer.WriteByte((byte)Answer);
        writer.WriteInt64(Revision);
        writer.WriteBytes(Payload);
        frames.End();
    }

    /// <exception cref="MalformedDataException">It is no reply.</exception>
    public static NodeReply Read(ref ByteReader reader, out ulong request)
    {
        request = reader.ReadUInt64();
        var reply = new NodeReply
        {
            Status = (ReplyStatus)reader.ReadByte(),
            Index = reader.ReadUInt64(),
            Leader = reader.ReadUInt16(),
            Answer = (AnswerStatus)reader.ReadByte(),
            Revision = reader.ReadInt64(),
            Payload = reader.ReadBytes(),
        };
        reader.End();
        return reply.Status is >= ReplyStatus.Answered and <= ReplyStatus.DiskFull
            ? reply
            : throw new MalformedDataException($"Malformed data: reply status {(byte)reply.Status}.");
    }
}
