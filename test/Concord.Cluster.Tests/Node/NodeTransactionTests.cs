using Concord.Client.Wire;
using Concord.Cluster.Node;
using Concord.Engines;
using Concord.Operations;

namespace Concord.Cluster.Tests.Node;

public abstract class NodeTransactionTests : IDisposable
{
    private readonly string _protocol;
    private readonly TestCluster _cluster;
    private readonly byte[][] _counters;

    protected NodeTransactionTests(string protocol)
    {
        _protocol = protocol;
        _cluster = new(protocol, nodes: 3, shards: 3);
        _cluster.OpenSessions();
        _counters = [_cluster.CounterIn(0), _cluster.CounterIn(1), _cluster.CounterIn(2)];
    }

    public void Dispose()
    {
        _cluster.Dispose();
        GC.SuppressFinalize(this);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    public void A_transaction_commits_on_all_its_shards(int shards)
    {
        TransactionAction[] actions = [.. _counters.Take(shards).Select(key => TestRequests.Adding(key, 5))];

        TestReply reply = _cluster.AwaitReply(_cluster.SendCommit(1, 1, actions));

        Assert.Equal(TransactionDecision.Committed, TestRequests.Decided(reply).Decision);
        for (uint shard = 0; shard < 3; shard++)
        {
            Assert.Equal(shard < shards ? 5 : 0, _cluster.ReadCounter(shard, _counters[shard]));
        }

        AssertNothingIsHeld(1);
    }

    [Fact]
    public void An_abort_names_the_first_action_that_refused_even_when_a_later_one_is_heard_first()
    {
        int slow = _cluster.LeaderOf(2);
        TimeSpan until = _cluster.Now + TimeSpan.FromMilliseconds(400);
        _cluster.Lost = (from, _, kind, _) => kind == WireKind.PeerReply && from == slow && _cluster.Now < until;

        TestReply reply = _cluster.AwaitReply(_cluster.SendCommit(1, 1, [
            TestRequests.Adding(_counters[0], 1),
            TestRequests.Adding(_counters[2], -1, min: 0),
            TestRequests.Adding(_counters[1], -1, min: 0),
        ]));

        TransactionAnswer answer = TestRequests.Decided(reply);
        Assert.Equal((TransactionDecision.Aborted, RefusalCode.BoundViolated), (answer.Decision, answer.Reason));
        Assert.Equal(1, answer.Ordinal);
        Assert.Equal(0, _cluster.ReadCounter(0, _counters[0]));
        AssertNothingIsHeld(1);
    }

    [Fact]
    public void Two_additions_within_bounds_are_prepared_at_once_on_one_counter()
    {
        PrepareAndHang(TestRequests.Adding(_counters[1], 3, min: 0));

        TestReply second = _cluster.AwaitReply(_cluster.SendCommit(2, 2, [
            TestRequests.Adding(_counters[0], 1), TestRequests.Adding(_counters[1], 4, min: 0)]));

        Assert.Equal(TransactionDecision.Committed, TestRequests.Decided(second).Decision);
        Assert.True(_cluster.IsPreparedAt(1, 1), "The first one is still prepared.");
    }

    [Fact]
    public void A_write_and_a_read_wait_for_a_prepared_addition_and_go_on_after_it()
    {
        _cluster.Add(1, _counters[1], 10, 100);
        PrepareAndHang(TestRequests.Adding(_counters[1], 3));
        ulong write = _cluster.SendAdd(1, _counters[1], 1, 101);
        ulong read = _cluster.SendRead(1, _counters[1]);
        _cluster.Run(TimeSpan.FromMilliseconds(100));
        Assert.Null(_cluster.ReplyTo(write));
        Assert.Null(_cluster.ReplyTo(read));

        // Somebody waits, so recovery asks the anchor soon, and the hanging one is aborted.
        Assert.Equal(11, AddCounter.Read(_cluster.AwaitReply(write).AsAnswer()).Value);
        Assert.InRange(TestRequests.Counter(_cluster.AwaitReply(read)), 10, 11);
        AssertNothingIsHeld(1);
    }

    [Fact]
    public void A_read_never_returns_what_lies_beneath_a_decided_write()
    {
        bool lost = true;
        _cluster.Lost = (_, _, kind, message) => lost && (kind == WireKind.PeerResolve || IsSettle(kind, message));
        TestReply reply = _cluster.AwaitReply(_cluster.SendCommit(1, 1, [
            TestRequests.Adding(_counters[0], 1), TestRequests.Adding(_counters[1], 9)]));
        Assert.Equal(TransactionDecision.Committed, TestRequests.Decided(reply).Decision);

        ulong read = _cluster.SendRead(1, _counters[1]);
        _cluster.Run(TimeSpan.FromMilliseconds(500));
        Assert.Null(_cluster.ReplyTo(read));

        lost = false;
        Assert.Equal(9, TestRequests.Counter(_cluster.AwaitReply(read)));
    }

    [Fact]
    public void The_younger_of_two_in_each_others_way_gives_up()
    {
        PrepareAndHang(TestRequests.Deleting(_cluster.ValueIn(1)), age: 100);

        TestReply younger = _cluster.AwaitReply(_cluster.SendCommit(2, 200, [
            TestRequests.Adding(_counters[0], 1), TestRequests.Deleting(_cluster.ValueIn(1))]));

        TransactionAnswer answer = TestRequests.Decided(younger);
        Assert.Equal((TransactionDecision.Aborted, RefusalCode.Conflict), (answer.Decision, answer.Reason));
        Assert.True(_cluster.IsPreparedAt(1, 1), "The older one is still prepared.");
    }

    [Fact]
    public void The_older_of_two_in_each_others_way_waits()
    {
        PrepareAndHang(TestRequests.Deleting(_cluster.ValueIn(1)), age: 100);

        TestReply older = _cluster.AwaitReply(_cluster.SendCommit(2, 50, [
            TestRequests.Adding(_counters[0], 1), TestRequests.Deleting(_cluster.ValueIn(1))]));

        Assert.Equal(TransactionDecision.Committed, TestRequests.Decided(older).Decision);
        AssertNothingIsHeld(1);
        AssertNothingIsHeld(2);
    }

    [Fact]
    public void Participants_of_a_coordinator_that_died_abort_and_hold_nothing()
    {
        int coordinator = _cluster.LeaderOf(0);
        TransactionAction[] actions = [.. _counters.Select(key => TestRequests.Adding(key, 5))];
        _cluster.Lost = (_, to, kind, _) => kind == WireKind.PeerReply && to == coordinator;
        _cluster.SendCommit(1, 1, actions);
        _cluster.Await(() => _cluster.IsPreparedAt(1, 1) && _cluster.IsPreparedAt(2, 1), "both are prepared");

        _cluster.Crash(coordinator);
        _cluster.Lost = static (_, _, _, _) => false;
        _cluster.AwaitLeaders();
        _cluster.Await(() => !_cluster.IsPreparedAt(1, 1) && !_cluster.IsPreparedAt(2, 1), "recovery has settled it");

        AssertNothingIsHeld(1);
        Assert.Equal(0, _cluster.ReadCounter(1, _counters[1]));

        // The client sends the same again to the next leader, and hears what was settled; nothing runs.
        TestReply again = _cluster.AwaitReply(_cluster.SendCommit(1, 1, actions));
        Assert.Equal(TransactionDecision.Aborted, TestRequests.Decided(again).Decision);
        Assert.Equal(0, _cluster.ReadCounter(0, _counters[0]));
    }

    [Fact]
    public void The_next_leader_carries_out_a_decision_that_was_not_seen_through()
    {
        int coordinator = _cluster.LeaderOf(0);
        TransactionAction[] actions = [.. _counters.Select(key => TestRequests.Adding(key, 5))];
        bool resolves = false;
        _cluster.Lost = (_, _, kind, message) => (kind == WireKind.PeerResolve && !resolves) || IsSettle(kind, message);
        TestReply first = _cluster.AwaitReply(_cluster.SendCommit(1, 1, actions));
        Assert.Equal(TransactionDecision.Committed, TestRequests.Decided(first).Decision);
        Assert.True(HasDecision(1), "The decision is kept until it is carried out.");

        _cluster.Crash(coordinator);
        resolves = true;
        _cluster.AwaitLeaders();

        _cluster.Await(() => !HasDecision(1), "the decision was carried out everywhere and forgotten");
        Assert.Equal(5, _cluster.ReadCounter(1, _counters[1]));
        Assert.Equal(5, _cluster.ReadCounter(2, _counters[2]));
        TestReply again = _cluster.AwaitReply(_cluster.SendCommit(1, 1, actions));
        Assert.Equal(TestRequests.Decided(first), TestRequests.Decided(again));
        Assert.Equal(5, _cluster.ReadCounter(0, _counters[0]));
        AssertNothingIsHeld(1);
    }

    [Fact]
    public void An_idempotency_key_commits_once()
    {
        TransactionAction[] actions = [.. _counters.Select(key => TestRequests.Adding(key, 5))];
        _cluster.AwaitReply(_cluster.SendCommit(1, 1, actions, "order 1"));

        TestReply second = _cluster.AwaitReply(_cluster.SendCommit(2, 2, actions, "order 1"));

        TransactionAnswer answer = TestRequests.Decided(second);
        Assert.Equal(TransactionDecision.AlreadyCommitted, answer.Decision);
        Assert.Equal(1UL, answer.CommittedBy.Sequence);
        for (uint shard = 0; shard < 3; shard++)
        {
            Assert.Equal(5, _cluster.ReadCounter(shard, _counters[shard]));
        }

        AssertNothingIsHeld(2);
    }

    /// <summary>Whoever holds no replica of a shard knows what its leader reports, now and then. Where that is lost it
    /// knows only what it is told when it asks.</summary>
    [Fact]
    public void A_shard_that_the_coordinator_does_not_hold_is_asked_where_it_is_led()
    {
        using var cluster = new TestCluster(_protocol, nodes: 5, shards: 5);
        cluster.Lost = static (_, _, kind, _) => kind == WireKind.ShardReports;
        cluster.OpenSessions();
        int coordinator = cluster.LeaderOf(0);
        uint shard = (uint)Enumerable.Range(1, 4).First(
            other => !cluster.Layout.Places[other].Contains((ushort)coordinator));
        ushort asked = cluster.Layout.Places[(int)shard][0];
        if (cluster.LeaderOf(shard) == asked)
        {
            cluster.LeaderShard(shard).TransferLeadership(new(cluster.Layout.Places[(int)shard][1]));
            cluster.Await(() => cluster.LeaderOf(shard) is var leader && leader > 0 && leader != asked,
                "another leads than the one that is asked first");
        }

        Assert.Equal(coordinator, cluster.LeaderOf(0));
        TestReply reply = cluster.AwaitReply(cluster.SendCommit(1, 1, [
            TestRequests.Adding(cluster.CounterIn(0), 5), TestRequests.Adding(cluster.CounterIn(shard), 7)]));

        Assert.Equal(TransactionDecision.Committed, TestRequests.Decided(reply).Decision);
        Assert.Equal(new((ushort)cluster.LeaderOf(shard)), cluster[coordinator].Core.LeaderHint(shard));
        Assert.Equal(7, cluster.ReadCounter(shard, cluster.CounterIn(shard)));
    }

    [Fact]
    public void A_prepare_that_comes_again_after_the_resolution_does_not_hold_again()
    {
        (int From, int To, byte[] Message) prepare = default;
        _cluster.Lost = (from, to, kind, message) =>
        {
            if (kind == WireKind.PeerExecute && message[12] == (byte)OperationCode.Prepare)
            {
                prepare = (from, to, message);
            }

            return false;
        };
        _cluster.AwaitReply(_cluster.SendCommit(1, 1, [
            TestRequests.Adding(_counters[0], 1), TestRequests.Adding(_counters[1], 9)]));
        _cluster.Await(() => !_cluster.IsPreparedAt(1, 1) && !HasDecision(1), "it was carried out");
        Assert.NotNull(prepare.Message);

        _cluster.Deliver(prepare.From, prepare.To, WireKind.PeerExecute, prepare.Message);
        _cluster.Run(TimeSpan.FromMilliseconds(50));

        AssertNothingIsHeld(1);
        Assert.Equal(9, _cluster.ReadCounter(1, _counters[1]));
    }

    /// <summary>Prepares transaction 1 on shard 1, while shard 2 never hears of it: it stays undecided.</summary>
    private void PrepareAndHang(TransactionAction onShard1, long age = 1)
    {
        _cluster.Lost = static (_, _, kind, message) =>
            kind == WireKind.PeerExecute && message[12] == (byte)OperationCode.Prepare && message[8] == 2;
        _cluster.SendCommit(
            1, age, [TestRequests.Adding(_counters[0], 1), onShard1, TestRequests.Adding(_counters[2], 1)]);
        _cluster.Await(() => _cluster.IsPreparedAt(1, 1), "it is prepared on shard 1");
    }

    private bool HasDecision(ulong sequence)
    {
        Shard anchor = _cluster.LeaderShard(0);
        return DecisionRecord.Exists(
            new KeyspaceView(anchor.Keyspace, anchor.Now), new(_cluster.SlotIn(0), TestRequests.Session, sequence));
    }

    private void AssertNothingIsHeld(ulong sequence)
    {
        _cluster.Await(
            () => Enumerable.Range(0, 3).All(shard => !_cluster.IsPreparedAt((uint)shard, sequence)),
            "nothing is prepared any more");
        for (uint shard = 0; shard < 3; shard++)
        {
            Shard leader = _cluster.LeaderShard(shard);
            Assert.False(
                IntentTable.TryGetBlocker(
                    new KeyspaceView(leader.Keyspace, leader.Now),
                    _counters[shard],
                    IntentAccess.Write,
                    out RequestKey blocker),
                $"Shard {shard} is held by {blocker}.");
        }
    }

    private static bool IsSettle(WireKind kind, byte[] message) =>
        kind == WireKind.PeerExecute && message[12] == (byte)OperationCode.Settle;
}

public sealed class NodeTransactionTestsOnRaft() : NodeTransactionTests("raft");

public sealed class NodeTransactionTestsOnPaxos() : NodeTransactionTests("paxos");
