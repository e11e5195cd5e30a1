using Concord.Consensus;

namespace Concord.Simulation.Stories;

/// <summary>Figure 8 of the Raft paper: why a leader does not count copies of an entry of an older term.</summary>
internal static class Figure8
{
    public static Story Lost { get; } = new(
        "figure-8",
        "Figure 8: a majority has it, and it is lost",
        "Five replicas, four leaders, three crashes. An entry reaches a majority of the replicas – and is overwritten "
        + "by a later leader, within the rules. So copies alone do not make an entry committed: a leader counts "
        + "copies only of entries of its own term. Follow the steps; colour is the term.",
        PlayLost);

    public static Story Safe { get; } = new(
        "figure-8-safe",
        "Figure 8, the good end: one entry of the own term saves them all",
        "The same beginning as figure 8. This time the leader of term 4 gets an entry of its own term to a majority "
        + "before it falls. That entry is committed, and with it everything before it: the replica that holds "
        + "something else can no longer win.",
        PlaySafe);

    private static StoryCluster PlayLost()
    {
        StoryCluster cluster = new(5, oneEntryEach: true);
        Begin(cluster);
        cluster[1].Crash();
        cluster.Run(30);
        cluster.Heal();
        cluster[5].Start();
        cluster.Run(30);
        cluster.Elect(5, tries: 2);
        cluster.RunUntil(() => cluster[3].Status.DurableIndex.Value == 3);
        cluster.Run(70);
        cluster.Tell(
            "(d) n5 wins, and overwrites it",
            "n1 crashes before anybody else has its entry of term 4. n5 comes back. Its last entry is of term 3, those "
            + "of n2, n3 and n4 are of terms 2 and 1: n5's log is newer, so they must vote for it. It leads term 5 and "
            + "makes their logs like its own: the entry of term 2, which three replicas had, is gone. Nothing here is "
            + "a fault of n5 – this is how Raft works.");
        cluster[1].Start();
        cluster.Run(20);
        cluster.Heartbeat(5);
        cluster.Run(160);
        cluster.Tell(
            "Why n1 did not call it committed",
            "Look at the commit marks at step (c): the entry of term 2 lay on three of five, and n1 did not take it "
            + "for committed. It may only count copies of entries of its own term (Raft, section 5.4.2). Had it "
            + "counted and told a client \"done\", step (d) would have broken that promise. The end: everybody has "
            + "n5's log, n1 too.");
        return cluster;
    }

    private static StoryCluster PlaySafe()
    {
        StoryCluster cluster = new(5, oneEntryEach: true);
        Begin(cluster);
        cluster.Heal();
        cluster.Cut(1, 4, 5);
        cluster.Heartbeat(1);
        cluster.RunUntil(() => cluster[1].Status.CommitIndex.Value == 3);
        cluster.Run(20);
        cluster.Tell(
            "(e) An entry of term 4 on a majority",
            "The links from n1 to n2 and n3 work again. Its own entry, of term 4, reaches both: three of five have an "
            + "entry of the leader's own term. Now it counts. n1 commits it, and with it everything before it in the "
            + "log: the entry of term 2 as well.");
        cluster[1].Crash();
        cluster.Run(30);
        cluster.Heal();
        cluster[5].Start();
        cluster.Run(30);
        cluster.Campaign(5);
        cluster.Run(90);
        cluster.Campaign(5);
        cluster.Run(110);
        cluster.Tell(
            "n5 cannot win any more",
            "n1 crashes, n5 comes back and stands for election, twice. n2 and n3 hold an entry of term 4, n5's last is "
            + "of term 3: they refuse. Any majority has one of them. That is what \"committed\" means: whoever can "
            + "win has it.");
        cluster.Elect(2);
        cluster.RunUntil(() => cluster[5].Status.DurableIndex.Value == 4);
        cluster.Run(20);
        cluster.Heartbeat(2);
        cluster.Run(120);
        cluster.Tell(
            "n2 leads, and nothing is lost",
            "n2 has it all and wins term 6. n4 and n5 get what they lack; n5's entry of term 3 was never committed, "
            + "and is the one that goes.");
        return cluster;
    }

    /// <summary>What the paper calls (a), (b) and (c).</summary>
    private static void Begin(StoryCluster cluster)
    {
        for (int number = 1; number <= cluster.Count; number++)
        {
            cluster[number].Disk.Given(1, [1], commit: 1);
        }

        cluster.Start();
        cluster.Run(30);
        cluster.Lose(static message => message is { Kind: MessageKind.Append, From.Value: 1, To.Value: > 2 });
        cluster.Elect(1);
        cluster.RunUntil(() => cluster[2].Status.DurableIndex.Value == 2);
        cluster.Run(40);
        cluster.Tell(
            "(a) n1 leads term 2",
            "All have one entry, of term 1. n1's patience ends first: it asks for votes, gets them, and leads term 2. "
            + "It appends an entry (a leader's first one is empty) and sends it to all. Only n2 gets it; the crosses "
            + "are messages that were lost.");
        cluster[1].Crash();
        cluster.Run(40);
        cluster.Heal();
        cluster.Lose(static message => message is { Kind: MessageKind.Append, From.Value: 5 });
        cluster.Elect(5);
        cluster.Run(50);
        cluster.Tell(
            "(b) n1 crashes, n5 leads term 3",
            "n5 asks next. n2 refuses: its own log is newer. n3 and n4 agree, and with itself n5 has three of five. "
            + "It appends an entry at the same place as n1 did, of term 3 – and nobody gets it.");
        cluster[5].Crash();
        cluster.Run(30);
        cluster.Heal();
        cluster[1].Start();
        cluster.Run(30);
        cluster.Lose(static message => message is { Kind: MessageKind.Append, From.Value: 1, To.Value: not 3 });
        cluster.Elect(1, tries: 2);
        cluster.RunUntil(() => cluster[3].Status.DurableIndex.Value == 2);
        cluster.Cut(1, 3);
        cluster.Run(60);
        cluster.Tell(
            "(c) n1 is back, leads term 4, and spreads the old entry",
            "n5 crashes, n1 comes back. Term 3 is taken; in term 4 it wins. It goes on with what it has: n3 gets the "
            + "entry of term 2. That one now lies on n1, n2 and n3 – a majority! Is it committed? n1's own entry, of "
            + "term 4, is nowhere but on n1.");
    }
}
