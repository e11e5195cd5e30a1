using System.Buffers.Binary;
using Concord.Encoding;

namespace Concord.Client.Wire;

/// <summary>
/// What goes over a connection: length of the body 4, version 1, low bytes of the CRC-32C of these 3, CRC-32C 4, body.
/// The last checksum covers the head before it and the body; the first one is there for the length alone, which is
/// believed before there is a body to check: who waits for the end of a frame that has none hears nothing any more. A
/// body is messages one behind the other; whatever queued up between two sends is one frame.
/// </summary>
internal static class Frame
{
    public const byte Version = 1;
    public const int HeadBytes = 12;

    /// <summary>The most bytes of a body; a longer one is refused before anything is allocated for it.</summary>
    public const int BodyBytesMax = 32 << 20;

    private const int VersionOffset = 4;
    private const int LengthCheckOffset = 5;
    private const int ChecksumOffset = 8;

    /// <summary>Fills in the head of a frame whose body has been written.</summary>
    public static void Seal(Span<byte> frame)
    {
        BinaryPrimitives.WriteInt32LittleEndian(frame, frame.Length - HeadBytes);
        SealLength(frame);
        BinaryPrimitives.WriteUInt32LittleEndian(frame[ChecksumOffset..], ChecksumOf(frame));
    }

    /// <summary>Fills in what is behind the length of a head.</summary>
    public static void SealLength(Span<byte> head)
    {
        head[VersionOffset] = Version;
        BinaryPrimitives.WriteUInt32LittleEndian(head[VersionOffset..], Version | (LengthCheckOf(head) << 8));
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
        if (buffer[VersionOffset] != Version)
        {
            throw new MalformedDataException(
                $"The other side speaks protocol version {buffer[VersionOffset]}, this build speaks {Version}; upgrade "
                    + "the older of the two.");
        }

        if (BinaryPrimitives.ReadUInt32LittleEndian(buffer[VersionOffset..]) >> 8 != LengthCheckOf(buffer))
        {
            throw new MalformedDataException("The head of a frame was damaged on its way: its check does not fit.");
        }

        if (body is <= 0 or > BodyBytesMax)
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

    private static uint LengthCheckOf(ReadOnlySpan<byte> head) => Checksum.Crc32C(head[..LengthCheckOffset]) & 0xFFFFFF;

    private static uint ChecksumOf(ReadOnlySpan<byte> frame) =>
        Checksum.Crc32C(frame[HeadBytes..], Checksum.Crc32C(frame[..ChecksumOffset]));
}
