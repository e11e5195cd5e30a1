using Concord.Client.Wire;
using Concord.Cluster.Node;
using Concord.Engines;
using Concord.Operations;
using Concord.Operations.Queues;

namespace Concord.Cluster.Tests.Node;

/// <summary>How long leaders let sessions live, and what the next leader goes on with.</summary>
public abstract class NodeSessionTests : IDisposable
{
    private static readonly TimeSpan s_timeToLive = TimeSpan.FromSeconds(4);

    private readonly TestCluster _cluster;

    protected NodeSessionTests(string protocol)
    {
        _cluster = new(protocol, nodes: 3, shards: 1);
        _cluster.AwaitLeaders();
        _cluster.Await(() => _cluster.LeaderShard(0).Level == OperationTable.KnownLevel, "the level was raised");
        _cluster.OpenSession(0, s_timeToLive);
    }

    public void Dispose()
    {
        _cluster.Dispose();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public void A_leader_confirms_a_sign_of_life_with_its_stamp_and_one_that_is_cut_off_does_not()
    {
        int leader = _cluster.LeaderOf(0);
        TimeSpan stamp = TimeSpan.FromSeconds(77);
        _cluster.Send(leader, Sign(stamp));
        _cluster.Await(() => _cluster.Renewals.Count == 1, "it was confirmed");
        Assert.Equal(new(0, TestRequests.Session, stamp, (ushort)leader, true), _cluster.Renewals[0]);

        _cluster.Lost = (from, to, _, _) => from == leader || to == leader;
        Assert.True(_cluster.ShardAt(leader, 0).IsLeader);
        _cluster.Send(leader, Sign(stamp));
        _cluster.Run(TimeSpan.FromSeconds(1));
        Assert.Single(_cluster.Renewals);
    }

    [Fact]
    public void A_session_lives_a_quarter_longer_than_its_client_counts()
    {
        _cluster.Send(_cluster.LeaderOf(0), Sign(TimeSpan.Zero));
        _cluster.Run(s_timeToLive * 1.24);
        Assert.True(IsThere());
        _cluster.Run(TimeSpan.FromSeconds(1.5));
        Assert.False(IsThere());
    }

    [Fact]
    public void A_new_leader_ends_the_sessions_that_it_never_hears()
    {
        _cluster.Crash(_cluster.LeaderOf(0));
        _cluster.AwaitLeaders();
        Assert.True(IsThere());
        _cluster.Run((s_timeToLive * 1.25) + TimeSpan.FromSeconds(3));
        Assert.False(IsThere());
    }

    [Fact]
    public void What_comes_due_under_a_new_leader_is_done_by_it()
    {
        byte[] queue = RecordKey.Named(_cluster.SlotIn(0), RecordKind.Queue, "", "q");
        OperationRequest request = EnqueueMessages.Request(
            queue, [new(new byte[] { 1, 120, 7 }, Delay: TimeSpan.FromSeconds(2))]);
        TestReply reply = _cluster.AwaitReply(_cluster.SendCommand(
            _cluster.LeaderOf(0),
            0,
            request.Code,
            new(request.Slot, TestRequests.Session, 1),
            request.Arguments));
        Assert.Equal(1, EnqueueMessages.Read(reply.AsAnswer()));

        _cluster.Crash(_cluster.LeaderOf(0));
        _cluster.AwaitLeaders();
        Assert.Equal((0, 1), Counts(queue));
        _cluster.Await(() => Counts(queue) == (1, 0), "the message came due");
    }

    private static SignOfLife Sign(TimeSpan stamp) => new(0, TestRequests.Session, s_timeToLive, stamp);

    private bool IsThere()
    {
        Shard shard = _cluster.LeaderShard(0);
        return SessionRecord.TryRead(new KeyspaceView(shard.Keyspace, shard.Now), TestRequests.Session, out _);
    }

    private (long Ready, long Delayed) Counts(byte[] queue)
    {
        Assert.True(_cluster.LeaderShard(0).Keyspace.TryGet(queue, out RecordView record));
        var root = QueueRoot.Read(record.Value);
        return (root.Ready, root.Delayed);
    }
}

public sealed class NodeSessionTestsOnRaft() : NodeSessionTests("raft");

public sealed class NodeSessionTestsOnPaxos() : NodeSessionTests("paxos");
