using Concord.Encoding;
using Concord.Engines;
using Concord.Operations.Queues;

namespace Concord.Operations.Holds;

/// <summary>The one hold of which the answer to a command tells whoever asked: what was granted to it at once, or what
/// it has given back.</summary>
/// <param name="Session">Whose hold; none for no hold.</param>
/// <param name="Sequence">Its number.</param>
/// <param name="IsGrant">Whether the command made it; else it ended it.</param>
internal readonly record struct AnsweredHold(SessionId Session, ulong Sequence, bool IsGrant)
{
    public static AnsweredHold Of(in Command command) => command.Code switch
    {
        OperationCode.Acquire or OperationCode.Receive =>
            new(command.Request.Session, command.Request.Sequence, IsGrant: true),
        OperationCode.Release or OperationCode.CompleteDelivery or OperationCode.FailDelivery
            when TryReadEnded(command.Arguments, out ulong sequence) =>
            new(command.Request.Session, sequence, IsGrant: false),
        _ => default,
    };

    /// <summary>Whether the answer tells of this change. A delivery that is too long for an answer is told by the inbox
    /// alone.</summary>
    /// <param name="key">The hold's key.</param>
    /// <param name="value">Its value; empty when it is gone.</param>
    public bool Tells(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value) =>
        !Session.IsNone && IsGrant != value.IsEmpty && value.Length <= ReceiveMessage.InlineBytesMax
        && HoldKey.HandleOf(key) == (Session, Sequence);

    /// <summary>All three begin with the key of what is held and the number of the hold. What is malformed ends
    /// nothing.</summary>
    private static bool TryReadEnded(ReadOnlySpan<byte> arguments, out ulong sequence)
    {
        sequence = 0;
        try
        {
            var reader = new ByteReader(arguments);
            reader.ReadBytes();
            sequence = reader.ReadUInt64();
            return true;
        }
        catch (MalformedDataException)
        {
            return false;
        }
    }
}
