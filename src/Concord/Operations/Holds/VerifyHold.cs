using Concord.Encoding;
using Concord.Engines;

namespace Concord.Operations.Holds;

/// <summary>Whether a hold, of a queue too, is still held; read only. Arguments: root, session, sequence,
/// token.</summary>
internal static class VerifyHold
{
    public static ReadOnlyMemory<byte> Arguments(ReadOnlySpan<byte> root, RequestKey handle, long token)
    {
        var arguments = new ByteWriter(root.Length + 28);
        arguments.WriteBytes(root);
        arguments.WriteUInt64(handle.Session.Value);
        arguments.WriteUInt64(handle.Sequence);
        arguments.WriteInt64(token);
        return arguments.WrittenMemory;
    }

    public static void Run(
        ref ByteReader arguments, in OperationContext context, IKeyspace keys, OperationAnswer answer)
    {
        if (!RootArgument.TryRead(ref arguments, context, answer, out ReadOnlySpan<byte> root))
        {
            return;
        }

        var session = new SessionId(arguments.ReadUInt64());
        ulong sequence = arguments.ReadUInt64();
        long token = arguments.ReadInt64();
        arguments.End();
        bool isHeld = FenceCheck.IsHeld(keys, root, token, session, sequence);
        Reply.Done(answer, OperationCode.VerifyHold).WriteByte(isHeld ? (byte)1 : (byte)0);
    }

    public static bool Read(in EngineAnswer answer) =>
        Reply.IsDone(answer, OperationCode.VerifyHold, out ByteReader body, out RefusalCode refusal)
            ? body.ReadByte() != 0
            : throw Reply.Unexpected(OperationCode.VerifyHold, refusal);
}
