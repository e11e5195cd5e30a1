using Concord.Client.Wire;
using Concord.Cluster.Node;
using Concord.Cluster.Storage;
using Concord.Consensus;
using Concord.Engines;
using Concord.Operations;
using Concord.Simulation.Disk;

namespace Concord.Cluster.Tests.Node;

/// <summary>A full disk makes a node read-only, with headroom, until there is room again.</summary>
public abstract class FullDiskTests(string protocol)
{
    private ulong _sequence;

    [Fact]
    public void A_full_disk_refuses_writes_answers_reads_and_takes_writes_again_by_itself()
    {
        using var cluster = new TestCluster(protocol, 1, 1);
        cluster.OpenSessions();
        byte[] key = cluster.CounterIn(0);
        SimFileSystem disk = cluster.DiskOf(1);
        disk.BytesLimit = disk.BytesUsed + (100 << 10);

        long acknowledged = WriteUntilRefused(cluster, key, out ulong sequence, out TestReply refused);

        string sentence = System.Text.Encoding.UTF8.GetString(refused.Payload);
        Assert.Contains("reads go on", sentence, StringComparison.Ordinal);
        Assert.Contains("nothing that was acknowledged was lost", sentence, StringComparison.Ordinal);
        Assert.Contains($"Free {TestNode.LogOptions.SegmentBytes} bytes", sentence, StringComparison.Ordinal);
        Assert.Equal(acknowledged, cluster.ReadCounter(0, key));
        Assert.Equal([true], cluster[1].ReadOnlyChanges);

        // It lasts, and what is under way has its headroom: time passes, sessions live, the log stays open.
        cluster.Run(TimeSpan.FromSeconds(10));
        Assert.True(cluster[1].Core.IsReadOnly);
        Assert.Equal(acknowledged, cluster.ReadCounter(0, key));

        disk.BytesLimit = long.MaxValue;
        cluster.Await(() => !cluster[1].Core.IsReadOnly, "the node took writes again");
        Assert.Equal(acknowledged + 1, cluster.Add(0, key, 1, sequence + 1));

        cluster.Crash(1);
        cluster.Start(1);
        cluster.AwaitLeaders();
        Assert.Equal(acknowledged + 1, cluster.ReadCounter(0, key));
    }

    [Fact]
    public void A_follower_with_a_full_disk_goes_on_following()
    {
        using var cluster = new TestCluster(protocol, 3, 1);
        cluster.OpenSessions();
        int follower = Enumerable.Range(1, 3).First(node => node != cluster.LeaderOf(0));
        SimFileSystem disk = cluster.DiskOf(follower);
        disk.BytesLimit = disk.BytesUsed;
        byte[] key = cluster.CounterIn(0);
        ulong sequence = 0;
        while (!cluster[follower].Core.IsReadOnly)
        {
            sequence++;
            Assert.Equal((long)sequence, cluster.Add(0, key, 1, sequence));
        }

        for (int i = 0; i < 20; i++)
        {
            sequence++;
            Assert.Equal((long)sequence, cluster.Add(0, key, 1, sequence));
        }

        cluster.Await(
            () => cluster.ShardAt(follower, 0).Applied == cluster.LeaderShard(0).Applied, "the follower has caught up");
        Assert.True(cluster[follower].Core.IsReadOnly);
    }

    [Fact]
    public void A_leader_with_a_full_disk_hands_over_to_a_node_that_can_write()
    {
        using var cluster = new TestCluster(protocol, 3, 1);
        cluster.OpenSessions();
        int leader = cluster.LeaderOf(0);
        SimFileSystem disk = cluster.DiskOf(leader);
        disk.BytesLimit = disk.BytesUsed + (100 << 10);
        byte[] key = cluster.CounterIn(0);

        long acknowledged = 0;
        for (ulong sequence = 1; !cluster[leader].Core.IsReadOnly; sequence++)
        {
            Assert.True(sequence < 100_000, "the disk never became full");
            TestReply reply = cluster.AwaitReply(cluster.SendAdd(0, key, 1, sequence));
            acknowledged += reply.Status == ReplyStatus.Answered ? 1 : 0;
        }

        cluster.Await(() => cluster.LeaderOf(0) is var other && other > 0 && other != leader, "another node leads");
        Assert.True(cluster[leader].Core.IsReadOnly);
        Assert.InRange(cluster.ReadCounter(0, key), acknowledged, acknowledged + 1);
    }

