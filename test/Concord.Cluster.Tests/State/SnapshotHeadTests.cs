using Concord.Cluster.State;
using Concord.Encoding;

namespace Concord.Cluster.Tests.State;

public sealed class SnapshotHeadTests
{
    private const int LengthPlace = 8;

    [Theory]
    [InlineData(SnapshotFormat.HeadFieldBytesMin - 1)]
    [InlineData(SnapshotFormat.HeadFieldBytesMin + SnapshotFormat.ExtraBytesMax + 1)]
    [InlineData(int.MaxValue)]
    [InlineData(-1)]
    public void A_head_of_an_impossible_length_is_refused_before_it_has_arrived(int length)
    {
        var file = new ByteWriter();
        SnapshotFormat.WriteHead(file, new(1, default, default, 0, default, default));
        file.OverwriteInt32(LengthPlace, length);
        byte[] start = file.Written[..SnapshotFormat.HeadStartBytes].ToArray();

        Assert.Throws<SnapshotCorruptException>(() => new SnapshotReader().Feed(start));
    }
}
