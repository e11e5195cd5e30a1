using System.Text;
using Concord.Encoding;

namespace Concord.Operations;

/// <summary>The stored form of a value: the length of its content type in one byte, the content type in ASCII, its
/// bytes.</summary>
internal static class ValueRecord
{
    /// <summary>The longest content type.</summary>
    public const int ContentTypeBytesMax = 64;

    /// <summary>The largest value, without its content type.</summary>
    public const int ContentBytesMax = 1 << 20;

    /// <summary>Writes what stands before the content.</summary>
    public static void WriteHead(ByteWriter target, string contentType)
    {
        if (contentType.Length is 0 or > ContentTypeBytesMax || !Ascii.IsValid(contentType))
        {
            throw new ArgumentException(
                $"The content type '{contentType}' must be 1 to {ContentTypeBytesMax} bytes of ASCII.",
                nameof(contentType));
        }

        target.WriteByte((byte)contentType.Length);
        Ascii.FromUtf16(contentType, target.Reserve(contentType.Length), out _);
    }

    /// <summary>Checks what a client sent before it is stored.</summary>
    public static void Check(ReadOnlySpan<byte> record)
    {
        int headBytes = HeadBytes(record);
        if (record.Length - headBytes > ContentBytesMax)
        {
            throw new MalformedDataException(
                $"A value of {record.Length - headBytes} bytes; at most {ContentBytesMax} are allowed.");
        }
    }

    /// <summary>The content type and the content of a stored value.</summary>
    public static string Read(ReadOnlyMemory<byte> record, out ReadOnlyMemory<byte> content)
    {
        int headBytes = HeadBytes(record.Span);
        content = record[headBytes..];
        return System.Text.Encoding.ASCII.GetString(record.Span[1..headBytes]);
    }

    private static int HeadBytes(ReadOnlySpan<byte> record)
    {
        int headBytes = record.IsEmpty ? 0 : 1 + record[0];
        return headBytes is > 1 and <= 1 + ContentTypeBytesMax && headBytes <= record.Length
            ? headBytes
            : throw new MalformedDataException("A value without a content type.");
    }
}
