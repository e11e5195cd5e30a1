using Concord.Consensus;

namespace Concord.Simulation.Stories;

/// <summary>Figure 7 of the Raft paper: how unlike the logs may be when a leader begins, and how they become
/// alike.</summary>
internal static class Figure7
{
    private static readonly ulong[][] s_logs =
    [
        [1, 1, 1, 4, 4, 5, 5, 6, 6, 6],
        [1, 1, 1, 4, 4, 5, 5, 6, 6],
        [1, 1, 1, 4],
        [1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 6],
        [1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 7, 7],
        [1, 1, 1, 4, 4, 4, 4],
        [1, 1, 1, 2, 2, 2, 3, 3, 3, 3, 3],
    ];

    public static Story Story { get; } = new(
        "figure-7",
        "Figure 7: six followers, six ways to differ",
        "A new leader meets followers that lack entries, have entries too many, or both. It does not ask how that "
        + "came about: it finds the last place where the logs agree, and from there on theirs become like its own.",
        Play);

    private static StoryCluster Play()
    {
        StoryCluster cluster = new(7);
        for (int number = 1; number <= cluster.Count; number++)
        {
            cluster[number].Disk.Given(7, s_logs[number - 1], commit: 3);
        }

        cluster.Start();
        cluster.Run(40);
        cluster.Tell(
            "The logs before",
            "n1 will lead; n2 to n7 are (a) to (f) of the paper. n2 and n3 lack entries at the end. n4 and n5 have "
            + "some too many, which were never committed. n6 and n7 lack some and have others instead. Up to the "
            + "third entry all agree.");
        cluster.Elect(1);
        cluster.Run(1);
        cluster.Tell(
            "n1 is elected for term 8",
            "n4 and n5 refuse: their logs are newer. The others agree, and four of seven are enough. (c) and (d) are "
            + "why a newer log alone does not make a leader: a majority has to vote for it.");
        cluster.RunUntil(() => cluster[1].Status.CommitIndex.Value == 11);
        cluster.Run(60);
        cluster.Tell(
            "Finding where they agree",
            "n1 sends its entry and names the one before it. A follower that does not have that one says no and "
            + "hints where to try; n1 goes back, and sends again from where they agree. What a follower has beyond "
            + "it is cut off: see the colours change.");
        cluster.RunUntil(() => Enumerable.Range(1, cluster.Count).All(number =>
            cluster[number].Status.DurableIndex.Value == 11));
        cluster.Heartbeat(1);
        cluster.Run(120);
        cluster.Tell(
            "All alike",
            "Seven equal logs. With n1's own entry, of term 8, on a majority everything before it is committed too.");
        return cluster;
    }
}
