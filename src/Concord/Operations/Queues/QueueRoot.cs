using Concord.Encoding;
using Concord.Engines;

namespace Concord.Operations.Queues;

/// <summary>The root of a queue as it is stored: version 1, whether it was configured, counts, moments, settings. The
/// moments are early at worst: to look too early finds nothing and sets them right.</summary>
internal sealed class QueueRoot
{
    private const byte Version = 1;

    public bool IsConfigured { get; set; }

    public StoredQueueSettings Settings { get; set; } = StoredQueueSettings.Default;

    /// <summary>The place of the next message.</summary>
    public ulong NextOrder { get; set; } = 1;

    /// <summary>The number of the next place in line.</summary>
    public ulong NextPlace { get; set; } = 1;

    /// <summary>Receivers in line.</summary>
    public long Waiting { get; set; }

    public long Ready { get; set; }

    /// <summary>Messages behind another of their group.</summary>
    public long Behind { get; set; }

    public long Delayed { get; set; }

    public long InFlight { get; set; }

    /// <summary>The content of all messages, those in flight included.</summary>
    public long Bytes { get; set; }

    /// <summary>Messages of transactions that are prepared and not decided: there is room for them.</summary>
    public long Reserved { get; set; }

    public long ReservedBytes { get; set; }

    /// <summary>How many were ever dead-lettered.</summary>
    public long DeadLettered { get; set; }

    /// <summary>When the first delayed message comes due; zero for never, as the following.</summary>
    public long NextDue { get; set; }

    /// <summary>When the first message id is forgotten.</summary>
    public long NextForget { get; set; }

    /// <summary>When the first delivery ends.</summary>
    public long NextEnd { get; set; }

    /// <summary>What the Timer record says.</summary>
    public long Timer { get; set; }

    /// <summary>The look through the deliveries for those that have ended goes on behind this handle; no session:
    /// none is under way.</summary>
    public (SessionId Session, ulong Sequence) EndCursor { get; set; }

    /// <summary>The first end that this look has met.</summary>
    public long EndFound { get; set; }

    public long Length => Ready + Behind + Delayed + InFlight;

    public static QueueRoot Read(ReadOnlySpan<byte> value)
    {
        var reader = new ByteReader(value);
        byte version = reader.ReadByte();
        if (version != Version)
        {
            throw new MalformedDataException($"Malformed data: version {version} of a queue.");
        }

        return new()
        {
            IsConfigured = reader.ReadByte() != 0,
            NextOrder = reader.ReadUInt64(),
            NextPlace = reader.ReadUInt64(),
            Waiting = reader.ReadInt64(),
            Ready = reader.ReadInt64(),
            Behind = reader.ReadInt64(),
            Delayed = reader.ReadInt64(),
            InFlight = reader.ReadInt64(),
            Bytes = reader.ReadInt64(),
            Reserved = reader.ReadInt64(),
            ReservedBytes = reader.ReadInt64(),
            DeadLettered = reader.ReadInt64(),
            NextDue = reader.ReadInt64(),
            NextForget = reader.ReadInt64(),
            NextEnd = reader.ReadInt64(),
            Timer = reader.ReadInt64(),
            EndCursor = (new(reader.ReadUInt64()), reader.ReadUInt64()),
            EndFound = reader.ReadInt64(),
            Settings = StoredQueueSettings.Read(ref reader),
        };
    }

    public void Write(ByteWriter target)
    {
        target.WriteByte(Version);
        target.WriteByte(IsConfigured ? (byte)1 : (byte)0);
        target.WriteUInt64(NextOrder);
        target.WriteUInt64(NextPlace);
        target.WriteInt64(Waiting);
        target.WriteInt64(Ready);
        target.WriteInt64(Behind);
        target.WriteInt64(Delayed);
        target.WriteInt64(InFlight);
        target.WriteInt64(Bytes);
        target.WriteInt64(Reserved);
        target.WriteInt64(ReservedBytes);
        target.WriteInt64(DeadLettered);
        target.WriteInt64(NextDue);
        target.WriteInt64(NextForget);
        target.WriteInt64(NextEnd);
        target.WriteInt64(Timer);
        target.WriteUInt64(EndCursor.Session.Value);
        target.WriteUInt64(EndCursor.Sequence);
        target.WriteInt64(EndFound);
        Settings.Write(target);
    }
}
