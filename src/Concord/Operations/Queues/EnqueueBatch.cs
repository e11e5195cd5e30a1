using Concord.Encoding;
using Concord.Engines;

namespace Concord.Operations.Queues;

/// <summary>A message to enqueue.</summary>
/// <param name="Content">As <see cref="ValueRecord"/> has it: content type, then the content.</param>
/// <param name="Id">Its id, by which it is known again; null for none.</param>
/// <param name="Group">Its group; null for none.</param>
/// <param name="Delay">How long it is not delivered.</param>
internal readonly record struct NewMessage(
    ReadOnlyMemory<byte> Content, string? Id = null, string? Group = null, TimeSpan Delay = default);

/// <summary>The messages in the arguments of <see cref="EnqueueMessages"/>: count 2, then id, group, delay 8, content
/// each. Read over the bytes they came in, and checked as a whole before the first is used.</summary>
internal ref struct EnqueueBatch
{
    public const int MessagesMax = 256;

    /// <summary>Of content, together.</summary>
    public const int BytesMax = 1 << 20;

    private static readonly TimeSpan s_delayMax = TimeSpan.FromDays(365);

    private ByteReader _reader;
    private int _left;

    private EnqueueBatch(ByteReader reader)
    {
        _reader = reader;
        _left = _reader.ReadUInt16();
        Count = _left;
    }

    public int Count { get; }

    /// <summary>The content of all of them.</summary>
    public long Bytes { get; private set; }

    /// <exception cref="MalformedDataException">These are no messages, or more than an operation takes.</exception>
    public static EnqueueBatch Read(ByteReader reader)
    {
        var batch = new EnqueueBatch(reader);
        if (batch.Count is 0 or > MessagesMax)
        {
            throw new MalformedDataException($"{batch.Count} messages; 1 to {MessagesMax} are allowed.");
        }

        EnqueueBatch rest = batch;
        while (rest.TryRead(out QueueMessage message, out long delay))
        {
            Check(message, delay);
            batch.Bytes += message.Content.Length;
        }

        return batch.Bytes <= BytesMax ? batch : throw new MalformedDataException(
            $"Messages of {batch.Bytes} bytes together; at most {BytesMax} are allowed.");
    }

    /// <summary>The next message, without order and moments, and its delay in milliseconds.</summary>
    public bool TryRead(out QueueMessage message, out long delay)
    {
        message = default;
        delay = 0;
        if (_left == 0)
        {
            _reader.End();
            return false;
        }

        _left--;
        ReadOnlySpan<byte> id = _reader.ReadBytes();
        ReadOnlySpan<byte> group = _reader.ReadBytes();
        delay = _reader.ReadInt64();
        message = new() { Id = id, Group = group, Content = _reader.ReadBytes() };
        return true;
    }

    public static void Write(ByteWriter target, IReadOnlyList<NewMessage> messages)
    {
        target.WriteUInt16(checked((ushort)messages.Count));
        foreach (NewMessage message in messages)
        {
            target.WriteText(message.Id ?? "");
            target.WriteText(message.Group ?? "");
            target.WriteInt64((long)message.Delay.TotalMilliseconds);
            target.WriteBytes(message.Content.Span);
        }
    }

    private static void Check(in QueueMessage message, long delay)
    {
        ValueRecord.Check(message.Content);
        bool isValid = message.Id.Length <= QueueKey.IdBytesMax
            && message.Group.Length <= QueueKey.GroupBytesMax
            && message.Content.Length <= QueueMessage.ContentBytesMax
            && delay >= 0
            && delay <= (long)s_delayMax.TotalMilliseconds;
        if (!isValid)
        {
            throw new MalformedDataException(
                $"A message of {message.Content.Length} bytes with an id of {message.Id.Length}, a group of "
                + $"{message.Group.Length} and a delay of {delay} ms; at most {QueueMessage.ContentBytesMax}, "
                + $"{QueueKey.IdBytesMax}, {QueueKey.GroupBytesMax} bytes and {s_delayMax.TotalDays} days.");
        }
    }
}
