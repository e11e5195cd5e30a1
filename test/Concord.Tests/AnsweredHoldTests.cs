using Concord.Encoding;
using Concord.Engines;
using Concord.Operations;
using Concord.Operations.Holds;
using Concord.Operations.Queues;

namespace Concord.Tests;

/// <summary>What an answer tells its asker of a hold, the inbox need not tell; everything else it must.</summary>
public sealed class AnsweredHoldTests
{
    private const ulong Own = 7;
    private static readonly SessionId s_session = new(42);
    private static readonly byte[] s_root = RecordKey.Named(new Slot(1), RecordKind.Queue, "", "q");

    [Theory]
    [InlineData("Acquire")]
    [InlineData("Receive")]
    public void A_grant_is_told_to_who_asked_for_it(string code)
    {
        AnsweredHold answered = Of(Enum.Parse<OperationCode>(code), []);

        Assert.True(answered.Tells(Key(s_session, Own), "held"u8));
        Assert.False(answered.Tells(Key(s_session, Own), []), "that it is gone is news");
        Assert.False(answered.Tells(Key(s_session, Own + 1), "held"u8), "granted to another request");
        Assert.False(answered.Tells(Key(new(43), Own), "held"u8), "granted to another session");
        Assert.False(
            answered.Tells(Key(s_session, Own), new byte[ReceiveMessage.InlineBytesMax + 1]), "no answer is so long");
    }

    [Theory]
    [InlineData("Release")]
    [InlineData("CompleteDelivery")]
    [InlineData("FailDelivery")]
    public void An_end_is_told_to_who_asked_for_it(string code)
    {
        AnsweredHold answered = Of(
            Enum.Parse<OperationCode>(code), DeliveryArgument.Write(s_root, sequence: 5, token: 1).WrittenMemory.Span);

        Assert.True(answered.Tells(Key(s_session, 5), []));
        Assert.False(answered.Tells(Key(s_session, Own), []), "it is the number of the request, not of the hold");
        Assert.False(answered.Tells(Key(s_session, 6), []), "another that ended beside it");
        Assert.False(answered.Tells(Key(s_session, 5), "held"u8), "held once more");
        Assert.False(answered.Tells(Key(new(43), 5), []));
    }

    [Theory]
    [InlineData("ForceRelease")]
    [InlineData("ExtendDelivery")]
    [InlineData("Wake")]
    [InlineData("Resolve")]
    public void Other_commands_tell_nothing(string code)
    {
        AnsweredHold answered = Of(
            Enum.Parse<OperationCode>(code), ReleaseHold.Arguments(s_root, Own).Span);

        Assert.False(answered.Tells(Key(s_session, Own), []));
        Assert.False(answered.Tells(Key(s_session, Own), "held"u8));
    }

    [Fact]
    public void What_is_malformed_ends_nothing() =>
        Assert.Equal(default, Of(OperationCode.CompleteDelivery, [255, 255, 255, 255]));

    private static AnsweredHold Of(OperationCode code, ReadOnlySpan<byte> arguments)
    {
        var command = new ByteWriter();
        Command.WriteHead(command, code, new(new Slot(1), s_session, Own));
        command.WriteRaw(arguments);
        return AnsweredHold.Of(Command.Read(command.Written));
    }

    private static byte[] Key(SessionId session, ulong sequence) =>
        HoldKey.Write(new byte[HoldKey.BytesMax], RecordKind.Hold, s_root, session, sequence).ToArray();
}
