using Concord.Cli.Bench.Etcd;
using Concord.Encoding;

namespace Concord.Cli.Tests.Bench;

/// <summary>The bytes that go to etcd; the end-to-end test shows that etcd takes them.</summary>
public sealed class EtcdProtocolTests
{
    [Fact]
    public void A_put_is_its_key_and_its_value()
    {
        byte[] value = new byte[300];
        byte[] target = new byte[value.Length + 3 + EtcdMessages.OverheadBytes];

        int length = EtcdMessages.WritePut(target, "abc"u8, value);

        Assert.Equal([0x0A, 3, (byte)'a', (byte)'b', (byte)'c', 0x12, 0xAC, 0x02], target[..8]);
        Assert.Equal(8 + value.Length, length);
    }

    [Fact]
    public void An_answer_with_a_value_is_told_from_one_without()
    {
        byte[] header = [0x0A, 2, 0x08, 5];

        Assert.False(EtcdMessages.HasValue(header));
        Assert.False(EtcdMessages.HasValue([]));
        Assert.True(EtcdMessages.HasValue([.. header, 0x12, 3, 0x0A, 1, (byte)'k', 0x20, 1]));
    }

    [Theory]
    [InlineData(7, 7, true)]
    [InlineData(7, 8, false)]
    public void The_leader_is_the_member_that_names_itself(byte member, byte leader, bool expected)
    {
        // StatusResponse: header with cluster_id and member_id, version, dbSize, leader.
        byte[] status = [0x0A, 4, 0x08, 1, 0x10, member, 0x12, 1, (byte)'3', 0x18, 9, 0x20, leader];

        Assert.Equal(expected, EtcdMessages.IsLeader(status));
    }

    [Fact]
    public void Headers_are_written_out_once_and_are_a_byte_each_afterwards()
    {
        HeaderBlocks headers = new("127.0.0.1:2379");
        byte[] block = new byte[256];

        int first = headers.Write(block, EtcdMessages.Put);
        int second = headers.Write(block, EtcdMessages.Put);

        Assert.InRange(first, 50, 120);

        // Post, http, then the table from its end: path, authority, content type, te were put in, in this order.
        Assert.Equal([0x83, 0x86, 0x80 | 65, 0x80 | 64, 0x80 | 63, 0x80 | 62], block[..second]);

        // Another path is added in front of them all, and moves them one up.
        headers.Write(block, EtcdMessages.Range);
        int fourth = headers.Write(block, EtcdMessages.Range);
        Assert.Equal([0x83, 0x86, 0x80 | 62, 0x80 | 65, 0x80 | 64, 0x80 | 63], block[..fourth]);
    }

    [Fact]
    public void A_frame_is_read_when_it_is_there_as_a_whole()
    {
        ByteWriter writer = new();
        Http2.WriteHead(writer, 3, Http2.Data, Http2.EndStream, 77);
        writer.WriteRaw([1, 2, 3]);

        Assert.False(Http2.TryRead(writer.Written[..8], out _));
        Assert.False(Http2.TryRead(writer.Written[..11], out _));
        Assert.True(Http2.TryRead(writer.Written, out Http2Frame frame));
        Assert.Equal(new Http2Frame(3, Http2.Data, Http2.EndStream, 77), frame);
    }

    [Fact]
    public void The_count_of_syncs_is_found_in_the_metrics()
    {
        const string text = """
            # TYPE etcd_disk_wal_fsync_duration_seconds histogram
            etcd_disk_wal_fsync_duration_seconds_bucket{le="0.001"} 12
            etcd_disk_wal_fsync_duration_seconds_sum 0.08
            etcd_disk_wal_fsync_duration_seconds_count 1.234567e+06
            """;

        Assert.Equal(1_234_567, EtcdMetrics.ReadSyncs(text));
    }
}
