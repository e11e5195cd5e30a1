using Concord.Encoding;
using Concord.Engines;

namespace Concord.Operations;

/// <summary>
/// The frame of every answer's payload. Done: the operation's code, then what it returns. Refused: a
/// <see cref="RefusalCode"/>, then details. The code is there because an idempotency key may bring back the answer of
/// another operation, which must be an error and not a number that means something else.
/// </summary>
internal static class Reply
{
    public static ByteWriter Done(OperationAnswer answer, OperationCode code)
    {
        answer.Payload.WriteUInt16((ushort)code);
        return answer.Payload;
    }

    public static ByteWriter Refuse(OperationAnswer answer, RefusalCode code)
    {
        ByteWriter payload = answer.Refuse();
        payload.WriteByte((byte)code);
        return payload;
    }

    /// <summary>Opens an answer: true when it was done.</summary>
    /// <param name="answer">As the engine gave it.</param>
    /// <param name="code">The operation that was asked for.</param>
    /// <param name="body">What follows the frame.</param>
    /// <param name="refusal">The reason when it was refused.</param>
    public static bool IsDone(in EngineAnswer answer, OperationCode code, out ByteReader body, out RefusalCode refusal)
    {
        body = new ByteReader(answer.Payload.Span);
        refusal = default;
        switch (answer.Status)
        {
            case AnswerStatus.Done:
                var answered = (OperationCode)body.ReadUInt16();
                return answered == code ? true : throw new InvalidOperationException(
                    $"The idempotency key was used on this name before, for something else. Then: "
                    + $"{OperationWords.Of(answered)}. Now: {OperationWords.Of(code)}. Nothing changed. A key belongs "
                    + "to one intention: use another.");
            case AnswerStatus.Refused:
                refusal = (RefusalCode)body.ReadByte();
                return false;
            case AnswerStatus.Faulted:
                throw new InvalidOperationException(
                    $"{OperationWords.Of(code)} failed and changed nothing: {body.ReadText()}");
            case AnswerStatus.Cancelled:
                throw EngineErrors.Unavailable(
                    $"{OperationWords.Of(code)} was settled before it ran: somebody asked for its outcome. "
                    + "It did not happen and will not.");
            case AnswerStatus.Blocked:
                throw EngineErrors.Unavailable(
                    $"{OperationWords.Of(code)} met transaction {OperationAnswer.BlockedBy(answer.Payload.Span)}, "
                    + "which is not decided. Nothing happened.");
            default:
                throw new MalformedDataException($"An answer of status {(byte)answer.Status}.");
        }
    }

    /// <summary>For a refusal that the operation that was asked for never gives.</summary>
    public static InvalidOperationException Unexpected(OperationCode code, RefusalCode refusal) => new(
        refusal == RefusalCode.WrongKind
            ? $"{OperationWords.Of(code)} was asked of a record of another kind. Nothing changed."
            : $"{OperationWords.Of(code)} was refused: the idempotency key was used for something else on this name "
                + "before. Nothing changed. A key belongs to one intention: use another.");
}
