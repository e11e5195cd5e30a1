using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;

namespace Concord.Cluster.Storage;

/// <summary>The Castagnoli checksum, which processors compute eight bytes at a time.</summary>
internal static class Crc32C
{
    public static uint Compute(ReadOnlySpan<byte> bytes)
    {
        uint checksum = uint.MaxValue;
        ReadOnlySpan<ulong> words = MemoryMarshal.Cast<byte, ulong>(bytes);
        foreach (ulong word in words)
        {
            ulong little = BitConverter.IsLittleEndian ? word : BinaryPrimitives.ReverseEndianness(word);
            checksum = BitOperations.Crc32C(checksum, little);
        }

        foreach (byte rest in bytes[(words.Length * sizeof(ulong))..])
        {
            checksum = BitOperations.Crc32C(checksum, rest);
        }

        return ~checksum;
    }
}
