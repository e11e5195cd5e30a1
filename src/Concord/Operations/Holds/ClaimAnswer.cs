using Concord.Encoding;
using Concord.Engines;

namespace Concord.Operations.Holds;

/// <summary>
/// What <see cref="OperationCode.Acquire"/> and <see cref="OperationCode.Receive"/> answer when they are done: a byte
/// that says whether it was granted, and if so the value of the hold's record. The revision of the answer is then the
/// fencing token. Refused with <see cref="RefusalCode.Busy"/> when the asker does not wait.
/// </summary>
internal static class ClaimAnswer
{
    private const byte InLine = 1;
    private const byte WasGranted = 2;

    public static void Wait(OperationAnswer answer, OperationCode code) =>
        Reply.Done(answer, code).WriteByte(InLine);

    /// <summary>Grants a hold whose record may be long. A retry is answered as if it still waited: the inbox tells it
    /// what it holds. To keep each record twice, and to copy it with every later answer of the session, would cost more
    /// than all else.</summary>
    public static void GrantLong(OperationAnswer answer, OperationCode code, ReadOnlySpan<byte> hold)
    {
        Grant(answer, code, hold);
        answer.Retry.WriteUInt16((ushort)code);
        answer.Retry.WriteByte(InLine);
    }

    public static void Grant(OperationAnswer answer, OperationCode code, ReadOnlySpan<byte> hold)
    {
        ByteWriter body = Reply.Done(answer, code);
        body.WriteByte(WasGranted);
        body.WriteRaw(hold);
    }

    /// <summary>Whether the hold was granted, and its record.</summary>
    public static bool IsGranted(ref ByteReader body, out ReadOnlySpan<byte> hold)
    {
        byte state = body.ReadByte();
        hold = body.Rest;
        return state switch
        {
            WasGranted => true,
            InLine when hold.IsEmpty => false,
            _ => throw new MalformedDataException($"Malformed data: a claim in state {state}."),
        };
    }
}
