using Concord.Encoding;
using Concord.Engines;

namespace Concord.Operations.Queues;

/// <summary>
/// The record of a delivery, a Hold: version 1, visible again at 8, since 8, the receiver's process, then the message,
/// which is nowhere else meanwhile.
/// </summary>
internal readonly ref struct DeliveryRecord
{
    private const byte Version = 1;

    /// <summary>The delivery has failed if it is not ended or extended before.</summary>
    public LogTime Until { get; private init; }

    public LogTime Since { get; private init; }

    /// <summary>UTF-8.</summary>
    public ReadOnlySpan<byte> Process { get; private init; }

    public QueueMessage Message { get; private init; }

    public static DeliveryRecord Read(ReadOnlySpan<byte> value)
    {
        var reader = new ByteReader(value);
        byte version = reader.ReadByte();
        if (version != Version)
        {
            throw new MalformedDataException($"Malformed data: version {version} of a delivery.");
        }

        return new()
        {
            Until = new(reader.ReadInt64()),
            Since = new(reader.ReadInt64()),
            Process = reader.ReadBytes(),
            Message = QueueMessage.Read(reader.Rest),
        };
    }

    /// <summary>Encodes a new delivery.</summary>
    public static ByteWriter Encode(
        in QueueMessage message, LogTime until, LogTime since, scoped ReadOnlySpan<byte> process)
    {
        QueueMessage delivered = message.Delivered();
        var target = new ByteWriter(
            96 + process.Length + message.Id.Length + message.Group.Length + message.Note.Length
                + message.Content.Length);
        WriteHead(target, until, since, process);
        delivered.Write(target);
        return target;
    }

    /// <summary>The same delivery with another end.</summary>
    public ByteWriter Extended(LogTime until)
    {
        var target = new ByteWriter(128 + Process.Length + Message.Content.Length);
        WriteHead(target, until, Since, Process);
        Message.Write(target);
        return target;
    }

    private static void WriteHead(
        ByteWriter target, LogTime until, LogTime since, scoped ReadOnlySpan<byte> process)
    {
        target.WriteByte(Version);
        target.WriteInt64(until.Milliseconds);
        target.WriteInt64(since.Milliseconds);
        target.WriteBytes(process);
    }
}
