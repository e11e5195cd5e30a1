using Concord.Encoding;
using Concord.Engines;

namespace Concord.Operations.Queues;

/// <summary>
/// Puts messages into a queue, all of them or none. One whose id was seen before is passed over. Arguments: root, then
/// an <see cref="EnqueueBatch"/>. Done: how many were new 2.
/// </summary>
internal static class EnqueueMessages
{
    public static ReadOnlyMemory<byte> Arguments(ReadOnlySpan<byte> root, IReadOnlyList<NewMessage> messages)
    {
        var arguments = new ByteWriter(root.Length + messages.Sum(message => message.Content.Length + 64));
        arguments.WriteBytes(root);
        EnqueueBatch.Write(arguments, messages);
        return arguments.WrittenMemory;
    }

    public static OperationRequest Request(
        ReadOnlySpan<byte> root,
        IReadOnlyList<NewMessage> messages,
        string? idempotencyKey = null,
        EngineFence? fence = null) => new(
            RecordKey.SlotOf(root), OperationCode.Enqueue, Arguments(root, messages), idempotencyKey, fence);

    public static void Run(
        ref ByteReader arguments, in OperationContext context, IKeyspace keys, OperationAnswer answer)
    {
        if (!KeyArgument.TryRead(ref arguments, context, RecordKind.Queue, answer, out ReadOnlySpan<byte> root))
        {
            return;
        }

        EnqueueBatch batch = EnqueueBatch.Read(arguments);
        OpenQueue queue = OpenQueue.Open(keys, root);
        queue.DoDue();
        int added = Add(queue, keys.Now, batch, isRoomSure: false);
        if (added < 0)
        {
            ByteWriter refusal = Reply.Refuse(answer, RefusalCode.QueueFull);
            refusal.WriteInt64(queue.State.Settings.MaxLength);
            refusal.WriteInt64(queue.State.Settings.MaxBytes);
            return;
        }

        queue.Save();
        Reply.Done(answer, OperationCode.Enqueue).WriteUInt16((ushort)added);
    }

    /// <summary>How many were new; −1 when the queue is full, and then nothing was enqueued.</summary>
    public static int Read(in EngineAnswer answer)
    {
        if (Reply.IsDone(answer, OperationCode.Enqueue, out ByteReader body, out RefusalCode refusal))
        {
            return body.ReadUInt16();
        }

        return refusal == RefusalCode.QueueFull ? -1 : throw Reply.Unexpected(OperationCode.Enqueue, refusal);
    }

    /// <summary>Adds them one after the other.</summary>
    /// <returns>How many were new; −1 when there is no room, and then the caller discards what was written.</returns>
    public static int Add(OpenQueue queue, LogTime now, EnqueueBatch batch, bool isRoomSure)
    {
        int added = 0;
        while (batch.TryRead(out QueueMessage message, out long delay))
        {
            if (queue.Remembers(message.Id))
            {
                continue;
            }

            if (!isRoomSure && !queue.HasRoom(1, message.Content.Length))
            {
                return -1;
            }

            queue.Remember(message.Id);
            queue.Add(new()
            {
                Order = queue.TakeOrder(),
                EnqueuedAt = now,
                Due = delay == 0 ? default : new(now.Milliseconds + delay),
                Id = message.Id,
                Group = message.Group,
                Content = message.Content,
            });
            added++;
        }

        return added;
    }
}
