using Concord.Encoding;

namespace Concord.Tests;

public sealed class ChecksumTests
{
    private const uint Polynomial = 0x82F63B78; // of CRC-32C, reflected
    private static readonly byte[] s_noise = MakeNoise();

    [Fact]
    public void Is_the_checksum_that_the_standard_says()
    {
        // RFC 3720, B.4, and the value that catalogues of checksums give for "123456789".
        Assert.Equal(0xE3069283, Checksum.Crc32C("123456789"u8));
        Assert.Equal(0x8A9136AAu, Checksum.Crc32C(new byte[32]));
        byte[] ones = new byte[32];
        ones.AsSpan().Fill(0xFF);
        Assert.Equal(0x62A8AB43u, Checksum.Crc32C(ones));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(7)]
    [InlineData(512)]
    [InlineData(3071)]
    [InlineData(3072)]
    [InlineData(3073)]
    [InlineData(6143)]
    [InlineData(6144)]
    [InlineData(10_007)]
    public void Is_the_same_at_any_length_and_place_as_bit_by_bit(int length)
    {
        for (int at = 0; at < 9; at++)
        {
            ReadOnlySpan<byte> data = s_noise.AsSpan(at, length);
            Assert.Equal(BitByBit(data, 0), Checksum.Crc32C(data));
            Assert.Equal(BitByBit(data, 0xDEADBEEF), Checksum.Crc32C(data, 0xDEADBEEF));
        }
    }

    [Fact]
    public void Of_two_parts_is_that_of_the_whole()
    {
        uint whole = Checksum.Crc32C(s_noise);
        for (int cut = 0; cut <= s_noise.Length; cut += 509)
        {
            Assert.Equal(whole, Checksum.Crc32C(s_noise.AsSpan(cut), Checksum.Crc32C(s_noise.AsSpan(0, cut))));
        }
    }

    private static uint BitByBit(ReadOnlySpan<byte> data, uint seed)
    {
        uint crc = ~seed;
        foreach (byte value in data)
        {
            crc ^= value;
            for (int bit = 0; bit < 8; bit++)
            {
                crc = (crc & 1) != 0 ? (crc >> 1) ^ Polynomial : crc >> 1;
            }
        }

        return ~crc;
    }

    private static byte[] MakeNoise()
    {
        byte[] noise = new byte[10_240];
        new Random(Seed: 7).NextBytes(noise);
        return noise;
    }
}
