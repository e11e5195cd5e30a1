using Concord.Client.Routing;
using Concord.Client.Tests.Routing;
using Concord.Client.Wire;
using Concord.Encoding;
using Concord.Engines;

namespace Concord.Client.Tests.Wire;

/// <summary>What this build does not know is refused, and not taken for something else.</summary>
public sealed class UnknownCodeTests
{
    private const int FlagsPlace = 2;
    private const int SlotPlace = 11;
    private const int ActionKindPlace = 4;

    [Fact]
    public void A_message_to_a_client_of_an_unknown_kind_is_refused()
    {
        ClientHarness harness = ClientHarness.Ready();
        ClientConnection connection = harness.Connect(1);
        var frames = new FrameWriter();
        frames.Begin((WireKind)99).WriteRaw([1, 2, 3]);
        frames.End();
        byte[] body = Frame.BodyOf(frames.Take().Span).ToArray();

        Assert.Throws<MalformedDataException>(() => harness.Core.Receive(connection, body, harness.Now));
    }

    [Theory]
    [InlineData(FlagsPlace, 4)]
    [InlineData(FlagsPlace, 255)]
    [InlineData(SlotPlace + 1, Slot.Count >> 8)]
    public void A_command_with_an_unknown_flag_or_slot_is_refused(int place, byte value)
    {
        var writer = new ByteWriter();
        Command.WriteHead(writer, OperationCode.DeleteValue, new(new Slot(0), new(1), 1));
        byte[] command = writer.ToArray();
        Command.Read(command);
        command[place] = value;

        // Behind the head there is what a flag might ask for, so that nothing is missing.
        Assert.Throws<MalformedDataException>(() => { Command.Read([.. command, 0, 0, 0, 0]); });
    }

    [Fact]
    public void An_action_of_an_unknown_kind_is_refused()
    {
        var writer = new ByteWriter();
        ActionCodec.Write(writer, [new(ActionKind.Delete, new byte[] { 0, 0, 1, 2 }, 0, 0, 0, 0, default)], [0]);
        byte[] actions = writer.ToArray();
        Assert.Equal(ActionKind.Delete, First(actions));
        actions[ActionKindPlace] = 99;

        Assert.Throws<MalformedDataException>(() => First(actions));
    }

    private static ActionKind First(byte[] actions)
    {
        var reader = new ActionReader(actions);
        Assert.True(reader.TryRead(out ActionView action));
        return action.Kind;
    }
}
