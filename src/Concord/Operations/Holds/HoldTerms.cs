using Concord.Encoding;
using Concord.Engines;

namespace Concord.Operations.Holds;

/// <summary>How something is held. Stored; numbers are never reused.</summary>
internal enum HoldMode : byte
{
    /// <summary>By nobody else at the same time.</summary>
    Exclusive = 1,

    /// <summary>Together with others that share.</summary>
    Shared = 2,
}

/// <summary>What a request asks for and a hold is of: mode 1, count 4, then the name of the process. So it stands in
/// the arguments, in the place in line and in the hold.</summary>
internal readonly ref struct HoldTerms
{
    public const int ProcessBytesMax = 128;
    private const int HeadBytes = 5;

    /// <summary>The most that this takes as bytes.</summary>
    public const int BytesMax = HeadBytes + ProcessBytesMax;

    public HoldMode Mode { get; init; }

    /// <summary>How many permits; one for everything that is not a semaphore.</summary>
    public int Count { get; init; }

    /// <summary>The name of the process that asks, UTF-8: for people.</summary>
    public ReadOnlySpan<byte> Process { get; init; }

    /// <exception cref="MalformedDataException">These are no terms.</exception>
    public static HoldTerms Read(ReadOnlySpan<byte> source)
    {
        var reader = new ByteReader(source);
        var terms = new HoldTerms
        {
            Mode = (HoldMode)reader.ReadByte(),
            Count = reader.ReadInt32(),
            Process = reader.Rest,
        };
        return terms.Mode is HoldMode.Exclusive or HoldMode.Shared
            && terms.Count > 0 && terms.Process.Length <= ProcessBytesMax
            ? terms
            : throw new MalformedDataException(
                $"Malformed data: {terms.Count} holds of mode {(byte)terms.Mode} by {terms.Process.Length} bytes.");
    }

    public void Write(ByteWriter target)
    {
        target.WriteByte((byte)Mode);
        target.WriteInt32(Count);
        target.WriteRaw(Process);
    }
}

/// <summary>The value of a Hold record of a lock, an election, a semaphore or a group: version 1, since 8,
/// terms.</summary>
internal readonly ref struct HoldRecord
{
    private const byte Version = 1;
    private const int HeadBytes = 9;

    /// <summary>When it was granted.</summary>
    public LogTime Since { get; private init; }

    public HoldTerms Terms { get; private init; }

    public static HoldRecord Read(ReadOnlySpan<byte> value)
    {
        var reader = new ByteReader(value);
        byte version = reader.ReadByte();
        return version == Version
            ? new() { Since = new(reader.ReadInt64()), Terms = HoldTerms.Read(reader.Rest) }
            : throw new MalformedDataException($"Malformed data: version {version} of a hold.");
    }

    public static ByteWriter Encode(LogTime since, in HoldTerms terms)
    {
        var value = new ByteWriter(HeadBytes + HoldTerms.BytesMax);
        value.WriteByte(Version);
        value.WriteInt64(since.Milliseconds);
        terms.Write(value);
        return value;
    }
}
