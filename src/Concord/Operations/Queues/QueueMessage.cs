using Concord.Encoding;
using Concord.Engines;

namespace Concord.Operations.Queues;

/// <summary>
/// A message as it is stored, held or not: version 1, order 8, enqueued 8, due 8, deliveries 4, failures 4, id, group,
/// whence it was dead-lettered (see <see cref="DeadLetterNote"/>; empty), then its content as
/// <see cref="ValueRecord"/> has it.
/// </summary>
internal readonly ref struct QueueMessage
{
    /// <summary>The largest content with its content type. Less than a value's: the answers of a session carry
    /// messages, and there is room for several.</summary>
    public const int ContentBytesMax = 256 << 10;

    private const byte Version = 1;

    /// <summary>Its place: lower ones are delivered first. It keeps it however often it comes back.</summary>
    public ulong Order { get; init; }

    /// <summary>When it came into this queue.</summary>
    public LogTime EnqueuedAt { get; init; }

    /// <summary>Not to be delivered before; zero for at once.</summary>
    public LogTime Due { get; init; }

    /// <summary>How often it was delivered.</summary>
    public int Deliveries { get; init; }

    /// <summary>How often that failed: said so, timed out, or the session was lost. Not when it was given
    /// back.</summary>
    public int Failures { get; init; }

    /// <summary>Empty when its sender gave it none.</summary>
    public ReadOnlySpan<byte> Id { get; init; }

    /// <summary>Empty for none.</summary>
    public ReadOnlySpan<byte> Group { get; init; }

    public ReadOnlySpan<byte> Note { get; init; }

    public ReadOnlySpan<byte> Content { get; init; }

    public static QueueMessage Read(ReadOnlySpan<byte> stored)
    {
        var reader = new ByteReader(stored);
        byte version = reader.ReadByte();
        if (version != Version)
        {
            throw new MalformedDataException($"Malformed data: version {version} of a message.");
        }

        return new()
        {
            Order = reader.ReadUInt64(),
            EnqueuedAt = new(reader.ReadInt64()),
            Due = new(reader.ReadInt64()),
            Deliveries = reader.ReadInt32(),
            Failures = reader.ReadInt32(),
            Id = reader.ReadBytes(),
            Group = reader.ReadBytes(),
            Note = reader.ReadBytes(),
            Content = reader.Rest,
        };
    }

    public void Write(ByteWriter target)
    {
        target.WriteByte(Version);
        target.WriteUInt64(Order);
        target.WriteInt64(EnqueuedAt.Milliseconds);
        target.WriteInt64(Due.Milliseconds);
        target.WriteInt32(Deliveries);
        target.WriteInt32(Failures);
        target.WriteBytes(Id);
        target.WriteBytes(Group);
        target.WriteBytes(Note);
        target.WriteRaw(Content);
    }

    public byte[] ToArray()
    {
        var target = new ByteWriter(64 + Id.Length + Group.Length + Note.Length + Content.Length);
        Write(target);
        return target.ToArray();
    }

    /// <summary>The same, back from a delivery.</summary>
    public QueueMessage Back(LogTime due, int failures) => new()
    {
        Order = Order,
        EnqueuedAt = EnqueuedAt,
        Due = due,
        Deliveries = Deliveries,
        Failures = failures,
        Id = Id,
        Group = Group,
        Note = Note,
        Content = Content,
    };

    /// <summary>The same, delivered once more.</summary>
    public QueueMessage Delivered() => new()
    {
        Order = Order,
        EnqueuedAt = EnqueuedAt,
        Deliveries = Deliveries + 1,
        Failures = Failures,
        Id = Id,
        Group = Group,
        Note = Note,
        Content = Content,
    };

    /// <summary>The same in another queue: last there, and counted anew.</summary>
    public QueueMessage Moved(ulong order, LogTime now, ReadOnlySpan<byte> note) => new()
    {
        Order = order,
        EnqueuedAt = now,
        Id = Id,
        Group = Group,
        Note = note,
        Content = Content,
    };
}
