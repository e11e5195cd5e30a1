using Concord.Encoding;
using Concord.Engines;

namespace Concord.Operations.Holds;

/// <summary>The first argument of every operation on holds: the root.</summary>
internal static class RootArgument
{
    /// <summary>The root of anything that can be held, queues included; refuses anything else.</summary>
    public static bool TryRead(
        ref ByteReader arguments, in OperationContext context, OperationAnswer answer, out ReadOnlySpan<byte> root)
    {
        root = KeyArgument.Read(ref arguments, context);
        RecordKind kind = RecordKey.KindOf(root);
        return RequireKind(kind == RecordKind.Queue || HoldPolicy.IsNamed(kind), answer);
    }

    /// <summary>The root of a lock, an election, a semaphore or a group; refuses anything else.</summary>
    public static bool TryReadNamed(
        ref ByteReader arguments, in OperationContext context, OperationAnswer answer, out ReadOnlySpan<byte> root)
    {
        root = KeyArgument.Read(ref arguments, context);
        return RequireKind(HoldPolicy.IsNamed(RecordKey.KindOf(root)), answer);
    }

    private static bool RequireKind(bool fits, OperationAnswer answer)
    {
        if (!fits)
        {
            Reply.Refuse(answer, RefusalCode.WrongKind);
        }

        return fits;
    }
}
