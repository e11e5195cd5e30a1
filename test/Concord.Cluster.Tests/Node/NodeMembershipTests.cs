using Concord.Client.Administration;
using Concord.Client.Wire;
using Concord.Cluster.Node;
using Concord.Consensus;
using Concord.Encoding;
using Concord.Engines;
using Concord.Operations;

namespace Concord.Cluster.Tests.Node;

public abstract class NodeMembershipTests : IDisposable
{
    private readonly string _protocol;
    private readonly TestCluster _cluster;
    private ulong _sequence;
    private long _total;

    protected NodeMembershipTests(string protocol)
    {
        _protocol = protocol;
        _cluster = new(protocol, 3, 3);
        _cluster.AwaitChangeable();
    }

    public void Dispose()
    {
        _cluster.Dispose();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public void A_node_that_was_added_gets_its_share_and_everything_in_it()
    {
        AddToAll();
        int node = _cluster.Add("n4:1");
        Assert.Equal(4, node);
        Assert.Equal(MemberView.Expected, _cluster.StateOf(4));

        _cluster.Join("n4:1");
        _cluster.Await(() => _cluster.StateOf(4) == MemberView.Member, "it is a member");
        _cluster.AwaitSettled();

        int[] held = [.. _cluster.View(4).Shards.Where(shard => shard.Voters.Contains(4)).Select(shard => shard.Shard)];
        Assert.NotEmpty(held);
        Assert.All(_cluster.View(4).Shards, shard => Assert.Equal(3, shard.Voters.Count));
        AddToAll();
        CheckAll();
        Assert.All(held, shard => Assert.Equal(
            _cluster.LeaderShard((uint)shard).Keyspace.Digest,
            Caught(4, (uint)shard).Keyspace.Digest));
    }

    [Fact]
    public void Nothing_is_given_to_a_node_that_never_came()
    {
        _cluster.Add("n4:1");
        _cluster.Run(TimeSpan.FromSeconds(5));

        Assert.All(_cluster.View(1).Shards, shard => Assert.Equal([1, 2, 3], shard.Voters));
        Assert.All(_cluster.View(1).Shards, shard => Assert.Empty(shard.Learners));
        _cluster.Remove(4);
        Assert.Equal(MemberView.Removed, _cluster.StateOf(4));
        Assert.Equal(5, _cluster.Add("n4:1"));
    }

    [Fact]
    public void A_leader_that_is_removed_hands_over_and_stops_with_a_sentence()
    {
        AddToAll();
        int leader = _cluster.LeaderOf(0);
        TestNode removed = _cluster[leader];

        _cluster.Remove(leader);
        _cluster.Await(() => removed.Core.StopReason is not null, "the removed node knows it");

        Assert.Contains($"Node {leader}", removed.Core.StopReason, StringComparison.Ordinal);
        Assert.Contains("was removed", removed.Core.StopReason, StringComparison.Ordinal);
        _cluster.Crash(leader);
        _cluster.AwaitSettled([.. new[] { 1, 2, 3 }.Where(node => node != leader)]);
        AddToAll();
        CheckAll();
    }

    [Fact]
    public void A_removed_node_that_comes_back_with_its_folder_is_not_let_in_and_stops()
    {
        int victim = _cluster.LeaderOf(0) == 1 ? 2 : 1;
        _cluster.Crash(victim);
        _cluster.Run(TimeSpan.FromSeconds(1));
        _cluster.Remove(victim);
        _cluster.Await(() => _cluster.StateOf(victim) == MemberView.Removed, "it is removed");

        _cluster.Start(victim);
        _cluster.Await(() => _cluster[victim].Core.StopReason is not null, "it learns that it was removed");

        _cluster.Run(TimeSpan.FromSeconds(3));
        Assert.All(
            _cluster.View(_cluster.LeaderOf(0)).Shards, shard => Assert.DoesNotContain(victim, shard.Voters));
    }

    [Fact]
    public void A_dead_node_is_replaced_under_a_new_number_and_its_number_is_not_used_again()
    {
        AddToAll();
        int victim = _cluster.LeaderOf(1);
        _cluster.Crash(victim);
        _cluster.AwaitLeaders();

        Assert.Equal(4, _cluster.Replace(victim, "n4:1"));
        AddToAll();
        _cluster.Join("n4:1");
        _cluster.Await(() => _cluster.StateOf(victim) == MemberView.Removed, "the dead node is removed");

        _cluster.AwaitSettled([.. new[] { 1, 2, 3, 4 }.Where(node => node != victim)]);
        AddToAll();
        CheckAll();
        Assert.Equal(5, _cluster.Add("n5:1"));
    }

    [Fact]
    public void A_wiped_node_under_its_old_number_is_fenced_and_stops_with_a_sentence()
    {
        AddToAll();
        int victim = _cluster.LeaderOf(0) == 1 ? 2 : 1;
        _cluster.Wipe(victim);
        _cluster.Start(victim);

        _cluster.Await(() => _cluster[victim].Core.StopReason is not null, "the wiped node knows it");
        Assert.Contains("lost what the node promised", _cluster[victim].Core.StopReason, StringComparison.Ordinal);
        Assert.Contains("members replace", _cluster[victim].Core.StopReason, StringComparison.Ordinal);
        string refusal = _cluster.Refusal(
            new() { Action = MembersRequest.Join, Address = $"n{victim}:1" });
        Assert.Contains("may not come back without it", refusal, StringComparison.Ordinal);

        // At the same address, under a new number.
        _cluster.Wipe(victim);
        Assert.Equal(4, _cluster.Replace(victim, $"n{victim}:1"));
        _cluster.Join($"n{victim}:1");
        _cluster.AwaitSettled([.. new[] { 1, 2, 3, 4 }.Where(node => node != victim)]);
        CheckAll();
    }

    [Fact]
    public void A_change_goes_on_when_the_leaders_that_drive_it_die()
    {
        AddToAll();
        _cluster.Add("n4:1");
        _cluster.Join("n4:1");
        _cluster.Add("n5:1");
        _cluster.Join("n5:1");
        _cluster.AwaitSettled();
        foreach (int leaving in new[] { 1, 2 })
        {
            _cluster.Remove(leaving);
            int leader = _cluster.LeaderOf(0);
            if (leader != leaving)
            {
                _cluster.Crash(leader);
                _cluster.Run(TimeSpan.FromSeconds(1));
                _cluster.Start(leader);
            }

            // Asked again: the same answer.
            Assert.True(_cluster.Remove(leaving).WasDone);
            _cluster.Await(() => _cluster.StateOf(leaving) == MemberView.Removed, $"node {leaving} is removed");
            _cluster.Crash(leaving);
        }

        _cluster.AwaitSettled(3, 4, 5);
        AddToAll();
        CheckAll();
    }

    [Fact]
    public void Nodes_whose_founders_are_all_gone_find_each_other_after_a_restart()
    {
        AddToAll();
        for (int node = 1; node <= 3; node++)
        {
            _cluster.Replace(node, $"n{node + 3}:1");
            _cluster.Join($"n{node + 3}:1");
            int old = node;
            _cluster.Await(() => _cluster.StateOf(old) == MemberView.Removed, $"node {old} is removed");
            _cluster.Crash(node);
        }

        _cluster.AwaitSettled(4, 5, 6);
        for (int node = 4; node <= 6; node++)
        {
            _cluster.Crash(node);
        }

        for (int node = 4; node <= 6; node++)
        {
            _cluster.Start(node);
            Assert.Equal(2, _cluster[node].Core.PeersWanted.Count);
        }

        _cluster.AwaitLeaders();
        AddToAll();
        CheckAll();
    }

    [Fact]
    public void Every_refused_change_says_why()
    {
        Assert.Contains("never was", Refused(MembersRequest.Remove, 9), StringComparison.Ordinal);
        Assert.Contains("never was", Refused(MembersRequest.Replace, 9, "n9:1"), StringComparison.Ordinal);
        Assert.Contains("two nodes cannot share", Refused(MembersRequest.Replace, 1, "n2:1"), StringComparison.Ordinal);
        foreach (string address in new[] { "nonsense", "two words:7101", " n9:1", "n9:+1", "n9:0", "::1:7101" })
        {
            Assert.Contains("is no address", Refused(MembersRequest.Add, 0, address), StringComparison.Ordinal);
            Assert.Contains("is no address", Refused(MembersRequest.Replace, 1, address), StringComparison.Ordinal);
        }

        Assert.Contains("Add it first", Refused(MembersRequest.Join, 0, "n9:1"), StringComparison.Ordinal);
        Assert.Contains("had a data folder", Refused(MembersRequest.Join, 0, "n1:1"), StringComparison.Ordinal);
        Assert.Contains(
            "no vote",
            _cluster.Refusal(new() { Action = MembersRequest.Transfer, Node = 9 }),
            StringComparison.Ordinal);
        Assert.Contains(
            "no shard 7", _cluster.Refusal(new() { Action = MembersRequest.Transfer, Shard = 7 }),
            StringComparison.Ordinal);
        Assert.True(_cluster.Change(new() { Action = MembersRequest.Add, Address = "n1:1" }).WasDone);

        int down = _cluster.LeaderOf(0) == 3 ? 2 : 3;
        int other = new[] { 1, 2, 3 }.First(node => node != down && node != _cluster.LeaderOf(0));
        _cluster.Crash(down);
        _cluster.Run(TimeSpan.FromSeconds(2));
        _cluster.AwaitLeaders();
        _cluster.Run(TimeSpan.FromSeconds(2));
        string silent = Refused(MembersRequest.Remove, other);
        Assert.Contains("a majority must be there", silent, StringComparison.Ordinal);
        Assert.Contains($"no word from node {down}", silent, StringComparison.Ordinal);
        Assert.Contains("Nothing was changed", silent, StringComparison.Ordinal);
    }

    [Fact]
    public void The_last_node_cannot_go()
    {
        using var single = new TestCluster(_protocol, 1, 1);
        single.AwaitChangeable();

        string refusal = single.Refusal(new() { Action = MembersRequest.Remove, Node = 1 });

        Assert.Contains("nobody else would hold it", refusal, StringComparison.Ordinal);
    }

    [Fact]
    public void A_call_during_a_hand_over_waits_for_it_and_is_told_who_leads_then()
    {
        int leader = _cluster.LeaderOf(0);
        int next = leader == 1 ? 2 : 1;
        ulong transfer = _cluster.SendMembers(leader, new() { Action = MembersRequest.Transfer, Node = next });
        ulong call = _cluster.SendAdd(0, _cluster.CounterIn(0), 1, ++_sequence);
        Assert.Null(_cluster.ReplyTo(call));

        TimeSpan began = _cluster.Now;
        TestReply told = _cluster.AwaitReply(call);

        Assert.Equal(AnswerStatus.Done, _cluster.AwaitReply(transfer).Answer);
        Assert.Equal((ReplyStatus.NotLeader, next), (told.Status, told.Leader));
        Assert.Equal(next, _cluster.LeaderOf(0));
        Assert.InRange(_cluster.Now - began, TimeSpan.Zero, TimeSpan.FromMilliseconds(50));
        Assert.Equal(next, _cluster.View(leader).Shards[0].Leader);
    }

    [Fact]
    public void A_call_during_a_hand_over_that_fails_is_not_kept_for_ever()
    {
        int leader = _cluster.LeaderOf(0);
        int next = leader == 1 ? 2 : 1;
        _cluster.Lost = (_, to, kind, _) => to == next && kind == WireKind.Consensus;
        _cluster.SendMembers(leader, new() { Action = MembersRequest.Transfer, Node = next });
        TestReply told = _cluster.AwaitReply(_cluster.SendAdd(0, _cluster.CounterIn(0), 1, ++_sequence));

        Assert.Equal((ReplyStatus.NotLeader, leader), (told.Status, told.Leader));
        Assert.Equal(1, _cluster.Add(0, _cluster.CounterIn(0), 1, _sequence));
    }

    [Fact]
    public void A_decision_is_forgotten_though_it_became_known_everywhere_during_a_hand_over_that_failed()
    {
        int anchor = _cluster.LeaderOf(0);
        if (_cluster.LeaderOf(1) == anchor)
        {
            int to = anchor == 1 ? 2 : 1;
            _cluster.AskLeader(new() { Action = MembersRequest.Transfer, Shard = 1, Node = to }, shard: 1);
            _cluster.Await(() => _cluster.LeaderOf(1) == to, "the shards have different leaders");
        }

        int next = anchor == 1 ? 2 : 1;
        var transaction = new RequestKey(_cluster.SlotIn(0), TestRequests.Session, ++_sequence);
        _cluster.Lost = static (_, _, kind, _) => kind == WireKind.PeerResolve;
        _cluster.AwaitReply(_cluster.SendCommit(_sequence, age: 1,
        [
            TestRequests.Adding(_cluster.CounterIn(0), 1), TestRequests.Adding(_cluster.CounterIn(1), 1),
        ]));
        KeyspaceView Keys() => new(_cluster.ShardAt(anchor, 0).Keyspace, default);
        Assert.True(DecisionRecord.Exists(Keys(), transaction));

        // The successor does not hear of it; meanwhile the participant is told and answers.
        _cluster.Lost = (_, to, kind, message) => to == next && kind == WireKind.Consensus && message[0] == 0;
        _cluster.SendMembers(anchor, new() { Action = MembersRequest.Transfer, Node = next });
        Assert.True(_cluster.ShardAt(anchor, 0).Core.Status.IsTransferring);
        _cluster.Await(() => !_cluster.IsPreparedAt(1, _sequence), "the participant was told");
        _cluster.Lost = static (_, _, _, _) => false;

        _cluster.Await(() => !DecisionRecord.Exists(Keys(), transaction), "it is forgotten");
    }

    [Fact]
    public void A_directory_is_read_as_it_was_written()
    {
        NodeDirectory directory = NodeDirectory.Founders(["a:1", "b:1"]).With("c:1", seat: 2);
        directory = directory.With(
            directory.Entries[1] with { State = NodeState.Leaving },
            directory.Entries[2] with { Incarnation = 77, HasJoined = true });

        NodeDirectory read = NodeDirectory.Decode(directory.Encode());

        Assert.Equal(2UL, read.Version);
        Assert.Equal(directory.Entries, read.Entries);
        ClusterLayout layout = ClusterLayout.Create(["a:1", "b:1"], 1, ReplicaProtocol.Find(_protocol));
        Assert.Equal(read.Entries, ClusterLayout.DecodeDescription(layout.Describe(read)).Directory.Entries);
        Assert.Equal(
            NodeDirectory.Founders(layout.Members).Entries,
            ClusterLayout.DecodeDescription(layout.Bytes).Directory.Entries);
        byte[] later = [9, .. directory.Encode()[1..]];
        Assert.Throws<MalformedDataException>(() => NodeDirectory.Decode(later));
    }

    [Fact]
    public void A_successor_gets_the_shards_of_the_one_that_it_follows_and_no_others_move()
    {
        string[] members = [.. Enumerable.Range(1, 6).Select(static node => $"n{node}:1")];
        NodeDirectory before = NodeDirectory.Founders(members);
        NodeDirectory leaving = before.With(before.Entries[3] with { State = NodeState.Leaving }).With("n7:1", seat: 4);
        NodeDirectory after = leaving.With(leaving.Entries[6] with { HasJoined = true });
        ClusterLayout layout = ClusterLayout.Create(members, 64);

        for (int shard = 0; shard < 64; shard++)
        {
            NodeId[] founders = [.. layout.MembershipOf(shard).Voters];
            Assert.Equal(founders, ClusterLayout.Wanted(before, shard));
            Assert.Equal(founders, ClusterLayout.Wanted(leaving, shard));
            Assert.Equal(
                founders.Select(static node => node.Value == 4 ? new NodeId(7) : node).OrderBy(node => node.Value),
                ClusterLayout.Wanted(after, shard));
        }
    }

    [Fact]
    public void A_new_node_learns_from_a_snapshot_who_belongs_to_the_shard()
    {
        using var cluster = new TestCluster(_protocol, 3, 1, static settings =>
            settings with { SnapshotEveryBytes = 2000, RetainedEntries = 1 });
        cluster.AwaitChangeable();
        for (ulong i = 1; i <= 100; i++)
        {
            Assert.Equal((long)i, cluster.Add(0, cluster.CounterIn(0), 1, i));
        }

        int victim = cluster.LeaderOf(0);
        cluster.Replace(victim, "n4:1");
        cluster.Join("n4:1");
        cluster.AwaitSettled([.. new[] { 1, 2, 3, 4 }.Where(node => node != victim)]);

        Assert.NotEmpty(cluster[4].Installed);
        cluster.Await(() => cluster.ShardAt(4, 0).Applied == cluster.LeaderShard(0).Applied, "it has caught up");
        Assert.Equal(cluster.LeaderShard(0).Keyspace.Digest, cluster.ShardAt(4, 0).Keyspace.Digest);
        Assert.Equal(100, cluster.ReadCounter(0, cluster.CounterIn(0)));
    }

    [Fact]
    public void A_successor_that_is_lost_on_the_way_is_replaced_in_its_turn()
    {
        AddToAll();
        int victim = _cluster.LeaderOf(0) == 3 ? 2 : 3;
        _cluster.Crash(victim);
        _cluster.Replace(victim, "n4:1");
        Assert.Contains("takes the place", Refused(MembersRequest.Remove, victim), StringComparison.Ordinal);

        // It comes, and is lost with its disk before it has learned anything.
        _cluster.Lost = static (_, to, kind, _) => to == 4 && kind == WireKind.Consensus;
        _cluster.Join("n4:1");
        _cluster.Await(() => _cluster.StateOf(4) == MemberView.Member, "it was there");
        _cluster.Run(TimeSpan.FromSeconds(1));
        Assert.Contains("taking the place", Refused(MembersRequest.Remove, 4), StringComparison.Ordinal);
        _cluster.Wipe(4);
        Assert.Equal(5, _cluster.Replace(4, "n5:1"));
        _cluster.Join("n5:1");

        _cluster.Await(() => _cluster.StateOf(4) == MemberView.Removed, "the one that was lost is removed");
        _cluster.Await(() => _cluster.StateOf(victim) == MemberView.Removed, "and the one before it");
        _cluster.AwaitSettled([.. new[] { 1, 2, 3, 5 }.Where(node => node != victim)]);
        AddToAll();
        CheckAll();
    }

    private string Refused(string action, int node, string? address = null) =>
        _cluster.Refusal(new() { Action = action, Node = node, Address = address });

    private Shard Caught(int node, uint shard)
    {
        _cluster.Await(
            () => _cluster.ShardAt(node, shard).Applied == _cluster.LeaderShard(shard).Applied, "it has caught up");
        return _cluster.ShardAt(node, shard);
    }

    private void AddToAll()
    {
        _total++;
        for (uint shard = 0; shard < 3; shard++)
        {
            _cluster.AwaitLeaders();
            Assert.Equal(_total, _cluster.Add(shard, _cluster.CounterIn(shard), 1, ++_sequence));
        }
    }

    private void CheckAll()
    {
        for (uint shard = 0; shard < 3; shard++)
        {
            _cluster.AwaitLeaders();
            Assert.Equal(_total, _cluster.ReadCounter(shard, _cluster.CounterIn(shard)));
        }
    }
}

public sealed class NodeMembershipTestsOnRaft() : NodeMembershipTests("raft");

public sealed class NodeMembershipTestsOnPaxos() : NodeMembershipTests("paxos");
