namespace Concord.Consensus.Tests;

/// <summary>Alone, without entries: a message of an unknown kind that carries some is refused for that
/// already.</summary>
public sealed class UnknownKindTests
{
    [Fact]
    public void A_message_of_an_unknown_kind_is_refused_also_when_it_carries_nothing()
    {
        var log = new LogBuffer();
        byte last = Enum.GetValues<MessageKind>().Max(static kind => (byte)kind);
        foreach (byte kind in (byte[])[0, (byte)(last + 1), 255])
        {
            var message = new Message { Kind = (MessageKind)kind };
            byte[] bytes = new byte[MessageCodec.Measure(message, log)];
            MessageCodec.Write(message, log, bytes);

            Assert.False(MessageCodec.TryRead(bytes, out _, out _), $"Kind {kind} was taken for a message.");
        }
    }
}
