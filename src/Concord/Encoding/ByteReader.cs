using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;

namespace Concord.Encoding;

/// <summary>Reads what <see cref="ByteWriter"/> wrote. Every length is checked before it is used.</summary>
internal ref struct ByteReader(ReadOnlySpan<byte> source)
{
    private ReadOnlySpan<byte> _rest = source;

    public readonly int Remaining => _rest.Length;

    public readonly ReadOnlySpan<byte> Rest => _rest;

    public byte ReadByte() => Take(1)[0];

    public ushort ReadUInt16() => BinaryPrimitives.ReadUInt16LittleEndian(Take(2));

    public uint ReadUInt32() => BinaryPrimitives.ReadUInt32LittleEndian(Take(4));

    public int ReadInt32() => BinaryPrimitives.ReadInt32LittleEndian(Take(4));

    public ulong ReadUInt64() => BinaryPrimitives.ReadUInt64LittleEndian(Take(8));

    public long ReadInt64() => BinaryPrimitives.ReadInt64LittleEndian(Take(8));

    public ReadOnlySpan<byte> ReadRaw(int count) => Take(count);

    public ReadOnlySpan<byte> ReadBytes() => Take(ReadInt32());

    public string ReadText() => System.Text.Encoding.UTF8.GetString(ReadBytes());

    /// <summary>Refuses bytes behind the last field: a sender that knows more than this build must say so by a
    /// version.</summary>
    public readonly void End()
    {
        if (!_rest.IsEmpty)
        {
            Throw($"{_rest.Length} bytes too many");
        }
    }

    private ReadOnlySpan<byte> Take(int count)
    {
        if ((uint)count > (uint)_rest.Length)
        {
            Throw($"{count} bytes wanted, {_rest.Length} left");
        }

        ReadOnlySpan<byte> taken = _rest[..count];
        _rest = _rest[count..];
        return taken;
    }

    [DoesNotReturn]
    private static void Throw(string what) => throw new MalformedDataException($"Malformed data: {what}.");
}

/// <summary>Bytes that are not what they should be. Costs the sender an error, and nobody else anything.</summary>
internal sealed class MalformedDataException(string message) : Exception(message);
