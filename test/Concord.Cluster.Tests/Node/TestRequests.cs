using Concord.Client.Wire;
using Concord.Cluster.Node;
using Concord.Encoding;
using Concord.Engines;
using Concord.Operations;

namespace Concord.Cluster.Tests.Node;

/// <summary>What tests ask of a <see cref="TestCluster"/>.</summary>
internal static class TestRequests
{
    public static readonly SessionId Session = new(77);

    /// <summary>The slot with this distance from the first one of a shard.</summary>
    public static Slot SlotIn(this TestCluster cluster, uint shard, int offset = 0) =>
        new((ushort)((((int)shard * Slot.Count) + cluster.Layout.Shards - 1) / cluster.Layout.Shards + offset));

    public static byte[] CounterIn(this TestCluster cluster, uint shard, string name = "c") =>
        RecordKey.Named(cluster.SlotIn(shard), RecordKind.Counter, "", name);

    public static TestReply OpenSession(this TestCluster cluster, uint shard, TimeSpan? timeToLive = null) =>
        cluster.AwaitReply(cluster.SendCommand(
            cluster.LeaderOf(shard),
            shard,
            OperationCode.OpenSession,
            new(Slot.OfShard, default, 0),
            Operations.OpenSession.Arguments(Session, 0, timeToLive ?? TimeSpan.FromMinutes(5))));

    /// <summary>Three nodes, one of which is down and lacks more than the log of the others still holds: only a
    /// snapshot, in several pieces, leads there.</summary>
    public static TestCluster ClusterWithOneBehind(
        string protocol, out int behind, int shards = 1, Func<NodeSettings, NodeSettings>? settings = null)
    {
        var cluster = new TestCluster(protocol, 3, shards, given =>
        {
            NodeSettings small = given with
            {
                SnapshotEveryBytes = 16 << 10,
                SnapshotSliceBytes = 512,
                RetainedEntries = 4,
            };
            return settings?.Invoke(small) ?? small;
        });
        cluster.OpenSessions();
        behind = Enumerable.Range(1, 3).First(node => node != cluster.LeaderOf(0));
        cluster.Crash(behind);
        cluster.AwaitLeaders();
        for (uint shard = 0; shard < shards; shard++)
        {
            for (ulong i = 1; i <= 300; i++)
            {
                cluster.Add(shard, cluster.CounterIn(shard, $"c{i % 50}"), 1, i);
            }
        }

        return cluster;
    }

    public static void OpenSessions(this TestCluster cluster)
    {
        cluster.AwaitLeaders();
        for (uint shard = 0; shard < cluster.Layout.Shards; shard++)
        {
            Assert.Equal(AnswerStatus.Done, cluster.OpenSession(shard).Answer);
        }
    }

    public static ulong SendCommand(
        this TestCluster cluster,
        int node,
        uint shard,
        OperationCode code,
        RequestKey request,
        ReadOnlyMemory<byte> arguments,
        ulong acknowledged = 0,
        IdempotencyName? idempotencyKey = null) =>
        cluster.Send(node, WireKind.Execute, writer =>
        {
            writer.WriteUInt32(shard);
            Command.WriteHead(writer, code, request, acknowledged, idempotencyKey);
            writer.WriteRaw(arguments.Span);
        });

    public static ulong SendAdd(this TestCluster cluster, uint shard, byte[] key, long delta, ulong sequence)
    {
        OperationRequest request = AddCounter.Request(key, new(delta, long.MinValue, long.MaxValue));
        return cluster.SendCommand(
            cluster.LeaderOf(shard),
            shard,
            request.Code,
            new(request.Slot, Session, sequence),
            request.Arguments);
    }

    public static long Add(this TestCluster cluster, uint shard, byte[] key, long delta, ulong sequence)
    {
        TestReply reply = cluster.AwaitReply(cluster.SendAdd(shard, key, delta, sequence));
        Assert.Equal(ReplyStatus.Answered, reply.Status);
        return AddCounter.Read(reply.AsAnswer()).Value;
    }

    public static ulong SendRead(this TestCluster cluster, uint shard, byte[] key) =>
        cluster.Send(cluster.LeaderOf(shard), WireKind.Read, writer =>
        {
            writer.WriteUInt32(shard);
            writer.WriteRaw(key);
        });

    public static long Counter(TestReply reply)
    {
        Assert.Equal(ReplyStatus.Answered, reply.Status);
        return reply.Answer == AnswerStatus.Done ? CounterRecord.Decode(reply.Payload) : 0;
    }

    public static long ReadCounter(this TestCluster cluster, uint shard, byte[] key) =>
        Counter(cluster.AwaitReply(cluster.SendRead(shard, key)));

    /// <summary>Sends a transaction; its first action's shard is the anchor.</summary>
    public static ulong SendCommit(
        this TestCluster cluster,
        ulong sequence,
        long age,
        IReadOnlyList<TransactionAction> actions,
        string? idempotencyKey = null)
    {
        Slot anchorSlot = RecordKey.SlotOf(actions[0].Key.Span);
        uint anchor = cluster.Layout.Topology.ShardOf(anchorSlot);
        var parts = new SortedDictionary<(bool IsFurther, uint Shard), List<int>>();
        for (int i = 0; i < actions.Count; i++)
        {
            uint shard = cluster.Layout.Topology.ShardOf(RecordKey.SlotOf(actions[i].Key.Span));
            if (!parts.TryGetValue((shard != anchor, shard), out List<int>? own))
            {
                parts.Add((shard != anchor, shard), own = []);
            }

            own.Add(i);
        }

        var transaction = new TransactionRequest(
            new(anchorSlot, Session, sequence),
            actions,
            idempotencyKey is null ? null : new IdempotencyName("", idempotencyKey),
            new(age));
        return cluster.Send(cluster.LeaderOf(anchor), WireKind.Commit, writer =>
        {
            writer.WriteUInt32(anchor);
            CommitRequest.Write(writer, transaction, [.. parts.Select(part => new TransactionPart(
                part.Key.Shard, RecordKey.SlotOf(actions[part.Value[0]].Key.Span), 0, part.Value))]);
        });
    }

    public static TransactionAction Adding(byte[] key, long delta, long min = long.MinValue) =>
        new(ActionKind.Add, key, 0, delta, min, long.MaxValue, default);

    public static byte[] ValueIn(this TestCluster cluster, uint shard, string name = "v") =>
        RecordKey.Named(cluster.SlotIn(shard), RecordKind.Value, "", name);

    /// <summary>Locks a value; that it is not there does not matter.</summary>
    public static TransactionAction Deleting(byte[] key) => new(ActionKind.Delete, key, 0, 0, 0, 0, default);

    public static TransactionAnswer Decided(TestReply reply)
    {
        Assert.Equal(ReplyStatus.Answered, reply.Status);
        return TransactionAnswer.Read(reply.AsAnswer());
    }

    public static bool IsPreparedAt(this TestCluster cluster, uint shard, ulong sequence, uint anchor = 0) =>
        cluster.LeaderOf(shard) is not 0 and var leader
        && cluster.ShardAt(leader, shard).IsPrepared(new(cluster.SlotIn(anchor), Session, sequence));
}
