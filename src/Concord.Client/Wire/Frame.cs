using System.Buffers.Binary;
using Concord.Encoding;

namespace Concord.Client.Wire;

/// <summary>
/// What goes over a connection: length of the body 4, version 1, zero 3, CRC-32C 4, body. The checksum covers the head
/// before it and the body. A body is messages one behind the other; whatever queued up between two sends is one frame.
/// </summary>
internal static class Frame
{
    public const byte Version = 1;
    public const int HeadBytes = 12;

    /// <summary>The most bytes of a body; a longer one is refused before anything is allocated for it.</summary>
    public const int BodyBytesMax = 32 << 20;

    private const int ChecksumOffset = 8;

    /// <summary>Fills in the head of a frame whose body has been written.</summary>
    public static void Seal(Span<byte> frame)
    {
        BinaryPrimitives.WriteInt32LittleEndian(frame, frame.Length - HeadBytes);
        frame[4] = Version;
        frame[5..ChecksumOffset].Clear();
        BinaryPrimitives.WriteUInt32LittleEndian(frame[ChecksumOffset..], ChecksumOf(frame));
    }

    /// <summary>The length of the frame at the start of <paramref name="buffer"/>, or 0 while its head is
    /// incomplete.</summary>
    /// <exception cref="MalformedDataException">It is not a frame of this version.</exception>
    public static int LengthOf(ReadOnlySpan<byte> buffer)
    {
        if (buffer.Length < HeadBytes)
        {
            return 0;
        }

        int body = BinaryPrimitives.ReadInt32LittleEndian(buffer);
        if (buffer[4] != Version)
        {
            throw new MalformedDataException(
                $"The other side speaks protocol version {buffer[4]}, this build speaks {Version}; upgrade the "
                    + "older of the two.");
        }

        if (body is <= 0 or > BodyBytesMax || (buffer[5] | buffer[6] | buffer[7]) != 0)
        {
            throw new MalformedDataException($"Malformed frame: a body of {body} bytes.");
        }

        return HeadBytes + body;
    }

    /// <summary>Checks a whole frame and returns its body.</summary>
    /// <exception cref="MalformedDataException">The checksum does not fit.</exception>
    public static ReadOnlySpan<byte> BodyOf(ReadOnlySpan<byte> frame)
    {
        if (BinaryPrimitives.ReadUInt32LittleEndian(frame[ChecksumOffset..]) != ChecksumOf(frame))
        {
            throw new MalformedDataException("A frame was damaged on its way: its checksum does not fit.");
        }

        return frame[HeadBytes..];
    }

    private static uint ChecksumOf(ReadOnlySpan<byte> frame) =>
        Checksum.Crc32C(frame[HeadBytes..], Checksum.Crc32C(frame[..ChecksumOffset]));
}
