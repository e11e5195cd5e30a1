using System.Buffers.Binary;
using Concord.Encoding;

namespace Concord.Cli.Bench.Etcd;

/// <summary>The head of a frame.</summary>
internal readonly record struct Http2Frame(int Length, byte Kind, byte Flags, int Stream);

/// <summary>The frames of HTTP/2 (RFC 9113, section 4): length 3, kind 1, flags 1, stream 4, payload.</summary>
internal static class Http2
{
    public const int HeadBytes = 9;

    public const byte Data = 0;
    public const byte Headers = 1;
    public const byte ResetStream = 3;
    public const byte Settings = 4;
    public const byte Ping = 6;
    public const byte WindowUpdate = 8;

    public const byte EndStream = 1;
    public const byte Acknowledge = 1;
    public const byte EndHeaders = 4;

    public const ushort SettingEnablePush = 2;
    public const ushort SettingInitialWindow = 4;

    /// <summary>The frame at the start of <paramref name="buffer"/>, when it is there as a whole.</summary>
    public static bool TryRead(ReadOnlySpan<byte> buffer, out Http2Frame frame)
    {
        frame = default;
        if (buffer.Length < HeadBytes)
        {
            return false;
        }

        int length = BinaryPrimitives.ReadInt32BigEndian(buffer) >>> 8;
        frame = new(
            length, buffer[3], buffer[4], BinaryPrimitives.ReadInt32BigEndian(buffer[5..]) & int.MaxValue);
        return buffer.Length >= HeadBytes + length;
    }

    public static void WriteHead(ByteWriter writer, int length, byte kind, byte flags, int stream)
    {
        Span<byte> head = writer.Reserve(HeadBytes);
        BinaryPrimitives.WriteInt32BigEndian(head, length << 8);
        head[3] = kind;
        head[4] = flags;
        BinaryPrimitives.WriteInt32BigEndian(head[5..], stream);
    }

    public static void WriteWindowUpdate(ByteWriter writer, int bytes)
    {
        WriteHead(writer, sizeof(int), WindowUpdate, 0, 0);
        BinaryPrimitives.WriteInt32BigEndian(writer.Reserve(sizeof(int)), bytes);
    }
}
