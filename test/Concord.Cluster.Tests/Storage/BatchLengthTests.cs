using System.Buffers.Binary;
using Concord.Cluster.Storage;
using Concord.Encoding;

namespace Concord.Cluster.Tests.Storage;

/// <summary>Checksums that are right do not make a length right.</summary>
public sealed class BatchLengthTests
{
    private const int SegmentBytes = 4 * BatchFormat.SectorBytes;

    [Fact]
    public void A_batch_that_says_how_long_it_is_is_whole() =>
        Assert.Equal(BatchState.Valid, Inspect(BatchFormat.SectorBytes, recordBytes: 100));

    [Theory]
    [InlineData(0)]
    [InlineData(BatchFormat.SectorBytes + 1)]
    [InlineData(SegmentBytes + BatchFormat.SectorBytes)]
    [InlineData(int.MaxValue)]
    [InlineData(-1)]
    public void A_batch_that_does_not_fit_its_segment_is_damage(int length) =>
        Assert.Equal(BatchState.Damaged, Inspect(length, recordBytes: 100));

    [Theory]
    [InlineData(BatchFormat.SectorBytes)]
    [InlineData(int.MaxValue)]
    [InlineData(-1)]
    public void Records_that_do_not_fit_their_batch_are_damage(int recordBytes) =>
        Assert.Equal(BatchState.Damaged, Inspect(BatchFormat.SectorBytes, recordBytes));

    private static BatchState Inspect(int length, int recordBytes)
    {
        byte[] segment = new byte[SegmentBytes];
        var header = new BatchHeader(
            BatchFormat.SegmentHead, Escapes: 0, length, Sequence: 1, PreviousChecksum: 0, recordBytes, Sector: 0,
            Segment: 1);
        BatchFormat.WriteHeader(header, segment);
        Span<byte> batch = segment.AsSpan(0, BatchFormat.SectorBytes);
        BinaryPrimitives.WriteUInt64LittleEndian(batch[^sizeof(ulong)..], BatchFormat.EndMark);
        uint checksum = Checksum.Crc32C(batch[..^BatchFormat.TrailerBytes]);
        BinaryPrimitives.WriteUInt32LittleEndian(batch[^BatchFormat.TrailerBytes..], checksum);
        return BatchReader.Inspect(segment, 1, 0, out _, out _);
    }
}
