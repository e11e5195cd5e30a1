using Concord.Consensus;

namespace Concord.Simulation.Stories;

/// <summary>Two candidates of Multi-Paxos at once, over a value that is chosen and that nobody knows to be.</summary>
internal static class PaxosDuel
{
    public static Story Story { get; } = new(
        "paxos-duel",
        "Multi-Paxos: two ballots, and a value that survives both",
        "A value is chosen, and the only one who could know it is dead. Two others, who have never seen that value, "
        + "stand for election at once. One of them leads for a moment, the other one has the higher ballot. Whoever "
        + "wins, the value stays: that is what the promises are for.",
        Play);

    private static StoryCluster Play()
    {
        StoryCluster cluster = new(5, protocol: StoryProtocol.Paxos);
        Begin(cluster);
        cluster.Cut(4, 5);
        cluster.Cut(5, 4);
        cluster.Campaign(4);
        cluster.Run(30);
        cluster.Campaign(5);
        cluster.RunUntil(() => cluster[4].Status.Role == Role.Leader);
        cluster.Tell(
            "n4 and n5 stand at once",
            "n4 and n5 do not hear each other. n4 asks for ballot b2.4, and n5, a moment later, for b2.5: the same "
            + "round, but no two nodes share a ballot, and of two in one round that of the higher node is higher. n2 "
            + "and n3 promise b2.4 first (rings), and tell what they have accepted: x=1 in place 2, under b1.1. With "
            + "its own promise n4 has three of five: it leads.");
        cluster[4].Propose("x=7");
        cluster.RunUntil(() => cluster[5].Status.Role == Role.Leader);
        cluster.Tell(
            "The higher ballot takes it away",
            "n4 must not propose what it likes in place 2: it has learned of x=1 there and proposes just that, then "
            + "its own empty entry (∅), then a client's x=7. But n5's request comes in between: n2 and n3 promise "
            + "b2.5, their lines change colour, and from there on they accept nothing under b2.4. Each tells of x=1 "
            + "once more, and n5 has three of five as well.");
        cluster.RunUntil(() => cluster[5].Status.CommitIndex.Value == 3);
        cluster[5].Propose("x=2");
        cluster.RunUntil(() => cluster[5].Applied == 4);
        cluster.Run(8);
        cluster.Tell(
            "n4's proposals are refused; n5 proposes x=1 again",
            "What n4 proposed comes too late: nobody else accepts it, n4 hears of b2.5 and steps back. n5 never saw "
            + "x=1 under b1.1; the promises told it, so it proposes x=1 in place 2 under b2.5. Any two majorities "
            + "share a replica: no candidate can miss a chosen value. Three of five accept, and now somebody knows "
            + "that place 2 is chosen. A client's x=2 follows.");
        cluster.Heal();
        cluster[1].Start();
        cluster.Run(10);
        cluster.Heartbeat(5);
        cluster.Run(120);
        cluster.Heartbeat(5);
        cluster.RunUntil(() => Enumerable.Range(1, 5).All(number => cluster[number].Status.CommitIndex.Value == 4));
        cluster.Run(70);
        cluster.Tell(
            "All know it",
            "n1 comes back, n4 and n5 hear each other again. x=1 stands in place 2 of all five logs; the stripe says "
            + "that it was first proposed under b1.1. x=7 was accepted by n4 alone: never chosen, and x=2 takes its "
            + "place. The client of x=7 was never told that it was done.");
        return cluster;
    }

    private static void Begin(StoryCluster cluster)
    {
        cluster.Start();
        cluster.Run(20);
        cluster.Elect(1);
        cluster.RunUntil(() => cluster[1].Status.CommitIndex.Value == 1);
        cluster.Run(60);
        cluster.Lose(static message => message is { Kind: MessageKind.Accept, From.Value: 1, To.Value: > 3 });
        cluster[1].Propose("x=1");
        cluster.RunUntil(() => cluster[2].Status.LastIndex.Value == 2 && cluster[3].Status.LastIndex.Value == 2);
        cluster.Run(10);
        cluster[1].Crash();
        cluster.Run(30);
        cluster.Heal();
        cluster.Tell(
            "x=1 is chosen, and nobody knows it",
            "n1 leads with ballot b1.1: everybody has promised it (the rings). It proposes x=1 in place 2; n2 and n3 "
            + "accept it, the crosses are messages that were lost. n1, n2 and n3 are three of five: at this moment "
            + "x=1 is chosen, for ever. But the answers find n1 dead. n4 and n5 have never heard of x=1.");
    }
}
