using System.Numerics;
using Concord.Encoding;
using Concord.Engines;
using Concord.Operations.Holds;

namespace Concord.Operations.Queues;

/// <summary>
/// Gives up what nobody has seen of a <see cref="ReceiveSeveral"/> of the same session: its place in line, or the
/// request itself, which then never runs, and those of its deliveries that are named. Arguments: root, the request's
/// number, then 8 bytes with a bit for each delivery: bit i names the number less i.
/// </summary>
/// <remarks>In one step: given back one by one, a delivery could be given up before the request runs that makes
/// it.</remarks>
internal static class GiveUpSeveral
{
    public static ReadOnlyMemory<byte> Arguments(ReadOnlySpan<byte> root, ulong sequence, ulong deliveries)
    {
        var arguments = new ByteWriter(root.Length + 20);
        arguments.WriteBytes(root);
        arguments.WriteUInt64(sequence);
        arguments.WriteUInt64(deliveries);
        return arguments.WrittenMemory;
    }

    public static void Run(
        ref ByteReader arguments, in OperationContext context, IKeyspace keys, OperationAnswer answer)
    {
        if (!KeyArgument.TryRead(ref arguments, context, RecordKind.Queue, answer, out ReadOnlySpan<byte> root))
        {
            return;
        }

        RequestKey request = context.Request with { Sequence = arguments.ReadUInt64() };
        ulong deliveries = arguments.ReadUInt64();
        arguments.End();
        if (request.Session.IsNone || request.Sequence <= (ulong)BitOperations.Log2(deliveries))
        {
            throw new MalformedDataException(
                $"Malformed data: deliveries {deliveries:x} of request {request.Sequence} of session "
                + $"{request.Session}.");
        }

        Span<byte> keyBytes = stackalloc byte[HoldKey.BytesMax];
        QueueHolds ends = QueueHolds.Instance;
        int grants = HoldEnds.GrantsPerRunMax;
        if (HoldLine.TryFind(keys, root, request.Session, request.Sequence, out _))
        {
            ends.LeaveLine(keys, root, request.Session, request.Sequence, ref grants);
        }
        else
        {
            SettleRequest.Forbid(keys, request);
        }

        // The earliest first: that is the order in which they go to those who wait.
        while (deliveries != 0)
        {
            int bit = BitOperations.Log2(deliveries);
            deliveries ^= 1UL << bit;
            ReadOnlySpan<byte> key = HoldKey.Write(
                keyBytes, RecordKind.Hold, root, request.Session, request.Sequence - (ulong)bit);
            if (!keys.TryGet(key, out RecordView hold))
            {
                continue;
            }

            if (ends.TryGetBlocker(keys, root, key, out RequestKey blocker))
            {
                answer.Block(blocker);
                return;
            }

            ends.GiveBack(keys, root, key, hold, isFailure: false, ref grants);
        }

        Reply.Done(answer, OperationCode.GiveUpSeveral);
    }
}
