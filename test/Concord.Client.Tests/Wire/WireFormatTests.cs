using System.Buffers.Binary;
using Concord.Client.Wire;
using Concord.Encoding;
using Concord.Engines;

namespace Concord.Client.Tests.Wire;

public sealed class WireFormatTests
{
    private static readonly Hello s_hello =
        new(HelloRole.Peer, new Guid("0a1b2c3d-1122-3344-5566-778899aabbcc"), 3, 0xABCDEF, 7);

    [Fact]
    public void A_hello_comes_back_as_it_was()
    {
        var reader = new ByteReader(BodyOf(frames => s_hello.Write(frames, WireKind.Hello)));

        Assert.Equal(s_hello, Hello.Read(ref reader));
    }

    [Fact]
    public void Something_else_than_a_hello_is_said_to_be_something_else()
    {
        byte[] bytes = BodyOf(frames => s_hello.Write(frames, WireKind.Hello));
        bytes[0] ^= 1;

        var refused = Assert.Throws<MalformedDataException>(() => ReadHello(bytes));

        Assert.Equal("The other side is not Concord.", refused.Message);
    }

    [Fact]
    public void A_role_that_is_none_is_refused()
    {
        byte[] bytes = BodyOf(frames => (s_hello with { Role = (HelloRole)9 }).Write(frames, WireKind.Hello));

        Assert.Throws<MalformedDataException>(() => ReadHello(bytes));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(5)]
    [InlineData(10)]
    public void A_reply_comes_back_as_it_was(byte status)
    {
        byte[] bytes = ReplyBytes((ReplyStatus)status);
        var reader = new ByteReader(bytes);

        NodeReply reply = NodeReply.Read(ref reader, out ulong request);

        Assert.Equal(99UL, request);
        Assert.Equal((ReplyStatus)status, reply.Status);
        Assert.Equal(12UL, reply.Index);
        Assert.Equal(2, reply.Leader);
        Assert.Equal(AnswerStatus.Refused, reply.Answer);
        Assert.Equal(-5, reply.Revision);
        Assert.Equal([1, 2, 3], reply.Payload.ToArray());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(12)]
    public void A_reply_of_no_status_is_refused(byte status) =>
        Assert.Throws<MalformedDataException>(() => ReadReply(ReplyBytes((ReplyStatus)status)));

    [Fact]
    public void A_topology_comes_back_as_it_was()
    {
        Topology topology = SampleTopology();

        Topology read = Topology.Read(new ByteReader(TopologyBytes(topology)));

        Assert.Equal(topology.Version, read.Version);
        Assert.Equal(topology.ShardOfSlot, read.ShardOfSlot);
        Assert.Equal(topology.Nodes, read.Nodes);
        Assert.Equal(topology.Shards.Select(shard => shard.Leader), read.Shards.Select(shard => shard.Leader));
        Assert.Equal(
            topology.Shards.SelectMany(shard => shard.Replicas),
            read.Shards.SelectMany(shard => shard.Replicas));
        Assert.Equal("c:3", read.AddressOf(3));
        Assert.Null(read.AddressOf(4));
        Assert.Equal(1U, read.ShardOf(new Slot(1023)));
    }

    [Fact]
    public void A_topology_with_a_slot_of_no_shard_is_refused()
    {
        Topology topology = SampleTopology();
        topology.ShardOfSlot[5] = 2;

        Assert.Throws<MalformedDataException>(() => { Topology.Read(new ByteReader(TopologyBytes(topology))); });
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Damaged_messages_are_malformed_and_nothing_else(int seed)
    {
        byte[][] samples =
        [
            BodyOf(frames => s_hello.Write(frames, WireKind.Hello)),
            ReplyBytes(ReplyStatus.Answered),
            TopologyBytes(SampleTopology()),
            BodyOfFrame(frames =>
            {
                s_hello.Write(frames, WireKind.Hello);
                frames.Begin(WireKind.Refused).WriteText("no");
                frames.End();
            }),
        ];
        var random = new Random(seed);
        int refused = 0;
        for (int i = 0; i < 20_000; i++)
        {
            int kind = random.Next(samples.Length);
            byte[] bytes = Damage(samples[kind], random);
            try
            {
                Read(kind, bytes);
            }
            catch (MalformedDataException)
            {
                refused++;
            }
        }

        Assert.InRange(refused, 5_000, 20_000);
    }

    private static void Read(int kind, byte[] bytes)
    {
        switch (kind)
        {
            case 0:
                ReadHello(bytes);
                break;
            case 1:
                ReadReply(bytes);
                break;
            case 2:
                Topology.Read(new ByteReader(bytes));
                break;
            default:
                var reader = new MessageReader(bytes);
                while (reader.TryRead(out _, out _))
                {
                    // Reading is the check.
                }

                break;
        }
    }

    /// <summary>What a faulty sender does: cut, grow, flip, and put great numbers where lengths may stand.</summary>
    private static byte[] Damage(byte[] sample, Random random)
    {
        byte[] bytes = [.. sample];
        for (int times = random.Next(1, 4); times > 0; times--)
        {
            int at = random.Next(Math.Max(1, bytes.Length - 4));
            switch (random.Next(5))
            {
                case 0:
                    bytes = bytes[..random.Next(bytes.Length + 1)];
                    break;
                case 1:
                    bytes = [.. bytes, .. new byte[random.Next(1, 9)]];
                    break;
                case 2 when bytes.Length > 0:
                    bytes[random.Next(bytes.Length)] ^= (byte)(1 << random.Next(8));
                    break;
                case 3 when bytes.Length >= 4:
                    int[] lengths = [int.MaxValue, int.MinValue, -1, 0, bytes.Length, 1 << 24];
                    BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(at), lengths[random.Next(lengths.Length)]);
                    break;
                case 4 when bytes.Length >= 4:
                    BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(at), (ushort)random.Next(65536));
                    break;
            }
        }

        return bytes;
    }

    private static Topology SampleTopology() => new()
    {
        Version = 4,
        ShardOfSlot = [.. Enumerable.Range(0, Slot.Count).Select(slot => (ushort)(slot / 512))],
        Shards = [new(0, new ushort[] { 1, 2, 3 }), new(2, new ushort[] { 2, 3 })],
        Nodes = [new(1, "a:1"), new(2, "b:2"), new(3, "c:3")],
    };

    private static byte[] TopologyBytes(Topology topology)
    {
        var writer = new ByteWriter();
        topology.Write(writer);
        return writer.ToArray();
    }

    private static byte[] ReplyBytes(ReplyStatus status) => BodyOf(frames => new NodeReply
    {
        Status = status,
        Index = 12,
        Leader = 2,
        Answer = AnswerStatus.Refused,
        Revision = -5,
        Payload = new byte[] { 1, 2, 3 },
    }.Write(frames, WireKind.Reply, 99));

    private static void ReadHello(byte[] bytes)
    {
        var reader = new ByteReader(bytes);
        Hello.Read(ref reader);
    }

    private static void ReadReply(byte[] bytes)
    {
        var reader = new ByteReader(bytes);
        NodeReply.Read(ref reader, out _);
    }

    private static byte[] BodyOfFrame(Action<FrameWriter> write)
    {
        var frames = new FrameWriter();
        write(frames);
        return Frame.BodyOf(frames.Take().Span).ToArray();
    }

    private static byte[] BodyOf(Action<FrameWriter> write)
    {
        var reader = new MessageReader(BodyOfFrame(write));
        Assert.True(reader.TryRead(out _, out ByteReader message));
        return message.Rest.ToArray();
    }
}
