using System.Buffers.Binary;
using System.Numerics;

namespace Concord.Encoding;

/// <summary>CRC-32C (Castagnoli), as frames and files carry it.</summary>
internal static class Checksum
{
    public static uint Crc32C(ReadOnlySpan<byte> data, uint seed = 0)
    {
        uint crc = ~seed;
        while (data.Length >= 8)
        {
            crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt64LittleEndian(data));
            data = data[8..];
        }

        foreach (byte value in data)
        {
            crc = BitOperations.Crc32C(crc, value);
        }

        return ~crc;
    }
}
