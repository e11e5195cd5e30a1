using Concord.Client.Wire;

namespace Concord.Cluster.Tests.Node;

/// <summary>A node that has nothing to do is ticked at its beats, says what has changed only, and misses
/// nothing.</summary>
public abstract class IdleNodeTests(string protocol)
{
    private static readonly TimeSpan s_while = TimeSpan.FromSeconds(4);

    [Fact]
    public void An_idle_node_is_ticked_at_its_beats_and_a_busy_one_at_every_tick()
    {
        using TestCluster cluster = Quiet(out int leader);
        long before = cluster.Ticks;
        cluster.Run(s_while);
        long idle = cluster.Ticks - before;

        // A beat is two of the cluster's steps here; a tick or two beside it for what falls between.
        long steps = 3 * (long)(s_while / TimeSpan.FromMilliseconds(10));
        Assert.InRange(idle, steps / 3, steps * 6 / 10);

        cluster.SendAdd(0, cluster.CounterIn(0), 1, 1);
        Assert.True(cluster[leader].Core.NextTick <= cluster[leader].Core.Now, "A request wants a tick at once.");
    }

    [Fact]
    public void An_idle_node_tells_the_others_nothing_but_that_it_is_alive()
    {
        using TestCluster cluster = Quiet(out _);
        int signs = 0;
        int longest = 0;
        var others = new List<WireKind>();
        cluster.Lost = (_, _, kind, message) =>
        {
            if (kind == WireKind.Liveness)
            {
                signs++;
                longest = Math.Max(longest, message.Length);
            }
            else if (kind != WireKind.ShardReports)
            {
                others.Add(kind);
            }

            return false;
        };
        cluster.Run(s_while);

        Assert.Empty(others);
        Assert.True(signs > 500, $"There were {signs} signs of life only.");
        Assert.Equal(1, longest);
    }

    [Fact]
    public void After_a_quiet_while_each_replica_learns_what_one_write_has_changed()
    {
        using TestCluster cluster = Quiet(out _);
        cluster.Run(s_while);
        cluster.Add(0, cluster.CounterIn(0), 1, 1);
        cluster.Await(
            () => Enumerable.Range(1, 3).Select(node => cluster.ShardAt(node, 0).Applied).Distinct().Count() == 1,
            "every replica has applied it");
    }

    [Fact]
    public void An_idle_follower_stands_for_election_when_its_time_has_come()
    {
        using TestCluster cluster = Quiet(out int leader);
        cluster.Run(s_while);
        TimeSpan died = cluster.Now;
        cluster.Crash(leader);
        cluster.Await(() => cluster.LeaderOf(0) != 0, "another leads");

        // The timeout is 200 to 400 ms, after the last sign of life; then a vote, and an entry.
        Assert.InRange(cluster.Now - died, TimeSpan.FromMilliseconds(150), TimeSpan.FromMilliseconds(1000));
    }

    private TestCluster Quiet(out int leader)
    {
        var cluster = new TestCluster(protocol, 3, 2);
        cluster.OpenSessions();
        cluster.Run(TimeSpan.FromSeconds(1));
        leader = cluster.LeaderOf(0);
        return cluster;
    }
}

public sealed class IdleNodeTestsOnRaft() : IdleNodeTests("raft");

public sealed class IdleNodeTestsOnPaxos() : IdleNodeTests("paxos");
