using Concord.Encoding;

namespace Concord.Operations.Queues;

/// <summary>What a receiver asks for, in its arguments and in its place in line: visibility 8, process.</summary>
internal readonly ref struct ReceiveRequest
{
    public const int ProcessBytesMax = 256;

    /// <summary>In milliseconds; zero for the queue's own.</summary>
    public long Visibility { get; init; }

    /// <summary>UTF-8, for whoever describes the queue.</summary>
    public ReadOnlySpan<byte> Process { get; init; }

    public static ReceiveRequest Read(ReadOnlySpan<byte> bytes)
    {
        var reader = new ByteReader(bytes);
        var request = new ReceiveRequest { Visibility = reader.ReadInt64(), Process = reader.ReadBytes() };
        reader.End();
        bool isValid = (request.Visibility == 0 || StoredQueueSettings.IsVisibility(request.Visibility))
            && request.Process.Length <= ProcessBytesMax;
        return isValid ? request : throw new MalformedDataException(
            $"Malformed data: {request.Visibility} ms of visibility for a process of {request.Process.Length} bytes.");
    }

    public void Write(ByteWriter target)
    {
        target.WriteInt64(Visibility);
        target.WriteBytes(Process);
    }
}
