using System.Buffers.Binary;
using Concord.Client.Wire;

namespace Concord.Cluster.Tests.Node;

public abstract class SnapshotPieceTests(string protocol)
{
    // Shard u32, index u64, then the offset.
    private const int OffsetPlace = 12;

    /// <summary>A question that is asked again after a second of patience may be answered twice.</summary>
    [Fact]
    public void A_piece_of_a_snapshot_that_comes_again_is_passed_over()
    {
        using TestCluster cluster = TestRequests.ClusterWithOneBehind(protocol, out int behind);

        var offsets = new List<long>();
        byte[]? before = null;
        cluster.Lost = (from, to, kind, message) =>
        {
            if (kind == WireKind.SnapshotPiece)
            {
                offsets.Add(BinaryPrimitives.ReadInt64LittleEndian(message.AsSpan(OffsetPlace)));
                if (before is not null)
                {
                    cluster.Deliver(from, to, kind, before);
                }

                before = message;
            }

            return false;
        };
        cluster.Start(behind);
        cluster.Await(() => cluster[behind].Installed.Count > 0, "the follower installed a snapshot");

        Assert.True(offsets.Count > 3, "The snapshot came in several pieces.");
        Assert.Equal(offsets.Order().Distinct(), offsets);
        cluster.Await(
            () => cluster.ShardAt(behind, 0).Applied == cluster.LeaderShard(0).Applied, "the follower has caught up");
        Assert.Equal(cluster.LeaderShard(0).Keyspace.Digest, cluster.ShardAt(behind, 0).Keyspace.ComputeDigest());
    }
}

public sealed class SnapshotPieceTestsOnRaft() : SnapshotPieceTests("raft");

public sealed class SnapshotPieceTestsOnPaxos() : SnapshotPieceTests("paxos");
