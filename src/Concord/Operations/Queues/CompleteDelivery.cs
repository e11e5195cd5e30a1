using Concord.Encoding;
using Concord.Engines;
using Concord.Operations.Holds;

namespace Concord.Operations.Queues;

/// <summary>The message of a delivery is done with, for ever. Arguments: a <see cref="DeliveryArgument"/>.</summary>
internal static class CompleteDelivery
{
    public static OperationRequest Request(
        ReadOnlySpan<byte> root, ulong sequence, long token, string? idempotencyKey = null) => new(
            RecordKey.SlotOf(root),
            OperationCode.CompleteDelivery,
            DeliveryArgument.Write(root, sequence, token).WrittenMemory,
            idempotencyKey);

    public static void Run(
        ref ByteReader arguments, in OperationContext context, IKeyspace keys, OperationAnswer answer)
    {
        if (!DeliveryArgument.TryRead(ref arguments, context, answer, out DeliveryArgument delivery))
        {
            return;
        }

        arguments.End();
        OpenQueue queue = OpenQueue.Open(keys, delivery.Root);
        queue.DoDue();
        Span<byte> key = stackalloc byte[HoldKey.BytesMax];
        ReadOnlySpan<byte> holdKey = delivery.HoldKeyOf(context.Request.Session, key);
        if (delivery.TryFind(keys, holdKey, answer, out RecordView hold))
        {
            queue.Complete(holdKey, hold.Value);
            queue.Save();
            Reply.Done(answer, OperationCode.CompleteDelivery);
        }
    }

    /// <summary>False when the delivery is lost: it timed out, or another one took its place.</summary>
    public static bool Read(in EngineAnswer answer) =>
        DeliveryArgument.IsDone(answer, OperationCode.CompleteDelivery);
}
