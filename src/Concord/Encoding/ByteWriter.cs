using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace Concord.Encoding;

/// <summary>A growing buffer that is used again and again. Little-endian; lengths before what they measure.</summary>
internal sealed class ByteWriter(int capacity = 256) : IBufferWriter<byte>
{
    private byte[] _bytes = GC.AllocateUninitializedArray<byte>(capacity);

    public int Length { get; private set; }

    public ReadOnlySpan<byte> Written => _bytes.AsSpan(0, Length);

    public ReadOnlyMemory<byte> WrittenMemory => _bytes.AsMemory(0, Length);

    /// <summary>The array behind <see cref="Written"/>, for those who hand it to a socket or a file.</summary>
    public byte[] Buffer => _bytes;

    public byte[] ToArray() => Written.ToArray();

    public void Clear() => Length = 0;

    /// <summary>Takes back what was written after <paramref name="length"/>.</summary>
    public void Truncate(int length) => Length = Math.Min(Length, length);

    public void WriteByte(byte value) => Reserve(1)[0] = value;

    public void WriteUInt16(ushort value) => BinaryPrimitives.WriteUInt16LittleEndian(Reserve(2), value);

    public void WriteUInt32(uint value) => BinaryPrimitives.WriteUInt32LittleEndian(Reserve(4), value);

    public void WriteInt32(int value) => BinaryPrimitives.WriteInt32LittleEndian(Reserve(4), value);

    public void WriteUInt64(ulong value) => BinaryPrimitives.WriteUInt64LittleEndian(Reserve(8), value);

    public void WriteInt64(long value) => BinaryPrimitives.WriteInt64LittleEndian(Reserve(8), value);

    public void WriteRaw(ReadOnlySpan<byte> value) => value.CopyTo(Reserve(value.Length));

    /// <summary>Four bytes of length, then the bytes.</summary>
    public void WriteBytes(ReadOnlySpan<byte> value)
    {
        WriteInt32(value.Length);
        WriteRaw(value);
    }

    /// <summary>Four bytes of length, then UTF-8.</summary>
    public void WriteText(string value)
    {
        int at = Length;
        WriteInt32(0);
        int bytes =
            System.Text.Encoding.UTF8.GetBytes(value, GetSpan(System.Text.Encoding.UTF8.GetMaxByteCount(value.Length)));
        Advance(bytes);
        OverwriteInt32(at, bytes);
    }

    public void OverwriteInt32(int position, int value) =>
        BinaryPrimitives.WriteInt32LittleEndian(_bytes.AsSpan(position), value);

    public void OverwriteUInt32(int position, uint value) =>
        BinaryPrimitives.WriteUInt32LittleEndian(_bytes.AsSpan(position), value);

    /// <summary>Room for <paramref name="count"/> bytes that count as written at once.</summary>
    public Span<byte> Reserve(int count)
    {
        Span<byte> span = GetSpan(count)[..count];
        Length += count;
        return span;
    }

    public void Advance(int count) => Length += count;

    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        Ensure(sizeHint);
        return _bytes.AsMemory(Length);
    }

    public Span<byte> GetSpan(int sizeHint = 0)
    {
        Ensure(sizeHint);
        return _bytes.AsSpan(Length);
    }

    private void Ensure(int count)
    {
        int needed = checked(Length + Math.Max(count, 1));
        if (needed > _bytes.Length)
        {
            byte[] larger = GC.AllocateUninitializedArray<byte>(Math.Max(needed, checked(_bytes.Length * 2)));
            _bytes.AsSpan(0, Length).CopyTo(larger);
            _bytes = larger;
        }
    }
}
