using System.Text.Json;
using Concord.Client.Administration;
using Concord.Client.Wire;
using Concord.Cluster.Node;
using Concord.Encoding;
using Concord.Engines;
using Concord.Operations;

namespace Concord.Cluster.Tests.Node;

public abstract class NodeStateTests(string protocol)
{
    [Fact]
    public void Nothing_runs_before_the_first_level()
    {
        using var cluster = new TestCluster(protocol, 1, 1);
        while (!cluster.ShardAt(1, 0).IsLeader)
        {
            cluster.Step();
        }

        Assert.Equal(0, cluster.ShardAt(1, 0).Level);
        ulong early = cluster.SendCommand(
            1,
            0,
            OperationCode.OpenSession,
            new(Slot.OfShard, default, 0),
            OpenSession.Arguments(TestRequests.Session, 0, TimeSpan.FromMinutes(1)));

        Assert.Equal(ReplyStatus.NotReady, cluster.AwaitReply(early).Status);
        cluster.AwaitLeaders();
        cluster.Await(
            () => cluster.ShardAt(1, 0).Level == OperationTable.KnownLevel, "the level was raised");
        Assert.Equal(AnswerStatus.Done, cluster.OpenSession(0).Answer);
    }

    /// <summary>An entry is stamped with it: a delay that is counted from there would be shorter by the age of a
    /// tick.</summary>
    [Fact]
    public void The_wall_clock_goes_on_between_two_ticks_and_never_back()
    {
        using var cluster = new TestCluster(protocol, 1, 1);
        NodeCore core = cluster.ShardAt(1, 0).Node;
        DateTimeOffset wall = DateTimeOffset.UnixEpoch.AddDays(30_000);
        TimeSpan now = core.Now + TimeSpan.FromSeconds(1);
        core.Tick(now, wall);
        core.TellTime(now + TimeSpan.FromMilliseconds(80));
        Assert.Equal(wall.ToUnixTimeMilliseconds() + 80, core.Time.Milliseconds);

        core.Tick(now + TimeSpan.FromMilliseconds(100), wall);

        Assert.Equal(wall.ToUnixTimeMilliseconds() + 100, core.Time.Milliseconds);
    }

