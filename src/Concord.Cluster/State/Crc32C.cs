using System.Buffers.Binary;
using System.Numerics;

namespace Concord.Cluster.State;

/// <summary>The Castagnoli checksum, by the processor's own instruction where there is one.</summary>
internal static class Crc32C
{
    /// <summary>Goes on from the checksum <paramref name="before"/> of what stands in front.</summary>
    public static uint Of(ReadOnlySpan<byte> data, uint before = 0)
    {
        uint crc = ~before;
        for (; data.Length >= sizeof(ulong); data = data[sizeof(ulong)..])
        {
            crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt64LittleEndian(data));
        }

        foreach (byte value in data)
        {
            crc = BitOperations.Crc32C(crc, value);
        }

        return ~crc;
    }
}
