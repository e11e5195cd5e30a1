using Concord.Client.Wire;
using Concord.Encoding;

namespace Concord.Client.Tests.Wire;

public sealed class TrailingBytesTests
{
    /// <summary>A sender that knows more than this build must say so by a version.</summary>
    [Fact]
    public void A_byte_behind_the_last_field_is_refused()
    {
        var frames = new FrameWriter();
        new Hello(HelloRole.Client, default, 0, 0, 1).Write(frames, WireKind.Hello);
        var messages = new MessageReader(Frame.BodyOf(frames.Take().Span));
        Assert.True(messages.TryRead(out _, out ByteReader hello));
        byte[] bytes = hello.Rest.ToArray();

        Assert.Equal(HelloRole.Client, Read(bytes).Role);
        Assert.Throws<MalformedDataException>(() => Read([.. bytes, 0]));
    }

    private static Hello Read(byte[] bytes)
    {
        var reader = new ByteReader(bytes);
        return Hello.Read(ref reader);
    }
}
