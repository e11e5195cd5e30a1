using Concord.Cli.Connections;
using Concord.Cli.Orders;
using Concord.Cli.Tests.Fakes;
using static Concord.Cli.Tests.Fakes.FakeAdmin;

namespace Concord.Cli.Tests.Orders;

public sealed class ClusterViewTests
{
    private static readonly string[] s_addresses = ["127.0.0.1:5001", "127.0.0.1:5002", "127.0.0.1:5003"];

    private readonly FakeAdmin _admin = new();

    [Fact]
    public void The_node_that_leads_most_shards_is_found_by_the_latest_terms()
    {
        LeaderTally tally = new();
        tally.Observe(
        [
            Node(1, Shard(0, "Leader", 5), Shard(1, "Leader", 1)),
            Node(2, Shard(1, "Leader", 2), Shard(2, "Leader", 1)),
            null,
        ]);

        Assert.Equal(1, tally.MostLeading(3));
        Assert.True(tally.HasLeaderOfAll(3));
        Assert.False(tally.HasLeaderOfAll(4));
    }

    [Fact]
    public void A_leader_of_a_later_term_is_a_change_and_a_stale_one_is_not()
    {
        LeaderTally tally = new();
        tally.Observe([Node(1, Shard(0, "Leader", 1)), Node(2, Shard(0))]);
        Assert.Equal(0, tally.Changes);

        tally.Observe([Node(1, Shard(0, "Leader", 1)), Node(2, Shard(0, "Leader", 2))]);
        tally.Observe([Node(1, Shard(0, "Leader", 1)), Node(2, Shard(0, "Leader", 2))]);

        Assert.Equal(1, tally.Changes);
        Assert.Equal(1, tally.MostLeading(2));
    }

    [Fact]
    public async Task Equal_replicas_pass()
    {
        Set(Shard(0, "Leader"), Shard(0), Shard(0));

        AuditCheck check = await CompareAsync();

        Assert.True(check.Passed, check.Detail);
    }

    [Fact]
    public async Task Replicas_that_differ_at_one_index_fail()
    {
        Set(Shard(0, "Leader"), Shard(0, digest: "ab"), Shard(0));

        AuditCheck check = await CompareAsync();

        Assert.False(check.Passed);
        Assert.Equal("the replicas of shard 0 differ at index 10", check.Detail);
    }

    [Theory]
    [InlineData(11, 0, "has not applied all")]
    [InlineData(10, 1, "in doubt")]
    public async Task What_does_not_come_to_rest_fails_in_the_end(long applied, int inDoubt, string detail)
    {
        Set(Shard(0, "Leader"), Shard(0, applied: applied, inDoubt: inDoubt), Shard(0));

        AuditCheck check = await CompareAsync();

        Assert.False(check.Passed);
        Assert.Contains(detail, check.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_node_that_does_not_answer_is_named()
    {
        Set(Shard(0, "Leader"), Shard(0), Shard(0));
        _admin.Nodes.Remove(s_addresses[1]);

        Assert.Contains("node 2 does not answer", (await CompareAsync()).Detail, StringComparison.Ordinal);
    }

    private void Set(params Client.Administration.ShardStatus[] replicas)
    {
        for (int i = 0; i < replicas.Length; i++)
        {
            _admin.Nodes[s_addresses[i]] = Node(i + 1, replicas[i]);
        }
    }

    private Task<AuditCheck> CompareAsync()
    {
        // Looking at the clock costs a second: a minute of waiting is over after sixty looks.
        InstantTime time = new(millisecondsPerLook: 1_000);
        return new ReplicaComparison(
            new ClusterPoll(_admin, s_addresses, TimeProvider.System), 1, time).CompareAsync(default);
    }
}
