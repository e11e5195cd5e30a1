using Concord.Consensus;

namespace Concord.Simulation.Stories;

/// <summary>Two candidates at once, and nobody wins.</summary>
internal static class SplitVote
{
    public static Story Story { get; } = new(
        "split-vote",
        "A split vote: two candidates, no leader",
        "Two replicas lose their patience at the same moment. Each gets half of the votes, and half is not a majority. "
        + "Nothing is wrong and nothing is lost: the next term decides, and random waits keep this from going on.",
        Play);

    private static StoryCluster Play()
    {
        StoryCluster cluster = new(4);
        cluster.Start();
        cluster.Run(30);
        cluster.Campaign(1);
        cluster.Campaign(2);
        cluster.Run(30);
        cluster.Tell(
            "Two ask at once",
            "n1 and n2 both stand for election in term 1, and each votes for itself. A vote leaves only when it is "
            + "durable, so that a crash cannot let anybody vote twice.");
        cluster.Run(60);
        cluster.Tell(
            "Two votes each",
            "n4 hears n1 first, n3 hears n2 first. A replica votes once in a term: the other one is refused. Two of "
            + "four is not a majority: term 1 has no leader, and never will.");
        cluster.Run(30);
        cluster.Campaign(2);
        cluster.RunUntil(() => cluster[2].Status.CommitIndex.Value == 1);
        cluster[2].Propose("x=1");
        cluster.RunUntil(() => cluster[2].Applied == 2);
        cluster.Heartbeat(2);
        cluster.Run(100);
        cluster.Tell(
            "The next term decides",
            "Waits are random, so that one of them is first: n2 asks again, in term 2. n1 has voted in term 1 only, "
            + "and so have the others: all are free to vote. n2 leads, and takes a client's write.");
        return cluster;
    }
}
