using System.Buffers.Binary;
using Concord.Encoding;

namespace Concord.Engines;

/// <summary>
/// An operation as it travels and as it stands in the log: code 2, flags 1, time 8, slot 2, session 8, sequence 8,
/// acknowledged 8, then namespace and idempotency key if flagged, then the fence if flagged, then the arguments. The
/// leader fills in the time.
/// </summary>
internal readonly ref struct Command
{
    public const int HeadBytes = 37;
    private const int TimeOffset = 3;
    private const byte HasIdempotencyKey = 1;
    private const byte HasFence = 2;

    public OperationCode Code { get; private init; }

    public LogTime Time { get; private init; }

    /// <summary>Slot, session and number; the session is none for what a leader proposes by itself.</summary>
    public RequestKey Request { get; private init; }

    /// <summary>All requests of the session on this slot up to here are answered; their answers may be
    /// forgotten.</summary>
    public ulong AcknowledgedThrough { get; private init; }

    /// <summary>The namespace and key under which the answer is kept, as they stand in a record key; empty for
    /// none.</summary>
    public ReadOnlySpan<byte> IdempotencyTail { get; private init; }

    /// <summary>The hold that must be held; empty for none. See <see cref="FenceView"/>.</summary>
    public ReadOnlySpan<byte> Fence { get; private init; }

    public ReadOnlySpan<byte> Arguments { get; private init; }

    /// <exception cref="MalformedDataException">The bytes are not a command.</exception>
    public static Command Read(ReadOnlySpan<byte> source)
    {
        var reader = new ByteReader(source);
        var code = (OperationCode)reader.ReadUInt16();
        byte flags = reader.ReadByte();
        var time = new LogTime(reader.ReadInt64());
        var slot = new Slot(reader.ReadUInt16());
        var request = new RequestKey(slot, new(reader.ReadUInt64()), reader.ReadUInt64());
        ulong acknowledged = reader.ReadUInt64();
        if (flags > (HasIdempotencyKey | HasFence) || (slot.Value >= Slot.Count && slot != Slot.OfShard))
        {
            throw new MalformedDataException("Malformed data: unknown flags or slot of a command.");
        }

        ReadOnlySpan<byte> tail = (flags & HasIdempotencyKey) != 0 ? reader.ReadBytes() : default;
        ReadOnlySpan<byte> fence = (flags & HasFence) != 0 ? reader.ReadBytes() : default;
        return new()
        {
            Code = code,
            Time = time,
            Request = request,
            AcknowledgedThrough = acknowledged,
            IdempotencyTail = tail,
            Fence = fence,
            Arguments = reader.Rest,
        };
    }

    /// <summary>Writes everything before the arguments.</summary>
    public static void WriteHead(
        ByteWriter writer,
        OperationCode code,
        RequestKey request,
        ulong acknowledgedThrough = 0,
        IdempotencyName? idempotencyKey = null,
        EngineFence? fence = null)
    {
        writer.WriteUInt16((ushort)code);
        int flags = (idempotencyKey is null ? 0 : HasIdempotencyKey) | (fence is null ? 0 : HasFence);
        writer.WriteByte((byte)flags);
        writer.WriteInt64(0);
        writer.WriteUInt16(request.Slot.Value);
        writer.WriteUInt64(request.Session.Value);
        writer.WriteUInt64(request.Sequence);
        writer.WriteUInt64(acknowledgedThrough);
        if (idempotencyKey is { } name)
        {
            // The tail of a record key: the slot in front of it is the request's.
            writer.WriteBytes(
                RecordKey.TailOf(RecordKey.Named(request.Slot, RecordKind.Idempotency, name.Namespace, name.Key)));
        }

        if (fence is { } hold)
        {
            FenceView.Write(writer, hold);
        }
    }

    /// <summary>Puts the leader's time into an encoded command.</summary>
    public static void SetTime(Span<byte> command, LogTime time) =>
        BinaryPrimitives.WriteInt64LittleEndian(command[TimeOffset..], time.Milliseconds);
}
