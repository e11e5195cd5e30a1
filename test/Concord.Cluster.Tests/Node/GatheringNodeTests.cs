using Concord.Cluster.Node;

namespace Concord.Cluster.Tests.Node;

/// <summary>A node that gathers proposals writes what is there when the pause is over, by whatever clock.</summary>
public sealed class GatheringNodeTests
{
    private static readonly TimeSpan s_sync = TimeSpan.FromMilliseconds(1);

    [Fact]
    public void Who_comes_alone_after_a_crowd_is_answered_though_the_clock_stands_still()
    {
        using var cluster = new TestCluster("raft", 1, 1);
        cluster.OpenSessions();
        byte[] counter = cluster.CounterIn(0);
        ulong sequence = 1;
        cluster[1].SyncTime = s_sync;
        for (int round = 0; round < 20; round++)
        {
            ulong[] crowd = [.. Enumerable.Range(0, 4).Select(_ => cluster.SendAdd(0, counter, 1, sequence++))];
            cluster.Pump();
            Assert.All(crowd, request => Assert.NotNull(cluster.ReplyTo(request)));
        }

        cluster[1].SyncTime = TimeSpan.Zero;
        var pauses = new List<TimeSpan>();
        cluster[1].Worked = work => pauses.AddRange(work is GatheringPause pause ? [pause.Length] : []);
        ulong alone = cluster.SendAdd(0, counter, 1, sequence);
        cluster.Pump();

        Assert.InRange(Assert.Single(pauses), TimeSpan.FromTicks(1), s_sync);
        Assert.NotNull(cluster.ReplyTo(alone));
    }
}
