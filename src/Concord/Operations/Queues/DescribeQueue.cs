using Concord.Encoding;
using Concord.Engines;

namespace Concord.Operations.Queues;

/// <summary>What is in a queue.</summary>
/// <param name="IsConfigured">Whether its settings were ever declared.</param>
/// <param name="Settings">Declared or not.</param>
/// <param name="Ready">Messages that can be received, or will be once the one before them in their group is
/// done.</param>
/// <param name="Behind">How many of these stand behind another of their group.</param>
/// <param name="Delayed">Messages that are not due.</param>
/// <param name="InFlight">Messages that somebody holds.</param>
/// <param name="DeadLetters">Messages in its queue for dead letters, of whichever queue.</param>
/// <param name="DeadLettered">How many it ever moved there.</param>
/// <param name="Bytes">The content of its messages.</param>
/// <param name="OldestAge">How long the first ready message has been here; null for none.</param>
/// <param name="Waiting">Receivers in line.</param>
/// <param name="DeadLetterRoot">The root of its queue for dead letters; empty for none.</param>
internal sealed record QueueContents(
    bool IsConfigured,
    StoredQueueSettings Settings,
    long Ready,
    long Behind,
    long Delayed,
    long InFlight,
    long DeadLetters,
    long DeadLettered,
    long Bytes,
    TimeSpan? OldestAge,
    long Waiting,
    ReadOnlyMemory<byte> DeadLetterRoot);

/// <summary>Describes a queue; only reads. Arguments: root. What has come due and nobody has looked at yet is told as
/// it was.</summary>
internal static class DescribeQueue
{
    public static OperationRequest Request(ReadOnlySpan<byte> root)
    {
        var arguments = new ByteWriter(root.Length + 4);
        arguments.WriteBytes(root);
        return new(RecordKey.SlotOf(root), OperationCode.DescribeQueue, arguments.WrittenMemory, null);
    }

    public static void Run(
        ref ByteReader arguments, in OperationContext context, IKeyspace keys, OperationAnswer answer)
    {
        if (!KeyArgument.TryRead(ref arguments, context, RecordKind.Queue, answer, out ReadOnlySpan<byte> root))
        {
            return;
        }

        arguments.End();
        OpenQueue queue = OpenQueue.Open(keys, root);
        QueueRoot state = queue.State;
        byte[] dead = queue.DeadLetterRoot() ?? [];
        long deadLetters = dead.Length == 0 ? 0 : OpenQueue.Open(keys, dead).State.Length;
        long age = queue.TryReady(after: 0, out byte[] first, out _)
            ? Math.Max(0, keys.Now.Milliseconds - ReadySince(QueueMessage.Read(first)))
            : -1;
        ByteWriter body = Reply.Done(answer, OperationCode.DescribeQueue);
        body.WriteByte(state.IsConfigured ? (byte)1 : (byte)0);
        state.Settings.Write(body);
        body.WriteInt64(state.Ready + state.Behind);
        body.WriteInt64(state.Behind);
        body.WriteInt64(state.Delayed);
        body.WriteInt64(state.InFlight);
        body.WriteInt64(deadLetters);
        body.WriteInt64(state.DeadLettered);
        body.WriteInt64(state.Bytes);
        body.WriteInt64(age);
        body.WriteInt64(state.Waiting);
        body.WriteBytes(dead);
    }

    /// <summary>A message does not wait while it is delayed.</summary>
    private static long ReadySince(in QueueMessage message) =>
        Math.Max(message.EnqueuedAt.Milliseconds, message.Due.Milliseconds);

    public static QueueContents Read(in EngineAnswer answer) =>
        Reply.IsDone(answer, OperationCode.DescribeQueue, out ByteReader body, out RefusalCode refusal)
            ? new(
                body.ReadByte() != 0,
                StoredQueueSettings.Read(ref body),
                body.ReadInt64(),
                body.ReadInt64(),
                body.ReadInt64(),
                body.ReadInt64(),
                body.ReadInt64(),
                body.ReadInt64(),
                body.ReadInt64(),
                body.ReadInt64() is long age and >= 0 ? TimeSpan.FromMilliseconds(age) : null,
                body.ReadInt64(),
                body.ReadBytes().ToArray())
            : throw Reply.Unexpected(OperationCode.DescribeQueue, refusal);
}
