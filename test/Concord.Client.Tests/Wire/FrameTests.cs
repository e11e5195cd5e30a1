using System.Buffers.Binary;
using Concord.Client.Wire;
using Concord.Encoding;

namespace Concord.Client.Tests.Wire;

public sealed class FrameTests
{
    [Fact]
    public void Messages_of_one_frame_come_out_as_they_went_in()
    {
        byte[] frame = FrameOf("one", "two", "three");

        Assert.Equal(frame.Length, Frame.LengthOf(frame));
        Assert.Equal(["one", "two", "three"], TextsIn(Frame.BodyOf(frame)));
    }

    [Fact]
    public void An_incomplete_head_has_no_length_yet()
    {
        byte[] frame = FrameOf("one");
        for (int length = 0; length < Frame.HeadBytes; length++)
        {
            Assert.Equal(0, Frame.LengthOf(frame.AsSpan(0, length)));
        }

        Assert.Equal(frame.Length, Frame.LengthOf(frame.AsSpan(0, Frame.HeadBytes)));
    }

    [Fact]
    public void Another_version_is_refused_with_both_versions_named()
    {
        byte[] frame = FrameOf("one");
        frame[4] = 7;

        var refused = Assert.Throws<MalformedDataException>(() => Frame.LengthOf(frame));

        Assert.Contains("version 7", refused.Message, StringComparison.Ordinal);
        Assert.Contains($"speaks {Frame.Version}", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Damage_in_any_byte_is_noticed()
    {
        byte[] frame = FrameOf("some message", "another");
        for (int i = 0; i < frame.Length; i++)
        {
            for (int bit = 0; bit < 8; bit++)
            {
                byte[] damaged = [.. frame];
                damaged[i] ^= (byte)(1 << bit);
                Assert.False(IsAccepted(damaged), $"Bit {bit} of byte {i} was flipped, and nobody noticed.");
            }
        }
    }

    /// <summary>Whoever believed the length would wait for the rest, and hear nothing until it has come.</summary>
    [Fact]
    public void A_damaged_length_is_noticed_with_the_head_alone()
    {
        byte[] head = FrameOf("some message", "another")[..Frame.HeadBytes];
        for (int bit = 0; bit < 64; bit++)
        {
            byte[] damaged = [.. head];
            damaged[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.Throws<MalformedDataException>(() => Frame.LengthOf(damaged));
        }
    }

    [Theory]
    [InlineData(int.MaxValue)]
    [InlineData(Frame.BodyBytesMax + 1)]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(int.MinValue)]
    public void An_absurd_length_is_refused_before_anything_is_allocated(int length)
    {
        byte[] head = FrameOf("one")[..Frame.HeadBytes];
        BinaryPrimitives.WriteInt32LittleEndian(head, length);
        Frame.SealLength(head);
        Assert.Throws<MalformedDataException>(() => Frame.LengthOf(head));

        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Throws<MalformedDataException>(() => Frame.LengthOf(head));

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 64 << 10);
    }

    [Fact]
    public void A_long_queue_is_cut_into_frames_that_each_stand_alone()
    {
        var frames = new FrameWriter();
        byte[] payload = new byte[10_000];
        for (int i = 0; i < 60; i++)
        {
            frames.Begin(WireKind.Read).WriteRaw(payload);
            frames.End();
        }

        ReadOnlySpan<byte> rest = frames.Take().Span;
        var sizes = new List<int>();
        int messages = 0;
        while (!rest.IsEmpty)
        {
            int length = Frame.LengthOf(rest);
            sizes.Add(length);
            var reader = new MessageReader(Frame.BodyOf(rest[..length]));
            while (reader.TryRead(out _, out ByteReader message))
            {
                messages++;
                Assert.Equal(payload.Length, message.Remaining);
            }

            rest = rest[length..];
        }

        Assert.Equal(60, messages);
        Assert.Equal(3, sizes.Count);
        Assert.All(sizes[..^1], size => Assert.InRange(size, 256 << 10, (256 << 10) + 20_000));
    }

    [Fact]
    public void What_was_taken_and_cleared_is_not_sent_again()
    {
        var frames = new FrameWriter();
        Write(frames, "first");
        frames.Take();
        frames.Clear();
        Assert.True(frames.IsEmpty);

        Write(frames, "second");

        Assert.Equal(["second"], TextsIn(Frame.BodyOf(frames.Take().Span)));
    }

    [Fact]
    public void What_is_written_after_taking_begins_a_frame_of_its_own()
    {
        var frames = new FrameWriter();
        Write(frames, "first");
        int first = frames.Take().Length;
        Write(frames, "second");

        ReadOnlySpan<byte> all = frames.Take().Span;

        Assert.Equal(["first"], TextsIn(Frame.BodyOf(all[..first])));
        Assert.Equal(["second"], TextsIn(Frame.BodyOf(all[first..])));
    }

    private static bool IsAccepted(byte[] bytes)
    {
        try
        {
            int length = Frame.LengthOf(bytes);
            if (length != bytes.Length)
            {
                // It waits for bytes that never come, or leaves some over: the next head is then no head.
                return false;
            }

            Frame.BodyOf(bytes);
            return true;
        }
        catch (MalformedDataException)
        {
            return false;
        }
    }

    private static byte[] FrameOf(params string[] texts)
    {
        var frames = new FrameWriter();
        foreach (string text in texts)
        {
            Write(frames, text);
        }

        return frames.Take().ToArray();
    }

    private static void Write(FrameWriter frames, string text)
    {
        frames.Begin(WireKind.Refused).WriteText(text);
        frames.End();
    }

    private static List<string> TextsIn(ReadOnlySpan<byte> body)
    {
        var texts = new List<string>();
        var reader = new MessageReader(body);
        while (reader.TryRead(out WireKind kind, out ByteReader message))
        {
            Assert.Equal(WireKind.Refused, kind);
            texts.Add(message.ReadText());
        }

        return texts;
    }
}