    /// <summary>It is none of the members that the cluster began with.</summary>
    [Fact]
    public void A_node_that_joined_later_refuses_under_its_own_address()
    {
        using var cluster = new TestCluster(protocol, 1, 1);
        cluster.AwaitChangeable();
        Assert.Equal(2, cluster.Add("n2:1"));
        cluster.Join("n2:1");
        cluster.AwaitSettled(1, 2);
        if (cluster.LeaderOf(0) == 1)
        {
            Assert.Equal(TransferResult.Accepted, cluster.ShardAt(1, 0).TransferLeadership(new(2)));
        }

        cluster.Await(() => cluster.LeaderOf(0) == 2, "the node that joined leads");
        foreach (int node in (int[])[1, 2])
        {
            // Both, so that neither hands over to the other.
            cluster.DiskOf(node).BytesLimit = cluster.DiskOf(node).BytesUsed;
        }

        cluster.Await(() => cluster[1].Core.IsReadOnly || Write(), "the first disk is full");
        cluster.Await(() => cluster[2].Core.IsReadOnly || Write(), "the second disk is full");
        TestReply refused = cluster.AwaitReply(cluster.SendAdd(0, cluster.CounterIn(0), 1, ++_sequence));

        Assert.Equal(ReplyStatus.DiskFull, refused.Status);
        Assert.Contains("n2:1", System.Text.Encoding.UTF8.GetString(refused.Payload), StringComparison.Ordinal);

        bool Write()
        {
            if (cluster.LeaderOf(0) != 0)
            {
                cluster.AwaitReply(cluster.SendAdd(0, cluster.CounterIn(0), 1, ++_sequence));
            }

            return false;
        }
    }

    [Fact]
    public void A_snapshot_without_room_is_given_up_and_taken_later()
    {
        using var cluster = new TestCluster(protocol, 1, 1, settings => settings with
        {
            SnapshotEveryBytes = 16 << 10,
            SnapshotSliceBytes = 1024,
        });
        cluster.OpenSessions();
        SimFileSystem disk = cluster.DiskOf(1);
        disk.NoRoomFor = static path => path.EndsWith(".part", StringComparison.Ordinal);
        ulong sequence = 0;
        for (int i = 0; i < 300; i++)
        {
            sequence++;
            cluster.Add(0, cluster.CounterIn(0, $"c{i % 100}"), 1, sequence);
        }

        cluster.Run(TimeSpan.FromSeconds(7));
        Assert.Empty(cluster[1].Taken);
        Assert.True(disk.Faults[Concord.Simulation.FaultKind.DiskFull] >= 2, "it was tried again");
        Assert.DoesNotContain(disk.Files, static path => path.EndsWith(".part", StringComparison.Ordinal));
        Assert.False(cluster[1].Core.IsReadOnly, "the log is within its limit");

        disk.NoRoomFor = null;
        cluster.Await(() => cluster[1].Taken.Count > 0, "a snapshot was taken");
    }

    [Fact]
    public void A_log_over_its_limit_without_room_for_a_snapshot_takes_no_writes()
    {
        using var cluster = new TestCluster(protocol, 1, 1, settings => settings with { SnapshotSliceBytes = 1024 });
        cluster.OpenSessions();
        SimFileSystem disk = cluster.DiskOf(1);
        disk.NoRoomFor = static path => !path.Contains("/log/", StringComparison.Ordinal);
        byte[] key = cluster.CounterIn(0);

        long acknowledged = WriteUntilRefused(cluster, key, out ulong sequence, out _);

        Assert.True(cluster[1].Core.Log.IsOverLimit);
        LogOptions sizes = TestNode.LogOptions;
        Assert.InRange(cluster[1].Core.Log.TotalBytes, sizes.LogBytesLimit, sizes.LogBytesLimit + sizes.SegmentBytes);
        disk.NoRoomFor = null;
        cluster.Await(() => !cluster[1].Core.IsReadOnly, "the node took writes again");
        Assert.Equal(acknowledged + 1, cluster.Add(0, key, 1, sequence + 1));
    }

    private static long WriteUntilRefused(TestCluster cluster, byte[] key, out ulong sequence, out TestReply refused)
    {
        long acknowledged = 0;
        for (sequence = 1; ; sequence++)
        {
            OperationRequest add = AddCounter.Request(key, new(1, long.MinValue, long.MaxValue));
            refused = cluster.AwaitReply(cluster.SendCommand(
                1, 0, add.Code, new(add.Slot, TestRequests.Session, sequence), add.Arguments, sequence - 1));
            if (refused.Status == ReplyStatus.DiskFull)
            {
                return acknowledged;
            }

            Assert.Equal(ReplyStatus.Answered, refused.Status);
            acknowledged++;
            if (sequence % 16 == 0)
            {
                cluster.Step(); // snapshots begin with a tick
            }

            Assert.True(sequence < 100_000, "the disk never became full");
        }
    }
}

public sealed class FullDiskTestsOnRaft() : FullDiskTests("raft");

public sealed class FullDiskTestsOnPaxos() : FullDiskTests("paxos");
