using System.Buffers;

namespace Concord.Cli.Bench;

/// <summary>Bytes as they are: what is measured is the cluster, not a serializer.</summary>
internal sealed class BytesSerializer : IConcordSerializer<byte[]>
{
    public static BytesSerializer Instance { get; } = new();

    public string ContentType => "application/octet-stream";

    public void Serialize(byte[] value, IBufferWriter<byte> target) => target.Write(value);

    public byte[] Deserialize(ReadOnlySequence<byte> source) => source.ToArray();
}