    [Fact]
    public void A_level_that_is_not_known_halts_the_node_with_a_sentence()
    {
        using var cluster = new TestCluster(protocol, 1, 1);
        cluster.AwaitLeaders();

        var halted = Assert.Throws<UnknownLevelException>(
            () => Raise(cluster, OperationTable.KnownLevel + 1, cluster.Layout.Bytes));

        Assert.Contains($"raised to level {OperationTable.KnownLevel + 1}", halted.Message, StringComparison.Ordinal);
        Assert.Contains("Start this node with the build of the others", halted.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_log_of_another_layout_halts_the_node_with_a_sentence()
    {
        using var cluster = new TestCluster(protocol, 1, 1);
        while (!cluster.ShardAt(1, 0).IsLeader)
        {
            cluster.Step();
        }

        var halted = Assert.Throws<ForeignLogException>(
            () => Raise(cluster, 1, ClusterLayout.Create(["elsewhere:1"], 2).Bytes));

        Assert.Contains("other members", halted.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_silent_session_ends_after_its_time_and_a_late_command_of_it_is_refused()
    {
        using var cluster = new TestCluster(protocol, 1, 1);
        cluster.AwaitLeaders();
        cluster.OpenSession(0, TimeSpan.FromSeconds(4));
        byte[] key = cluster.CounterIn(0);
        Assert.Equal(1, cluster.Add(0, key, 1, 1));
        TimeSpan heard = cluster.Now;

        cluster.Run(TimeSpan.FromSeconds(4.9));
        Assert.Equal(1, cluster.ShardAt(1, 0).SessionCount);
        cluster.Await(() => cluster.ShardAt(1, 0).SessionCount == 0, "the session ended");

        Assert.InRange(cluster.Now - heard, TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(6.1));
        Assert.Equal(ReplyStatus.SessionUnknown, cluster.AwaitReply(cluster.SendAdd(0, key, 1, 1)).Status);
        Assert.Equal(1, cluster.ReadCounter(0, key));
    }

    [Fact]
    public void A_session_that_is_heard_lives()
    {
        using var cluster = new TestCluster(protocol, 1, 1);
        cluster.AwaitLeaders();
        cluster.OpenSession(0, TimeSpan.FromSeconds(2));
        for (ulong i = 1; i <= 5; i++)
        {
            cluster.Run(TimeSpan.FromSeconds(2));
            Assert.Equal((long)i, cluster.Add(0, cluster.CounterIn(0), 1, i));
        }
    }

    [Fact]
    public void Answers_and_counters_are_there_after_a_crash()
    {
        using var cluster = new TestCluster(protocol, 1, 1);
        cluster.OpenSessions();
        byte[] key = cluster.CounterIn(0);
        cluster.Add(0, key, 5, 1);
        cluster.Add(0, key, 5, 2);

        cluster.Crash(1);
        cluster.Start(1);
        cluster.AwaitLeaders();

        Assert.Equal(10, cluster.ReadCounter(0, key));
        Assert.Equal(5, cluster.Add(0, key, 5, 1));
        Assert.Equal(10, cluster.ReadCounter(0, key));
    }

    [Fact]
    public void A_snapshot_is_taken_while_writing_and_started_from()
    {
        using var cluster = new TestCluster(protocol, 1, 1, settings => settings with
        {
            SnapshotEveryBytes = 16 << 10,
            SnapshotSliceBytes = 256,
            RetainedEntries = 4,
        });
        cluster.OpenSessions();
        for (ulong i = 1; i <= 400; i++)
        {
            cluster.SendAdd(0, cluster.CounterIn(0, $"c{i % 50}"), 1, i);
            if (i % 4 == 0)
            {
                cluster.Step();
            }
        }

        cluster.Await(() => cluster[1].Taken.Count >= 2, "two snapshots were taken");
        cluster.Run(TimeSpan.FromSeconds(1));
        ulong digest = cluster.ShardAt(1, 0).Keyspace.Digest;

        cluster.Crash(1);
        cluster.Start(1);
        Assert.True(cluster.ShardAt(1, 0).SnapshotIndex.Value > 0, "It starts from a snapshot.");
        cluster.AwaitLeaders();

        Assert.Equal(digest, cluster.ShardAt(1, 0).Keyspace.Digest);
        Assert.Equal(digest, cluster.ShardAt(1, 0).Keyspace.ComputeDigest());
        Assert.Equal(8, cluster.ReadCounter(0, cluster.CounterIn(0, "c7")));
    }

    [Fact]
    public void A_follower_behind_the_log_fetches_a_snapshot()
    {
        using TestCluster cluster = TestRequests.ClusterWithOneBehind(protocol, out int behind);
        cluster.Start(behind);
        cluster.Await(() => cluster[behind].Installed.Count > 0, "the follower installed a snapshot");
        cluster.Await(
            () => cluster.ShardAt(behind, 0).Applied == cluster.LeaderShard(0).Applied, "the follower has caught up");

        Assert.Equal(cluster.LeaderShard(0).Keyspace.Digest, cluster.ShardAt(behind, 0).Keyspace.ComputeDigest());

        // What was fetched and installed is also what it starts from.
        cluster.Crash(behind);
        cluster.Start(behind);
        Assert.True(cluster.ShardAt(behind, 0).Applied.Value > 0, "It starts from the snapshot that it fetched.");
    }

    [Fact]
    public void A_peer_of_another_cluster_is_refused_with_a_sentence()
    {
        using var cluster = new TestCluster(protocol, 1, 1);
        string sentence = RefusalOf(cluster, Guid.Parse("11111111-2222-3333-4444-555555555555"));
        Assert.Contains("not to 11111111", sentence, StringComparison.Ordinal);
    }

    [Fact]
    public void A_peer_of_the_other_protocol_is_told_so()
    {
        using var cluster = new TestCluster(protocol, 1, 1);
        ReplicaProtocol own = ReplicaProtocol.Find(protocol)!;
        ReplicaProtocol other = ReplicaProtocol.All.Single(each => each != own);
        string sentence = RefusalOf(cluster, ClusterLayout.Create(cluster.Layout.Members, 1, other).ClusterId);
        Assert.Contains($"by {own}", sentence, StringComparison.Ordinal);
        Assert.Contains($"by {other}:", sentence, StringComparison.Ordinal);
        Assert.Contains("Start both with the same", sentence, StringComparison.Ordinal);
    }

    private static string RefusalOf(TestCluster cluster, Guid other)
    {
        NodeConnection connection = cluster[1].Core.Accepted();
        byte[] said = [];
        connection.Transport = (Action<byte[]>)(bytes => said = bytes);

        cluster[1].Core.Receive(
            connection,
            TestCluster.BodyOf(frames => new Hello(HelloRole.Peer, other, 2, 1, 1).Write(frames, WireKind.Hello)));
        cluster.Pump();

        (WireKind kind, byte[] message) = Assert.Single(TestCluster.MessagesIn(said));
        Assert.Equal(WireKind.Refused, kind);
        Assert.NotNull(connection.CloseReason);
        return new ByteReader(message).ReadText();
    }

    [Theory]
    [InlineData(32)]
    [InlineData(33)]
    [InlineData(34)]
    [InlineData(35)]
    [InlineData(1)]
    [InlineData(5)]
    [InlineData(900)]
    public void A_client_may_not_ask_for_what_nodes_do(ushort code)
    {
        using var cluster = new TestCluster(protocol, 1, 1);
        cluster.OpenSessions();
        foreach (SessionId session in new[] { default, TestRequests.Session })
        {
            TestReply reply = cluster.AwaitReply(cluster.SendCommand(
                1,
                0,
                (OperationCode)code,
                new(cluster.SlotIn(0), session, session.IsNone ? 0UL : 1),
                new byte[] { 1, 2, 3 }));

            Assert.Equal(ReplyStatus.Malformed, reply.Status);
            string sentence = System.Text.Encoding.UTF8.GetString(reply.Payload);
            Assert.Contains($"operation {code}", sentence, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_node_tells_where_it_stands()
    {
        using var cluster = new TestCluster(protocol, 1, 2);
        cluster.AwaitLeaders();
        cluster.Await(
            () => cluster.ShardAt(1, 0).Level == OperationTable.KnownLevel, "the level was raised");
        cluster.OpenSessions();
        cluster.Add(1, cluster.CounterIn(1), 5, 1);

        TestReply reply = cluster.AwaitReply(cluster.Send(1, WireKind.StatusRequest, writer => writer.WriteByte(1)));

        NodeStatus status = JsonSerializer.Deserialize(reply.Payload, AdministrationJson.Default.NodeStatus)!;
        Assert.Equal((1, "n1:1", OperationTable.KnownLevel), (status.Node, status.Address, status.Level));
        Assert.Equal(cluster.Layout.ClusterId.ToString(), status.ClusterId);
        Assert.True(status.Syncs > 0 && status.LogBytes > 0, "It has written.");
        Assert.Equal([0, 1], status.Shards.Select(shard => shard.Shard));
        Assert.All(status.Shards, shard => Assert.Equal(("Leader", 1, 1), (shard.Role, shard.Leader, shard.Sessions)));
        Assert.Equal((long)cluster.ShardAt(1, 1).Applied.Value, status.Shards[1].AppliedIndex);
    }

    [Fact]
    public void A_scan_goes_through_all_records_page_by_page()
    {
        using var cluster = new TestCluster(protocol, 1, 1);
        cluster.OpenSessions();
        for (ulong i = 1; i <= 1200; i++)
        {
            cluster.SendAdd(0, RecordKey.Named(RecordKind.Counter, "", $"c{i}"), (long)i, i);
        }

        cluster.Run(TimeSpan.FromMilliseconds(100));
        var sizes = new List<int>();
        var seen = new HashSet<string>();
        byte[] after = [];
        for (bool more = true; more;)
        {
            TestReply page = cluster.AwaitReply(cluster.Send(1, WireKind.ScanRequest, writer =>
            {
                writer.WriteUInt32(0);
                writer.WriteBytes(after);
            }));
            more = page.Answer == AnswerStatus.Refused;
            var reader = new ByteReader(page.Payload);
            int records = 0;
            while (reader.Remaining > 0)
            {
                after = reader.ReadBytes().ToArray();
                Assert.True(reader.ReadInt64() > 0, "It has a revision.");
                long value = CounterRecord.Decode(reader.ReadBytes());
                Assert.True(seen.Add(RecordKey.NameOf(after).Name), "No record comes twice.");
                Assert.Equal($"c{value}", RecordKey.NameOf(after).Name);
                records++;
            }

            sizes.Add(records);
        }

        Assert.Equal([1000, 200], sizes);
    }

    [Fact]
    public void A_full_node_refuses_what_adds_and_goes_on_with_what_takes_away()
    {
        using var cluster = new TestCluster(protocol, 1, 1, settings => settings with { StateBytesMax = 128 << 10 });
        cluster.OpenSessions();
        var record = new ByteWriter();
        ValueRecord.WriteHead(record, "t");
        record.WriteRaw(new byte[4000]);
        ReplyStatus status = ReplyStatus.Answered;
        ulong sequence = 0;
        while (status == ReplyStatus.Answered)
        {
            sequence++;
            Assert.True(sequence < 100, "The state is never full.");
            OperationRequest set = SetValue.Request(cluster.ValueIn(0, $"v{sequence}"), record.Written);
            var request = new RequestKey(set.Slot, TestRequests.Session, sequence);
            status = cluster.AwaitReply(cluster.SendCommand(1, 0, set.Code, request, set.Arguments)).Status;
            cluster.Step();
        }

        Assert.Equal(ReplyStatus.Overloaded, status);
        for (ulong i = 1; i <= 4; i++)
        {
            OperationRequest delete = DeleteValue.Request(cluster.ValueIn(0, $"v{i}"));
            TestReply reply = cluster.AwaitReply(cluster.SendCommand(
                1, 0, delete.Code, new(delete.Slot, TestRequests.Session, sequence + i), delete.Arguments));
            Assert.Equal((ReplyStatus.Answered, AnswerStatus.Done), (reply.Status, reply.Answer));
        }

        cluster.Step();
        Assert.Equal(1, cluster.Add(0, cluster.CounterIn(0), 1, sequence + 9));
    }

    [Fact]
    public void A_full_node_refuses_a_transaction_that_adds_and_runs_one_that_takes_away()
    {
        using var cluster = new TestCluster(protocol, 1, 1, settings => settings with { StateBytesMax = 128 << 10 });
        cluster.OpenSessions();

        // With long names: to take one away is a longer request than to add one more of the small ones.
        byte[][] large = [.. Enumerable.Range(0, 4).Select(i => cluster.ValueIn(0, $"{i}{new string('v', 400)}"))];
        ulong sequence = 0;
        Assert.All(large, key => Assert.Equal(ReplyStatus.Answered, Set(key, 4000).Status));
        FillUp(size: 4000);
        FillUp(size: 1);

        Assert.All(large, key => Assert.Equal(
            TransactionDecision.Committed, TestRequests.Decided(Commit(TestRequests.Deleting(key))).Decision));

        Assert.Equal(
            TransactionDecision.Committed,
            TestRequests.Decided(Commit(TestRequests.Adding(cluster.CounterIn(0), 1))).Decision);

        void FillUp(int size)
        {
            TestReply reply;
            do
            {
                Assert.True(sequence < 500, "The state is never full.");
                reply = Set(cluster.ValueIn(0, $"{sequence}"), size);
            }
            while (reply.Status == ReplyStatus.Answered);
            Assert.Equal(ReplyStatus.Overloaded, reply.Status);
        }

        TestReply Set(byte[] key, int size)
        {
            var record = new ByteWriter();
            ValueRecord.WriteHead(record, "t");
            record.WriteRaw(new byte[size]);
            return Commit(new(ActionKind.Set, key, 0, 0, 0, 0, record.Written.ToArray()));
        }

        TestReply Commit(TransactionAction action)
        {
            sequence++;
            TestReply answer = cluster.AwaitReply(cluster.SendCommit(sequence, 1, [action]));
            cluster.Step();
            return answer;
        }
    }

    private static void Raise(TestCluster cluster, int level, byte[] layout)
    {
        var command = new ByteWriter();
        Command.WriteHead(command, OperationCode.RaiseLevel, new(Slot.OfShard, default, 0));
        RaiseLevel.WriteArguments(command, level, layout);
        cluster.ShardAt(1, 0).Propose(command.Written, ReplyTarget.None);
        cluster.Pump();
    }
}

public sealed class NodeStateTestsOnRaft() : NodeStateTests("raft");

public sealed class NodeStateTestsOnPaxos() : NodeStateTests("paxos");
