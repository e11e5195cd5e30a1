using Concord.Encoding;
using Concord.Engines;

namespace Concord.Operations.Queues;

/// <summary>
/// Moves dead letters back to where they come from, as if they had just been enqueued there; a bounded number per run,
/// and only those that are ready. Arguments: root of the queue for dead letters, order behind which to go on 8, who
/// asks. Done: how many moved 4, order to go on behind 8 (zero: none are left).
/// </summary>
internal static class RedriveQueue
{
    /// <summary>How many messages a run looks at.</summary>
    public const int MessagesPerRunMax = 128;

    public static OperationRequest Request(ReadOnlySpan<byte> deadLetterRoot, ulong after = 0, string by = "")
    {
        var arguments = new ByteWriter(deadLetterRoot.Length + 12);
        arguments.WriteBytes(deadLetterRoot);
        arguments.WriteUInt64(after);
        AdministrativeAct.WriteBy(arguments, by);
        return new(RecordKey.SlotOf(deadLetterRoot), OperationCode.RedriveQueue, arguments.WrittenMemory, null);
    }

    public static void Run(
        ref ByteReader arguments, in OperationContext context, IKeyspace keys, OperationAnswer answer)
    {
        if (!KeyArgument.TryRead(ref arguments, context, RecordKind.Queue, answer, out ReadOnlySpan<byte> root))
        {
            return;
        }

        ulong after = arguments.ReadUInt64();
        AdministrativeAct.ReadBy(ref arguments);
        OpenQueue dead = OpenQueue.Open(keys, root);
        dead.DoDue();
        int moved = 0;
        int looks = 0;
        bool hasMore = true;
        while (looks++ < MessagesPerRunMax
            && (hasMore = dead.TryReady(after, out byte[] message, out ulong order)))
        {
            switch (TryMove(keys, dead, message))
            {
                case true:
                    moved++;
                    break;
                case false when moved == 0:
                    Reply.Refuse(answer, RefusalCode.QueueFull);
                    return;
                case false:
                    looks = MessagesPerRunMax;
                    continue;
            }

            after = order;
        }

        dead.Save();
        ByteWriter body = Reply.Done(answer, OperationCode.RedriveQueue);
        body.WriteInt32(moved);
        body.WriteUInt64(hasMore ? after : 0);
    }

    /// <summary>How many moved, and behind which order to go on; null when none are left. Nothing (null) when the first
    /// met a queue that is full.</summary>
    public static (int Moved, ulong? Next)? Read(in EngineAnswer answer)
    {
        if (Reply.IsDone(answer, OperationCode.RedriveQueue, out ByteReader body, out RefusalCode refusal))
        {
            int moved = body.ReadInt32();
            ulong next = body.ReadUInt64();
            return (moved, next == 0 ? null : next);
        }

        return refusal == RefusalCode.QueueFull ? null : throw Reply.Unexpected(OperationCode.RedriveQueue, refusal);
    }

    /// <summary>Null for one that is no dead letter, false when the queue it comes from is full.</summary>
    private static bool? TryMove(IKeyspace keys, OpenQueue dead, byte[] stored)
    {
        QueueMessage message = QueueMessage.Read(stored);
        if (message.Note.IsEmpty)
        {
            return null;
        }

        OpenQueue source = OpenQueue.Open(keys, DeadLetterNote.Read(message.Note).Source);
        if (!source.HasRoom(1, message.Content.Length))
        {
            return false;
        }

        source.Add(message.Moved(source.TakeOrder(), keys.Now, note: []));
        source.Save();
        dead.Remove(message);
        return true;
    }
}
