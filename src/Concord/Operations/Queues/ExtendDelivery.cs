using Concord.Encoding;
using Concord.Engines;
using Concord.Operations.Holds;

namespace Concord.Operations.Queues;

/// <summary>A delivery ends so much later than now. Arguments: a <see cref="DeliveryArgument"/>, milliseconds
/// 8.</summary>
internal static class ExtendDelivery
{
    public static OperationRequest Request(ReadOnlySpan<byte> root, ulong sequence, long token, TimeSpan visibility)
    {
        ByteWriter arguments = DeliveryArgument.Write(root, sequence, token);
        arguments.WriteInt64((long)Math.Ceiling(visibility.TotalMilliseconds));
        return new(RecordKey.SlotOf(root), OperationCode.ExtendDelivery, arguments.WrittenMemory, null);
    }

    public static void Run(
        ref ByteReader arguments, in OperationContext context, IKeyspace keys, OperationAnswer answer)
    {
        if (!DeliveryArgument.TryRead(ref arguments, context, answer, out DeliveryArgument delivery))
        {
            return;
        }

        long visibility = arguments.ReadInt64();
        arguments.End();
        if (!StoredQueueSettings.IsVisibility(visibility))
        {
            throw new MalformedDataException($"Malformed data: {visibility} ms of visibility.");
        }

        OpenQueue queue = OpenQueue.Open(keys, delivery.Root);
        queue.DoDue();
        Span<byte> key = stackalloc byte[HoldKey.BytesMax];
        ReadOnlySpan<byte> holdKey = delivery.HoldKeyOf(context.Request.Session, key);
        if (delivery.TryFind(keys, holdKey, answer, out RecordView hold))
        {
            queue.Extend(holdKey, hold, visibility);
            queue.Save();
            Reply.Done(answer, OperationCode.ExtendDelivery);
        }
    }

    /// <summary>False when the delivery is lost: it timed out, or another one took its place.</summary>
    public static bool Read(in EngineAnswer answer) => DeliveryArgument.IsDone(answer, OperationCode.ExtendDelivery);
}
