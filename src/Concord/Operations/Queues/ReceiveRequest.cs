using Concord.Encoding;

namespace Concord.Operations.Queues;

/// <summary>What a receiver asks for, in its arguments and in its place in line: visibility 8, process, and in line
/// alone how many it still waits for 2, if that is more than one.</summary>
internal readonly ref struct ReceiveRequest
{
    public const int ProcessBytesMax = 256;

    private readonly ushort _more;

    /// <summary>In milliseconds; zero for the queue's own.</summary>
    public long Visibility { get; init; }

    /// <summary>UTF-8, for whoever describes the queue.</summary>
    public ReadOnlySpan<byte> Process { get; init; }

    /// <summary>For how many messages it waits.</summary>
    public int Left
    {
        get => _more + 1;
        init => _more = (ushort)(value - 1);
    }

    /// <summary>Reads the arguments of a request.</summary>
    public static ReceiveRequest Read(ReadOnlySpan<byte> bytes) => Read(bytes, isPlace: false);

    /// <summary>Reads a request from its place in line.</summary>
    public static ReceiveRequest ReadPlace(ReadOnlySpan<byte> bytes) => Read(bytes, isPlace: true);

    /// <summary>Writes a request as it comes from a receiver.</summary>
    public static void Write(ByteWriter target, TimeSpan? visibility, string process)
    {
        byte[] name = System.Text.Encoding.UTF8.GetBytes(process);
        new ReceiveRequest
        {
            Visibility = (long)(visibility ?? TimeSpan.Zero).TotalMilliseconds,
            Process = name.AsSpan(0, Math.Min(name.Length, ProcessBytesMax)),
        }.Write(target);
    }

    /// <summary>The same for another number of messages.</summary>
    public ReceiveRequest WithLeft(int left) => new() { Visibility = Visibility, Process = Process, Left = left };

    public void Write(ByteWriter target)
    {
        target.WriteInt64(Visibility);
        target.WriteBytes(Process);
        if (_more > 0)
        {
            target.WriteUInt16((ushort)Left);
        }
    }

    private static ReceiveRequest Read(ReadOnlySpan<byte> bytes, bool isPlace)
    {
        var reader = new ByteReader(bytes);
        var request = new ReceiveRequest
        {
            Visibility = reader.ReadInt64(),
            Process = reader.ReadBytes(),
            Left = isPlace && reader.Remaining > 0 ? reader.ReadUInt16() : 1,
        };
        reader.End();
        bool isValid = (request.Visibility == 0 || StoredQueueSettings.IsVisibility(request.Visibility))
            && request.Process.Length <= ProcessBytesMax && request.Left <= ReceiveSeveral.CountMax;
        return isValid ? request : throw new MalformedDataException(
            $"Malformed data: {request.Left} messages with {request.Visibility} ms of visibility for a process of "
            + $"{request.Process.Length} bytes.");
    }
}
