using System.Buffers;
using System.Text;

namespace Concord.Cli;

/// <summary>Values as plain UTF-8 text, which is what one types on a command line and sees in a terminal.</summary>
internal sealed class TextSerializer : IConcordSerializer<string>
{
    public static TextSerializer Instance { get; } = new();

    public string ContentType => "text/plain";

    public void Serialize(string value, IBufferWriter<byte> target) =>
        System.Text.Encoding.UTF8.GetBytes(value, target);

    public string Deserialize(ReadOnlySequence<byte> source) => System.Text.Encoding.UTF8.GetString(source);
}
