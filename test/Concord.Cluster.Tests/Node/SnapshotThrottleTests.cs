using System.Buffers.Binary;
using Concord.Client.Wire;
using Concord.Cluster.Tests.Runtime;
using Microsoft.Extensions.DependencyInjection;

namespace Concord.Cluster.Tests.Node;

public abstract class SnapshotThrottleTests(string protocol)
{
    private const int BytesPerSecond = 8 << 10;
    private const int SliceBytes = 512;

    // Shard u32, index u64, offset i64, total i64, then the bytes with their length.
    private const int ShardPlace = 0;
    private const int OffsetPlace = 12;
    private const int HeadBytes = 28;

    [Fact]
    public void A_node_gives_away_its_snapshots_at_its_rate_to_all_who_fetch_together()
    {
        const int shards = 6;
        using TestCluster cluster = TestRequests.ClusterWithOneBehind(
            protocol, out int behind, shards, settings => settings with { SnapshotBytesPerSecond = BytesPerSecond });
        List<Piece> pieces = Watch(cluster);
        cluster.Start(behind);
        cluster.Await(
            () => cluster.Alive.SelectMany(static node => node.Core.Shards).GroupBy(static held => held.Id)
                .All(static held => held.Select(static replica => replica.Applied).Distinct().Count() == 1),
            "the follower has caught up everywhere");

        foreach (IGrouping<int, Piece> given in pieces.GroupBy(static piece => piece.From))
        {
            Assert.True(given.Select(static piece => piece.Shard).Distinct().Count() > 1, "It gave more than one.");
            TimeSpan first = given.Min(static piece => piece.At);
            double seconds = (given.Max(static piece => piece.At) - first).TotalSeconds;
            int bytes = given.Sum(static piece => piece.Bytes);

            // Beside the rate: the credit of 50 ms, and one piece that is paid for afterwards at each end.
            Assert.InRange(bytes, 0, (BytesPerSecond * (seconds + 0.05)) + (2 * SliceBytes));
            Assert.True(bytes > BytesPerSecond * seconds * 0.9, $"It gave {bytes} bytes only, in {seconds} s.");
            Assert.True(seconds > 1, "There was enough to give that the rate mattered.");
        }
    }

    /// <summary>With the rate that low a piece takes longer than the patience of who asks for it.</summary>
    [Fact]
    public void Who_asks_again_while_it_waits_is_answered_once()
    {
        using TestCluster cluster = TestRequests.ClusterWithOneBehind(
            protocol, out int behind, settings: settings => settings with { SnapshotBytesPerSecond = SliceBytes / 2 });
        List<Piece> pieces = Watch(cluster);
        cluster.Start(behind);
        cluster.Await(() => pieces.Count >= 8, "the follower got some pieces");

        Assert.True(pieces[^1].At - pieces[0].At > TimeSpan.FromSeconds(10), "They came slowly.");
        long[] offsets = [.. pieces.Select(static piece => piece.Offset)];
        Assert.Equal(offsets.Distinct(), offsets);
    }

    [Fact]
    public void A_snapshot_that_is_being_fetched_is_not_replaced_by_the_next_while_there_is_room()
    {
        using TestCluster cluster = TestRequests.ClusterWithOneBehind(
            protocol,
            out int behind,
            settings: settings => settings with { SnapshotBytesPerSecond = BytesPerSecond / 4 });
        int leader = cluster.LeaderOf(0);
        List<Piece> pieces = Watch(cluster);
        cluster.Start(behind);
        cluster.Await(() => pieces.Count > 1, "the follower began to fetch");
        int taken = cluster[leader].Taken.Count;
        for (ulong i = 1001; i <= 1150; i++)
        {
            cluster.Add(0, cluster.CounterIn(0, $"c{i % 50}"), 1, i);
        }

        Assert.True(cluster.LeaderShard(0).IsSnapshotDue, "Enough was written for the next.");
        Assert.Empty(cluster[behind].Installed);
        cluster.Await(() => cluster[behind].Installed.Count > 0, "the follower installed a snapshot");
        Assert.Equal(pieces.Select(static piece => piece.Offset).Order(), pieces.Select(static piece => piece.Offset));

        Assert.Equal(taken, cluster[leader].Taken.Count);
        cluster.Await(() => cluster[leader].Taken.Count > taken, "the next snapshot is taken, late");
        cluster.Await(
            () => cluster.ShardAt(behind, 0).Applied == cluster.LeaderShard(0).Applied, "the follower has caught up");
    }

    [Theory]
    [InlineData(0)]
    [InlineData((64 << 10) - 1)]
    public async Task A_rate_at_which_nobody_would_catch_up_is_refused(long rate)
    {
        Task Start() => ConcordHost.StartAsync(
            builder => builder.AgreeBy(protocol).UseCluster(options =>
            {
                options.DataDirectory = "unused";
                options.ListenEndPoint = new(System.Net.IPAddress.Loopback, 1);
                options.InitialMembers.Add("127.0.0.1:1");
                options.SnapshotBytesPerSecond = rate;
            }),
            TestContext.Current.CancellationToken);

        EngineStoppedException refused = await Assert.ThrowsAsync<EngineStoppedException>(Start);
        Assert.Contains("SnapshotBytesPerSecond", refused.Message, StringComparison.Ordinal);
    }

    private static List<Piece> Watch(TestCluster cluster)
    {
        var pieces = new List<Piece>();
        cluster.Lost = (from, _, kind, message) =>
        {
            if (kind == WireKind.SnapshotPiece)
            {
                pieces.Add(new(
                    from,
                    BinaryPrimitives.ReadInt32LittleEndian(message.AsSpan(ShardPlace)),
                    BinaryPrimitives.ReadInt64LittleEndian(message.AsSpan(OffsetPlace)),
                    message.Length - HeadBytes,
                    cluster.Now));
            }

            return false;
        };
        return pieces;
    }

    private readonly record struct Piece(int From, int Shard, long Offset, int Bytes, TimeSpan At);
}

public sealed class SnapshotThrottleTestsOnRaft() : SnapshotThrottleTests("raft");

public sealed class SnapshotThrottleTestsOnPaxos() : SnapshotThrottleTests("paxos");
