using Concord.Encoding;
using Concord.Engines;

namespace Concord.Operations.Queues;

/// <summary>Deletes messages that nobody holds, a bounded number per run. Arguments: root, who asks. Done: how many 4,
/// whether there are more 1.</summary>
internal static class PurgeQueue
{
    public const int MessagesPerRunMax = 512;

    public static OperationRequest Request(ReadOnlySpan<byte> root, string by = "")
    {
        var arguments = new ByteWriter(root.Length + 4);
        arguments.WriteBytes(root);
        AdministrativeAct.WriteBy(arguments, by);
        return new(RecordKey.SlotOf(root), OperationCode.PurgeQueue, arguments.WrittenMemory, null);
    }

    public static void Run(
        ref ByteReader arguments, in OperationContext context, IKeyspace keys, OperationAnswer answer)
    {
        if (!KeyArgument.TryRead(ref arguments, context, RecordKind.Queue, answer, out ReadOnlySpan<byte> root))
        {
            return;
        }

        AdministrativeAct.ReadBy(ref arguments);
        OpenQueue queue = OpenQueue.Open(keys, root);
        queue.DoDue();
        int purged = queue.Purge(MessagesPerRunMax);
        queue.Save();
        ByteWriter body = Reply.Done(answer, OperationCode.PurgeQueue);
        body.WriteInt32(purged);
        body.WriteByte(queue.State.Length > queue.State.InFlight ? (byte)1 : (byte)0);
    }

    /// <summary>How many were deleted, and whether it must be run again.</summary>
    public static (int Purged, bool HasMore) Read(in EngineAnswer answer) =>
        Reply.IsDone(answer, OperationCode.PurgeQueue, out ByteReader body, out RefusalCode refusal)
            ? (body.ReadInt32(), body.ReadByte() != 0)
            : throw Reply.Unexpected(OperationCode.PurgeQueue, refusal);
}
