using Concord.Encoding;
using Concord.Engines;

namespace Concord.Operations.Holds;

/// <summary>
/// Sets how many permits a semaphore has, for good: from then on it exists without holds, too. More permits are granted
/// to those in line at once; fewer take nothing away from those who hold, and a request for more than there are now
/// waits until there are more again. Arguments: root, limit. Answers with the limit before; −1: it did not exist.
/// </summary>
internal static class SetLimit
{
    public static ReadOnlyMemory<byte> Arguments(ReadOnlySpan<byte> root, int limit)
    {
        var arguments = new ByteWriter(root.Length + 8);
        arguments.WriteBytes(root);
        arguments.WriteInt32(limit);
        return arguments.WrittenMemory;
    }

    public static void Run(
        ref ByteReader arguments, in OperationContext context, IKeyspace keys, OperationAnswer answer)
    {
        if (!KeyArgument.TryRead(
            ref arguments, context, RecordKind.Semaphore, answer, out ReadOnlySpan<byte> root))
        {
            return;
        }

        int limit = arguments.ReadInt32();
        arguments.End();
        if (limit < 0)
        {
            throw new MalformedDataException($"Malformed data: a semaphore with {limit} permits.");
        }

        HoldRoot state = HoldRoot.Read(keys, root);
        int before = state.Exists ? state.Limit : -1;
        (state.Limit, state.IsLimitSet) = (limit, true);
        int grants = HoldEnds.GrantsPerRunMax;
        NamedHolds.Continue(keys, root, ref state, ref grants);
        state.Save(keys, root);
        Reply.Done(answer, OperationCode.SetLimit).WriteInt32(before);
    }

    /// <summary>The limit before; null when the semaphore did not exist.</summary>
    public static int? Read(in EngineAnswer answer)
    {
        if (!Reply.IsDone(answer, OperationCode.SetLimit, out ByteReader body, out RefusalCode refusal))
        {
            throw Reply.Unexpected(OperationCode.SetLimit, refusal);
        }

        int before = body.ReadInt32();
        return before < 0 ? null : before;
    }
}
