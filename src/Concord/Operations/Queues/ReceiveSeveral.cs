using Concord.Encoding;
using Concord.Engines;
using Concord.Operations.Holds;

namespace Concord.Operations.Queues;

/// <summary>
/// Asks for several messages by one request: as many as are ready at once, the others as they come, in one place in
/// line. Each delivery is named by a number of its own, as if it had been asked for alone: the request's number is the
/// last of them, and stands in line for the rest. Arguments: root, count 2, then a <see cref="ReceiveRequest"/>.
/// Answers that it is done; what is delivered the inbox tells.
/// </summary>
internal static class ReceiveSeveral
{
    /// <summary>So many that the numbers of a request fit into the bits of one word.</summary>
    public const int CountMax = 64;

    public static ReadOnlyMemory<byte> Arguments(
        ReadOnlySpan<byte> root, int count, string process, TimeSpan? visibility = null)
    {
        var arguments = new ByteWriter(root.Length + process.Length + 32);
        arguments.WriteBytes(root);
        arguments.WriteUInt16((ushort)count);
        ReceiveRequest.Write(arguments, visibility, process);
        return arguments.WrittenMemory;
    }

    /// <summary>Asks for so many, up to <see cref="CountMax"/>.</summary>
    public static SeveralRequest Request(byte[] root, int count, string process) => new(
        new(root, OperationCode.ReceiveSeveral, Arguments(root, count, process), Timeout: null),
        ReceiveMessage.Request(root, timeout: null, process),
        count);

    public static void Run(
        ref ByteReader arguments, in OperationContext context, IKeyspace keys, OperationAnswer answer)
    {
        if (!KeyArgument.TryRead(ref arguments, context, RecordKind.Queue, answer, out ReadOnlySpan<byte> root))
        {
            return;
        }

        int count = arguments.ReadUInt16();
        ReceiveRequest receiver = ReceiveRequest.Read(arguments.Rest);
        (SessionId session, ulong sequence) = (context.Request.Session, context.Request.Sequence);
        if (session.IsNone || count is 0 or > CountMax || sequence < (ulong)count)
        {
            throw new MalformedDataException(
                $"Malformed data: {count} messages for request {sequence} of session {session}.");
        }

        OpenQueue queue = OpenQueue.Open(keys, root);
        queue.DoDue();
        int left = count;

        // Nobody is passed: where messages are ready, and others wait for the next run to get them, it waits, too.
        if (queue.State.Waiting == 0)
        {
            left -= queue.Deliver(session, sequence, count, receiver);
        }

        if (left > 0 && !queue.TryWait(session, sequence, receiver.WithLeft(left), answer))
        {
            return;
        }

        queue.Save();
        Reply.Done(answer, OperationCode.ReceiveSeveral);
    }
}
