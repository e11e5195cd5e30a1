using Concord.Encoding;
using Concord.Engines;
using Concord.Operations.Holds;

namespace Concord.Operations.Queues;

/// <summary>
/// A delivery has failed: counted, and the message comes back after a while, or at the last failure goes to the queue
/// for dead letters; or goes there at once. Arguments: a <see cref="DeliveryArgument"/>, 1 for at once, milliseconds
/// until it comes back 8, reason.
/// </summary>
internal static class FailDelivery
{
    private static readonly TimeSpan s_retryMax = TimeSpan.FromDays(365);

    public static OperationRequest Request(
        ReadOnlySpan<byte> root, ulong sequence, long token, TimeSpan? retryAfter = null, string? reason = null) =>
        Request(root, sequence, token, isFinal: false, retryAfter ?? TimeSpan.Zero, reason);

    /// <summary>For <c>DeadLetterAsync</c>.</summary>
    public static OperationRequest DeadLetter(ReadOnlySpan<byte> root, ulong sequence, long token, string reason) =>
        Request(root, sequence, token, isFinal: true, TimeSpan.Zero, reason);

    public static void Run(
        ref ByteReader arguments, in OperationContext context, IKeyspace keys, OperationAnswer answer)
    {
        if (!DeliveryArgument.TryRead(ref arguments, context, answer, out DeliveryArgument delivery))
        {
            return;
        }

        bool isFinal = arguments.ReadByte() != 0;
        long retryAfter = arguments.ReadInt64();
        ReadOnlySpan<byte> reason = arguments.ReadBytes();
        arguments.End();
        if (retryAfter < 0 || retryAfter > (long)s_retryMax.TotalMilliseconds
            || reason.Length > DeadLetterNote.ReasonBytesMax)
        {
            throw new MalformedDataException(
                $"A retry after {retryAfter} ms for a reason of {reason.Length} bytes; at most {s_retryMax.TotalDays} "
                + $"days and {DeadLetterNote.ReasonBytesMax} bytes.");
        }

        OpenQueue queue = OpenQueue.Open(keys, delivery.Root);
        queue.DoDue();
        Span<byte> key = stackalloc byte[HoldKey.BytesMax];
        ReadOnlySpan<byte> holdKey = delivery.HoldKeyOf(context.Request.Session, key);
        if (!delivery.TryFind(keys, holdKey, answer, out RecordView hold))
        {
            return;
        }

        if (!isFinal)
        {
            queue.Fail(holdKey, hold.Value, retryAfter, reason);
        }
        else if (!queue.TryDeadLetter(holdKey, hold.Value, reason))
        {
            throw new InvalidOperationException(
                $"The queue '{RecordKey.NameOf(delivery.Root).Name}' has no queue for dead letters: declare it with a "
                + "DeadLetterQueue.");
        }

        queue.Save();
        Reply.Done(answer, OperationCode.FailDelivery);
    }

    /// <summary>False when the delivery is lost: it timed out, or another one took its place.</summary>
    public static bool Read(in EngineAnswer answer) => DeliveryArgument.IsDone(answer, OperationCode.FailDelivery);

    private static OperationRequest Request(
        ReadOnlySpan<byte> root, ulong sequence, long token, bool isFinal, TimeSpan retryAfter, string? reason)
    {
        ByteWriter arguments = DeliveryArgument.Write(root, sequence, token);
        arguments.WriteByte(isFinal ? (byte)1 : (byte)0);
        arguments.WriteInt64((long)retryAfter.TotalMilliseconds);
        arguments.WriteBytes(DeadLetterNote.ReasonOf(reason));
        return new(RecordKey.SlotOf(root), OperationCode.FailDelivery, arguments.WrittenMemory, null);
    }
}
