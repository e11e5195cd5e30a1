using System.Buffers.Binary;
using Concord.Encoding;
using Text = System.Text.Encoding;

namespace Concord.Cli.Bench.Rabbit;

/// <summary>What methods of AMQP 0-9-1 a queue needs: class in the upper half, method in the lower.</summary>
internal enum AmqpMethod
{
    Start = (10 << 16) | 10,
    StartOk = (10 << 16) | 11,
    Tune = (10 << 16) | 30,
    TuneOk = (10 << 16) | 31,
    Open = (10 << 16) | 40,
    OpenOk = (10 << 16) | 41,
    Close = (10 << 16) | 50,
    OpenChannel = (20 << 16) | 10,
    CloseChannel = (20 << 16) | 40,
    Declare = (50 << 16) | 10,
    Limit = (60 << 16) | 10,
    Consume = (60 << 16) | 20,
    Publish = (60 << 16) | 40,
    Deliver = (60 << 16) | 60,
    Acknowledge = (60 << 16) | 80,
    Refuse = (60 << 16) | 120,
    SelectConfirms = (85 << 16) | 10,
}

/// <summary>The head of a frame: kind 1, channel 2, length 4; behind the payload an end of 1.</summary>
internal readonly record struct AmqpFrame(byte Kind, ushort Channel, int Length);

/// <summary>The frames of AMQP 0-9-1, as far as a load needs them. Numbers have their greatest byte first.</summary>
internal static class AmqpFrames
{
    public const int HeadBytes = 7;
    public const int EndBytes = 1;
    public const int MethodBytes = 4;
    public const byte Method = 1;

    private const byte Header = 2;
    private const byte Body = 3;
    private const byte End = 0xCE;
    private const ushort ClassOfMessages = 60;
    private const ushort HasDeliveryMode = 0x1000;
    private const byte Persistent = 2;

    /// <summary>The frame at the start of <paramref name="buffer"/>, when it is there as a whole.</summary>
    public static bool TryRead(ReadOnlySpan<byte> buffer, out AmqpFrame frame)
    {
        frame = default;
        if (buffer.Length < HeadBytes)
        {
            return false;
        }

        frame = new(
            buffer[0],
            BinaryPrimitives.ReadUInt16BigEndian(buffer[1..]),
            BinaryPrimitives.ReadInt32BigEndian(buffer[3..]));
        return buffer.Length >= HeadBytes + frame.Length + EndBytes;
    }

    public static void WriteMethod(
        ByteWriter target, ushort channel, AmqpMethod method, ReadOnlySpan<byte> arguments = default)
    {
        WriteHead(target, Method, channel, MethodBytes + arguments.Length);
        WriteInt32(target, (int)method);
        target.WriteRaw(arguments);
        target.WriteByte(End);
    }

    /// <summary>A message that outlives the broker, for one queue: three frames.</summary>
    public static void WriteMessage(
        ByteWriter target, ushort channel, ReadOnlySpan<byte> publish, ReadOnlySpan<byte> body)
    {
        WriteMethod(target, channel, AmqpMethod.Publish, publish);
        const int headerBytes = 15;
        WriteHead(target, Header, channel, headerBytes);
        WriteUInt16(target, ClassOfMessages);
        WriteUInt16(target, 0);
        BinaryPrimitives.WriteInt64BigEndian(target.Reserve(sizeof(long)), body.Length);
        WriteUInt16(target, HasDeliveryMode);
        target.WriteByte(Persistent);
        target.WriteByte(End);
        WriteHead(target, Body, channel, body.Length);
        target.WriteRaw(body);
        target.WriteByte(End);
    }

    public static void WriteAcknowledgement(ByteWriter target, ushort channel, ulong delivery)
    {
        Span<byte> arguments = stackalloc byte[sizeof(ulong) + 1];
        BinaryPrimitives.WriteUInt64BigEndian(arguments, delivery);
        arguments[^1] = 0;
        WriteMethod(target, channel, AmqpMethod.Acknowledge, arguments);
    }

    public static void WriteUInt16(ByteWriter target, ushort value) =>
        BinaryPrimitives.WriteUInt16BigEndian(target.Reserve(sizeof(ushort)), value);

    public static void WriteInt32(ByteWriter target, int value) =>
        BinaryPrimitives.WriteInt32BigEndian(target.Reserve(sizeof(int)), value);

    /// <summary>A text of at most 255 bytes.</summary>
    public static void WriteShort(ByteWriter target, string text)
    {
        target.WriteByte((byte)text.Length);
        target.WriteRaw(Text.ASCII.GetBytes(text));
    }

    public static void WriteLong(ByteWriter target, string text)
    {
        WriteInt32(target, text.Length);
        target.WriteRaw(Text.ASCII.GetBytes(text));
    }

    /// <summary>The number of a delivery: behind the tag of the consumer, which is a short text.</summary>
    public static ulong DeliveryOf(ReadOnlySpan<byte> arguments) =>
        BinaryPrimitives.ReadUInt64BigEndian(arguments[(1 + arguments[0])..]);

    private static void WriteHead(ByteWriter target, byte kind, ushort channel, int length)
    {
        target.WriteByte(kind);
        WriteUInt16(target, channel);
        WriteInt32(target, length);
    }
}
