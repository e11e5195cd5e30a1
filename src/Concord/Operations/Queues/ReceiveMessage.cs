using Concord.Encoding;
using Concord.Engines;
using Concord.Operations.Holds;

namespace Concord.Operations.Queues;

/// <summary>
/// Asks for a message: delivered at once, or when one comes and those in line before have theirs. Arguments: root, 1 if
/// it does not wait, then a <see cref="ReceiveRequest"/>. Answers as <see cref="ClaimAnswer"/> says.
/// </summary>
/// <remarks>A large message is not in the answer, which is kept until it is acknowledged: the answer then is that the
/// request is in line, and the delivery comes as to those in line. To a request that does not wait every message is in
/// the answer.</remarks>
internal static class ReceiveMessage
{
    /// <summary>The largest delivery in the answer to a request that can wait.</summary>
    public const int InlineBytesMax = 16 << 10;

    public static ReadOnlyMemory<byte> Arguments(
        ReadOnlySpan<byte> root, bool noWait, string process, TimeSpan? visibility = null)
    {
        var arguments = new ByteWriter(root.Length + process.Length + 32);
        arguments.WriteBytes(root);
        arguments.WriteByte(noWait ? (byte)1 : (byte)0);
        ReceiveRequest.Write(arguments, visibility, process);
        return arguments.WrittenMemory;
    }

    public static HoldRequest Request(
        byte[] root, TimeSpan? timeout, string process, TimeSpan? visibility = null) => new(
            root,
            OperationCode.Receive,
            Arguments(root, noWait: timeout == TimeSpan.Zero, process, visibility),
            timeout);

    public static void Run(
        ref ByteReader arguments, in OperationContext context, IKeyspace keys, OperationAnswer answer)
    {
        if (!KeyArgument.TryRead(ref arguments, context, RecordKind.Queue, answer, out ReadOnlySpan<byte> root))
        {
            return;
        }

        bool noWait = arguments.ReadByte() != 0;
        ReceiveRequest receiver = ReceiveRequest.Read(arguments.Rest);
        (SessionId session, ulong sequence) = (context.Request.Session, context.Request.Sequence);
        if (session.IsNone)
        {
            throw new MalformedDataException("Malformed data: a receiver without a session.");
        }

        OpenQueue queue = OpenQueue.Open(keys, root);
        queue.DoDue();
        if (queue.State.Ready > 0)
        {
            ByteWriter delivery = queue.Deliver(session, sequence, receiver);
            if (noWait || delivery.Length <= InlineBytesMax)
            {
                ClaimAnswer.GrantLong(answer, OperationCode.Receive, delivery.Written);
            }
            else
            {
                ClaimAnswer.Wait(answer, OperationCode.Receive);
            }
        }
        else if (noWait)
        {
            Reply.Refuse(answer, RefusalCode.Busy);
            return;
        }
        else if (queue.TryWait(session, sequence, receiver, answer))
        {
            ClaimAnswer.Wait(answer, OperationCode.Receive);
        }
        else
        {
            return;
        }

        queue.Save();
    }
}
