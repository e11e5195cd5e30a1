using Concord.Encoding;
using Concord.Engines;

namespace Concord.Operations.Holds;

/// <summary>A root's timer is due: what was too much for one entry goes on, what waited for a time happens. Proposed by
/// the leader alone; too early or twice it does no harm. Arguments: root; the slot is the command's.</summary>
internal static class WakeRoot
{
    public static ReadOnlyMemory<byte> Arguments(ReadOnlySpan<byte> root)
    {
        var arguments = new ByteWriter(root.Length + 4);
        arguments.WriteBytes(root);
        return arguments.WrittenMemory;
    }

    public static void Run(
        ref ByteReader arguments, in OperationContext context, IKeyspace keys, OperationAnswer answer)
    {
        if (!RootArgument.TryRead(ref arguments, context, answer, out ReadOnlySpan<byte> root))
        {
            return;
        }

        arguments.End();
        int grants = HoldEnds.GrantsPerRunMax;
        HoldEnds.Of(RecordKey.KindOf(root)).Wake(keys, root, ref grants);
        Reply.Done(answer, OperationCode.Wake);
    }
}
