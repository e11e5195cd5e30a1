using Concord.Consensus;

namespace Concord.Simulation.Stories;

/// <summary>A leader that speaks and cannot hear.</summary>
internal static class OneWay
{
    public static Story Story { get; } = new(
        "one-way",
        "A one-way partition: the leader cannot hear",
        "Networks break in one direction, too. The leader's messages reach everybody, no answer comes back. It cannot "
        + "know what the others have, and so it promises nothing: the client waits, and nobody is lied to.",
        Play);

    private static StoryCluster Play()
    {
        StoryCluster cluster = new(3);
        cluster.Start();
        cluster.Run(30);
        cluster.Campaign(1);
        cluster.RunUntil(() => cluster[1].Status.CommitIndex.Value == 1);
        cluster[1].Propose("x=1");
        cluster.RunUntil(() => cluster[1].Applied == 2);
        cluster.Run(30);
        cluster.Tell(
            "All is well",
            "n1 leads term 1. A client writes x=1: n1 appends it, the others make it durable and say so, two of three "
            + "are a majority, n1 answers the client.");
        cluster.Cut(2, 1);
        cluster.Cut(3, 1);
        cluster.Run(10);
        cluster[1].Propose("x=2");
        cluster.Run(80);
        cluster.Heartbeat(1);
        cluster.Run(80);
        cluster.Tell(
            "Nobody is heard",
            "Nothing comes through to n1. x=2 is on all three disks, but n1 does not know: its commit mark stays, and "
            + "the client gets no answer. Its heartbeats still arrive, so that n2 and n3 see no reason to elect "
            + "another leader.");
        cluster.Heal();
        cluster.Heartbeat(1);
        cluster.RunUntil(() => cluster[1].Applied == 3);
        cluster.Run(20);
        cluster.Heartbeat(1);
        cluster.Run(80);
        cluster.Tell(
            "Healed",
            "The next round of messages brings the answers. x=2 is committed, once, and the client is told.");
        return cluster;
    }
}
