using Concord.Encoding;
using Concord.Engines;

namespace Concord.Operations.Queues;

/// <summary>
/// Stores the settings of a queue, unless others are stored. Arguments: root, 1 to replace them whatever they are,
/// settings. Refused with <see cref="RefusalCode.SettingsDiffer"/> and what is stored.
/// </summary>
internal static class ConfigureQueue
{
    public static OperationRequest Request(ReadOnlySpan<byte> root, in StoredQueueSettings settings, bool replace)
    {
        var arguments = new ByteWriter(root.Length + settings.DeadLetterRoot.Length + 64);
        arguments.WriteBytes(root);
        arguments.WriteByte(replace ? (byte)1 : (byte)0);
        settings.Write(arguments);
        return new(RecordKey.SlotOf(root), OperationCode.ConfigureQueue, arguments.WrittenMemory, null);
    }

    public static void Run(
        ref ByteReader arguments, in OperationContext context, IKeyspace keys, OperationAnswer answer)
    {
        if (!KeyArgument.TryRead(ref arguments, context, RecordKind.Queue, answer, out ReadOnlySpan<byte> root))
        {
            return;
        }

        bool replace = arguments.ReadByte() != 0;
        StoredQueueSettings settings = StoredQueueSettings.Read(ref arguments);
        arguments.End();
        if (settings.ObjectionOf(root) is { } objection)
        {
            throw new InvalidOperationException(objection);
        }

        OpenQueue queue = OpenQueue.Open(keys, root);
        if (queue.State.IsConfigured && !replace && !queue.State.Settings.IsSame(settings))
        {
            queue.State.Settings.Write(Reply.Refuse(answer, RefusalCode.SettingsDiffer));
            return;
        }

        queue.DoDue();
        (queue.State.IsConfigured, queue.State.Settings) = (true, settings);
        queue.Save();
        Reply.Done(answer, OperationCode.ConfigureQueue);
    }

    /// <summary>Null when the queue has these settings now; otherwise those that it has.</summary>
    public static StoredQueueSettings? Read(in EngineAnswer answer)
    {
        if (Reply.IsDone(answer, OperationCode.ConfigureQueue, out ByteReader body, out RefusalCode refusal))
        {
            return null;
        }

        return refusal == RefusalCode.SettingsDiffer
            ? StoredQueueSettings.Read(ref body)
            : throw Reply.Unexpected(OperationCode.ConfigureQueue, refusal);
    }
}
