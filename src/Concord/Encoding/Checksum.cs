using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;

namespace Concord.Encoding;

/// <summary>CRC-32C (Castagnoli), as frames and files carry it.</summary>
/// <remarks>
/// A processor begins a step each cycle and takes three to finish it, and each step waits for the one before. Three
/// streams side by side keep it busy: they are made one by moving a stream's remainder over the bytes behind it.
/// </remarks>
internal static class Checksum
{
    private const int Word = sizeof(ulong);
    private const int StreamBytes = 1024;
    private const int RoundBytes = 3 * StreamBytes;

    /// <summary>What each byte of a remainder becomes when as many zeros follow it as a stream has bytes.</summary>
    private static readonly uint[] s_moved = MakeMoved();

    public static uint Crc32C(ReadOnlySpan<byte> data, uint seed = 0)
    {
        uint crc = ~seed;
        if (BitConverter.IsLittleEndian)
        {
            for (; data.Length >= RoundBytes; data = data[RoundBytes..])
            {
                crc = Round(crc, data[..RoundBytes]);
            }
        }

        for (; data.Length >= Word; data = data[Word..])
        {
            crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt64LittleEndian(data));
        }

        foreach (byte value in data)
        {
            crc = BitOperations.Crc32C(crc, value);
        }

        return ~crc;
    }

    private static uint Round(uint crc, ReadOnlySpan<byte> data)
    {
        ReadOnlySpan<ulong> first = MemoryMarshal.Cast<byte, ulong>(data[..StreamBytes]);
        ReadOnlySpan<ulong> second = MemoryMarshal.Cast<byte, ulong>(data.Slice(StreamBytes, StreamBytes));
        ReadOnlySpan<ulong> third = MemoryMarshal.Cast<byte, ulong>(data.Slice(2 * StreamBytes, StreamBytes));
        uint behindFirst = 0;
        uint behindSecond = 0;
        for (int i = 0; i < first.Length && i < second.Length && i < third.Length; i++)
        {
            crc = BitOperations.Crc32C(crc, first[i]);
            behindFirst = BitOperations.Crc32C(behindFirst, second[i]);
            behindSecond = BitOperations.Crc32C(behindSecond, third[i]);
        }

        return Move(Move(crc) ^ behindFirst) ^ behindSecond;
    }

    private static uint Move(uint crc) =>
        s_moved[(byte)crc]
        ^ s_moved[0x100 + (byte)(crc >> 8)]
        ^ s_moved[0x200 + (byte)(crc >> 16)]
        ^ s_moved[0x300 + (crc >> 24)];

    private static uint[] MakeMoved()
    {
        uint[] moved = new uint[4 * 0x100];
        for (int bit = 0; bit < 32; bit++)
        {
            uint crc = 1u << bit;
            for (int i = 0; i < StreamBytes; i += Word)
            {
                crc = BitOperations.Crc32C(crc, 0UL);
            }

            // A remainder is linear: what several bits become is what each becomes, added without carry.
            Span<uint> table = moved.AsSpan(bit / 8 * 0x100, 0x100);
            for (int value = 0; value < table.Length; value++)
            {
                table[value] ^= (value >> (bit % 8) & 1) != 0 ? crc : 0;
            }
        }

        return moved;
    }
}
