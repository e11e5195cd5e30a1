using System.Buffers;
using Concord.Encoding;
using Concord.Operations;

namespace Concord.Primitives;

/// <summary>What users store, with the content type that says how: a value or a message.</summary>
internal static class StoredContent
{
    /// <param name="content">The value or message.</param>
    /// <param name="serializer">Writes it.</param>
    /// <param name="name">Of the value or queue.</param>
    /// <param name="bytesMax">How large it may be.</param>
    /// <param name="parameter">What the caller of the public API calls it.</param>
    /// <exception cref="ArgumentException">It is too large, or the serializer's content type is not one.</exception>
    public static ReadOnlyMemory<byte> Serialize<T>(
        T content, IConcordSerializer<T> serializer, string name, int bytesMax, string parameter)
        where T : notnull
    {
        ArgumentNullException.ThrowIfNull(content, parameter);
        var record = new ByteWriter();
        ValueRecord.WriteHead(record, serializer.ContentType);
        int headBytes = record.Length;
        serializer.Serialize(content, record);
        int contentBytes = record.Length - headBytes;
        return contentBytes <= bytesMax ? record.WrittenMemory : throw new ArgumentException(
            $"What is to be stored in '{name}' would be {contentBytes} bytes; at most {bytesMax} are allowed.",
            parameter);
    }

    /// <exception cref="InvalidOperationException">It was written by a serializer of another content type, or is no
    /// such thing: the message names it.</exception>
    public static T Deserialize<T>(ReadOnlyMemory<byte> record, IConcordSerializer<T> serializer, string name)
        where T : notnull
    {
        string contentType = ValueRecord.Read(record, out ReadOnlyMemory<byte> content);
        if (contentType != serializer.ContentType)
        {
            throw new InvalidOperationException(
                $"'{name}' is stored as {contentType} and was asked for as {serializer.ContentType}. "
                + "Get it with the serializer that wrote it.");
        }

        try
        {
            return serializer.Deserialize(new ReadOnlySequence<byte>(content));
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            throw new InvalidOperationException(
                $"What is stored in '{name}' is no {typeof(T)}. Get it as what it was stored as. {exception.Message}",
                exception);
        }
    }
}
