using Concord.Encoding;
using Concord.Engines;

namespace Concord.Operations.Queues;

/// <summary>What a dead-lettered message carries: the root of the queue it comes from, when it left it, how often it
/// had been delivered and had failed there, and why.</summary>
internal readonly ref struct DeadLetterNote
{
    public const int ReasonBytesMax = 1024;
    public const int BytesMax = IntentTable.TargetKeyBytesMax + ReasonBytesMax + 24;

    public ReadOnlySpan<byte> Source { get; init; }

    public LogTime At { get; init; }

    public int Deliveries { get; init; }

    public int Failures { get; init; }

    /// <summary>UTF-8; empty for none.</summary>
    public ReadOnlySpan<byte> Reason { get; init; }

    public static DeadLetterNote Read(ReadOnlySpan<byte> note)
    {
        var reader = new ByteReader(note);
        var read = new DeadLetterNote
        {
            Source = reader.ReadBytes(),
            At = new(reader.ReadInt64()),
            Deliveries = reader.ReadInt32(),
            Failures = reader.ReadInt32(),
            Reason = reader.ReadBytes(),
        };
        reader.End();
        return read;
    }

    public byte[] ToArray()
    {
        var target = new ByteWriter(Source.Length + Reason.Length + 24);
        target.WriteBytes(Source);
        target.WriteInt64(At.Milliseconds);
        target.WriteInt32(Deliveries);
        target.WriteInt32(Failures);
        target.WriteBytes(Reason);
        return target.ToArray();
    }

    /// <summary>A reason as it is stored: cut, on a character, to what is kept.</summary>
    public static byte[] ReasonOf(string? reason)
    {
        byte[] bytes = System.Text.Encoding.UTF8.GetBytes(reason ?? "");
        int length = Math.Min(bytes.Length, ReasonBytesMax);
        while (length < bytes.Length && length > 0 && (bytes[length] & 0xC0) == 0x80)
        {
            length--;
        }

        return bytes[..length];
    }
}
