using Concord.Encoding;
using Concord.Engines;
using Concord.Operations.Holds;

namespace Concord.Operations.Queues;

/// <summary>
/// What transactions do to queues. A message to enqueue is judged by the room that there is and, until the decision,
/// has a place reserved, so that it never fails later and a bounded queue never has more than its bound. A delivery to
/// complete is held: until the decision it neither ends, nor is given back, nor completed by another.
/// </summary>
internal static class QueueActions
{
    public static bool Concerns(ActionKind kind) => kind is ActionKind.Enqueue or ActionKind.Complete;

    /// <summary>Whether it can be done; then <paramref name="effect"/> says what is done now.</summary>
    public static Verdict Judge(
        IKeyspace keys,
        RequestKey transaction,
        in ActionView action,
        LogTime age,
        Effect effect,
        out RequestKey blocker)
    {
        blocker = default;
        return action.Kind == ActionKind.Enqueue
            ? JudgeEnqueue(keys, action, effect)
            : JudgeComplete(keys, transaction, action, age, effect, out blocker);
    }

    /// <summary>Does what was prepared.</summary>
    public static void CarryOut(IKeyspace keys, in ActionView action)
    {
        if (action.Kind == ActionKind.Enqueue)
        {
            OpenQueue queue = OpenQueue.Open(keys, action.Key);
            EnqueueMessages.Add(queue, keys.Now, MessageOf(action), isRoomSure: true);
            queue.Save();
        }
        else if (keys.TryGet(action.Key, out RecordView hold))
        {
            Span<byte> root = stackalloc byte[HoldKey.BytesMax];
            OpenQueue queue = OpenQueue.Open(keys, HoldKey.RootOf(root, action.Key));
            queue.Complete(action.Key, hold.Value);
            queue.Save();
        }
    }

    /// <summary>Takes back what <see cref="Effect.Hold"/> placed.</summary>
    public static void Release(IKeyspace keys, RequestKey transaction, in ActionView action)
    {
        if (action.Kind == ActionKind.Complete)
        {
            IntentTable.Remove(keys, action.Key, transaction);
            return;
        }

        OpenQueue queue = OpenQueue.Open(keys, action.Key);
        queue.State.Reserved--;
        queue.State.ReservedBytes -= MessageOf(action).Bytes;
        queue.Save();
    }

    /// <summary>Whether the key is one that such an action can have.</summary>
    public static bool IsKey(ActionKind kind, ReadOnlySpan<byte> key)
    {
        if (kind == ActionKind.Enqueue)
        {
            return key.Length is > 3 and <= IntentTable.TargetKeyBytesMax
                && RecordKey.KindOf(key) == RecordKind.Queue;
        }

        return key.Length is > 4 + 1 + HoldKey.HandleBytes and <= HoldKey.BytesMax
            && RecordKey.KindOf(key) == RecordKind.Hold
            && (RecordKind)key[3] == RecordKind.Queue;
    }

    private static Verdict JudgeEnqueue(IKeyspace keys, in ActionView action, Effect effect)
    {
        EnqueueBatch message = MessageOf(action);
        OpenQueue queue = OpenQueue.Open(keys, action.Key);
        if (!queue.HasRoom(1, message.Bytes) && !IsKnown(queue, message))
        {
            return Verdict.QueueFull;
        }

        if (effect == Effect.CarryOut)
        {
            CarryOut(keys, action);
            return Verdict.Ok;
        }

        queue.State.Reserved++;
        queue.State.ReservedBytes += message.Bytes;
        queue.Save();
        return Verdict.Ok;
    }

    /// <summary>Its id was seen before: it will not be added, and needs no room.</summary>
    private static bool IsKnown(OpenQueue queue, EnqueueBatch batch) =>
        batch.TryRead(out QueueMessage message, out _) && queue.Remembers(message.Id);

    private static Verdict JudgeComplete(
        IKeyspace keys,
        RequestKey transaction,
        in ActionView action,
        LogTime age,
        Effect effect,
        out RequestKey blocker)
    {
        Span<byte> rootBytes = stackalloc byte[HoldKey.BytesMax];
        ReadOnlySpan<byte> root = HoldKey.RootOf(rootBytes, action.Key);
        if (IntentTable.TryGetBlocker(keys, root, IntentAccess.Write, transaction, out blocker)
            || IntentTable.TryGetBlocker(keys, action.Key, IntentAccess.Write, transaction, out blocker))
        {
            return Verdict.Blocked;
        }

        if (!DeliveryArgument.IsValid(keys, action.Key, action.Revision, out _))
        {
            return Verdict.HoldLost;
        }

        if (effect == Effect.CarryOut)
        {
            CarryOut(keys, action);
        }
        else
        {
            IntentTable.Place(keys, action.Key, IntentHold.ToWrite(transaction, age));
        }

        return Verdict.Ok;
    }

    /// <summary>The one message of an action: its value is the arguments of <see cref="EnqueueMessages"/>.</summary>
    private static EnqueueBatch MessageOf(in ActionView action)
    {
        var arguments = new ByteReader(action.Value);
        if (!arguments.ReadBytes().SequenceEqual(action.Key))
        {
            throw new MalformedDataException("Malformed data: a message for another queue than the action's.");
        }

        EnqueueBatch batch = EnqueueBatch.Read(arguments);
        return batch.Count == 1 ? batch : throw new MalformedDataException(
            $"Malformed data: {batch.Count} messages in an action.");
    }
}
