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
        StoryCluster cluster = new(5, oneEntryEach: true, StoryProtocol.Paxos);
        Begin(cluster);
        cluster.Campaign(4);
        cluster.Run(16);
        cluster.Campaign(5);
        cluster.RunUntil(() => cluster[4].Status.Role == Role.Leader);
        cluster.Run(2);
        cluster.Tell(
            "n4 and n5 stand at once",
            "n4 asks for ballot b2.4, and n5, a moment later, for b2.5: the same round, but no two nodes share a "
            + "ballot, and of two in the same round the one of the higher node is higher. n2 and n3 have not heard of "
            + "b2.5 yet and promise b2.4 – and tell that they have accepted x=1 in place 2, under b1.1. With its own "
            + "promise n4 has three of five: it leads.");
        cluster[4].Propose("x=7");
        cluster.RunUntil(() => cluster[5].Status.Role == Role.Leader);
        cluster.Run(2);
        cluster.Tell(
            "The higher ballot takes it away",
            "n4 must not propose what it likes in place 2: it has learned of x=1 there and proposes just that, then a "
            + "client's x=7 behind its own empty entry. But n5's request has arrived meanwhile: n2 and n3 have "
            + "promised b2.5 – their lines change colour, a ring each – and a promise to a lower ballot is void from "
            + "then on. Each promise tells x=1 once more.");
        cluster.RunUntil(() => cluster[5].Status.CommitIndex.Value == 3);
        cluster.Run(8);
        cluster.Tell(
            "n4's proposals are refused; n5 proposes x=1 again",
            "What n4 proposed comes too late and is accepted by nobody else. n4 hears of b2.5 and steps back. n5 has "
            + "never seen x=1 itself; a majority's promises told it, so that it proposes x=1 in place 2 under b2.5. Any "
            + "two majorities share a replica: no candidate can miss a chosen value. Three of five accept, and place 2 "
            + "is known to be chosen at last.");
        cluster[1].Start();
        cluster.Run(10);
        cluster.Heartbeat(5);
        cluster.RunUntil(() => Enumerable.Range(1, 5).All(number => cluster[number].Status.CommitIndex.Value == 3));
        cluster.Run(20);
        cluster.Tell(
            "All know it",
            "n1 comes back: the value that it once proposed is in its place, accepted now under the fourth ballot of "
            + "this story, counted from b1.1. x=7 was accepted by n4 alone. It was never chosen, n5 put something else "
            + "into its place, and n4 gave no answer to its client.");
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
            + "accept it, the crosses are messages that were lost. n1, n2 and n3 are three of five: at this moment x=1 is "
            + "chosen, for ever. But the answers find n1 dead. n4 and n5 have never heard of x=1.");
    }
}
