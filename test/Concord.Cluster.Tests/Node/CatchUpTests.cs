using Concord.Cluster.Node;

namespace Concord.Cluster.Tests.Node;

/// <summary>A leader waits for what its followers write, and nobody for what they run.</summary>
public sealed class CatchUpTests
{
    [Theory]
    [InlineData("raft")]
    [InlineData("paxos")]
    public void A_follower_writes_the_next_batch_before_it_runs_what_that_commits(string protocol)
    {
        using var cluster = new TestCluster(protocol, 3, 1);
        cluster.OpenSessions();
        byte[] counter = cluster.CounterIn(0);
        TestNode follower = cluster[cluster.LeaderOf(0) == 1 ? 2 : 1];
        Shard shard = follower.Core.Shards[0];
        int wroteFirst = 0;
        follower.Worked = work =>
        {
            if (work is BatchWrite && shard.HasCommitted)
            {
                wroteFirst++;
                Assert.True(follower.IsUnfinished, "what was put off waits for the next event");
            }
        };

        for (ulong sequence = 1; sequence <= 20; sequence++)
        {
            Assert.Equal((long)sequence, cluster.Add(0, counter, 1, sequence));
        }

        cluster.Pump();
        Assert.True(wroteFirst > 0, "no batch was written while something that was committed had not been run");
        Assert.False(shard.HasCommitted);
        Assert.Equal(20, cluster.ReadCounter(0, counter));
    }
}
