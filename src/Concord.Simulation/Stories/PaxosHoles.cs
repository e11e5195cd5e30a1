using Concord.Consensus;

namespace Concord.Simulation.Stories;

/// <summary>A leader of Multi-Paxos dies and leaves a log with holes; the next one makes it whole.</summary>
internal static class PaxosHoles
{
    public static Story Story { get; } = new(
        "paxos-holes",
        "Multi-Paxos: a leader dies and leaves holes",
        "In Multi-Paxos each place of the log is agreed on by itself, so what lies behind a lost message may be chosen "
        + "before what was in it. When the leader dies, the next one asks a majority what it has accepted, proposes "
        + "all of that once more under its own ballot, and fills the holes with nothing. Colour is the ballot.",
        Play);

    private static StoryCluster Play()
    {
        StoryCluster cluster = new(3, protocol: StoryProtocol.Paxos);
        Begin(cluster);
        LeaveHoles(cluster);
        cluster.Heal();
        cluster.Elect(2);
        cluster.Tell(
            "Phase 1: n2 asks what was accepted",
            "n2 takes a ballot that nobody had before, b2.2, and asks for promises. The ring on n3's line is the "
            + "moment at which its promise is durable: from there on it accepts nothing under b1.1 any more. With it "
            + "n3 tells what it has accepted: nothing in places 3 and 4, x=4 in place 5. Now n2 knows what two of "
            + "three have accepted, place by place. What is chosen was accepted by two of three, so that one of "
            + "these knows it.");
        cluster.RunUntil(() => cluster[2].Status.CommitIndex.Value == 6);
        cluster.Run(6);
        cluster.Tell(
            "Phase 2 again: what was found, and nothing in the hole",
            "n2 proposes place by place under b2.2. Place 3: nobody of those it asked has accepted anything, so x=2 "
            + "cannot have been chosen, and an empty entry (∅) goes there. Places 4 and 5 hold values that may have "
            + "been chosen – they are, but n2 cannot tell – so exactly these are proposed again. The stripe in a "
            + "cell is the ballot under which its value was proposed first. n3 holds x=4 already: place 5 travels by "
            + "name only. Place 6 is n2's own first entry. All four are accepted by a majority and chosen: "
            + "filled cells.");
        cluster.Heartbeat(2);
        cluster.Run(70);
        cluster[1].Start();
        cluster.Run(20);
        cluster.Heartbeat(2);
        cluster.RunUntil(() => cluster[1].Status.CommitIndex.Value == 6);
        cluster.Run(30);
        cluster.Tell(
            "n1 comes back, and gives way",
            "n1 still has x=2 in place 3, accepted under b1.1 by itself alone. It hears of b2.2, and accepts what n2 "
            + "proposes: place 3 becomes empty. x=2 is gone – its client was never told that it was done. x=3 and x=4 "
            + "stayed in their places, though nobody had known that they were chosen. Since n1 forgot in the crash "
            + "what is chosen, n2 sends all of it: places 1 and 2 have a stripe now, too. Three equal logs, no holes.");
        return cluster;
    }

    private static void Begin(StoryCluster cluster)
    {
        cluster.Start();
        cluster.Run(20);
        cluster.Elect(1);
        cluster.RunUntil(() => cluster[1].Status.CommitIndex.Value == 1);
        cluster[1].Propose("x=1");
        cluster.RunUntil(() => cluster[1].Applied == 2);
        cluster.Run(24);
        cluster.Tell(
            "n1 leads with ballot b1.1",
            "Phase 1, once for all places: n1 asks for promises for its ballot, round 1 of node 1. The rings are the "
            + "promises. Then phase 2, for each value: n1 proposes, the others accept, and what a majority has "
            + "accepted is chosen: first an empty entry, then a client's x=1. Filled cells are places that this "
            + "replica knows to be chosen.");
    }

    /// <summary>Place 3 reaches nobody, 4 only n2, 5 only n3; the answers find the leader dead.</summary>
    private static void LeaveHoles(StoryCluster cluster)
    {
        cluster.Lose(static message => message is { Kind: MessageKind.Accept, Entries.First.Value: 3 });
        cluster.Lose(static message => message is { Kind: MessageKind.Accept, Entries.First.Value: 4, To.Value: 3 });
        cluster.Lose(static message => message is { Kind: MessageKind.Accept, Entries.First.Value: 5, To.Value: 2 });
        foreach (string write in new[] { "x=2", "x=3", "x=4" })
        {
            cluster[1].Propose(write);
            cluster.Run(4);
        }

        cluster.RunUntil(() => cluster[2].Status.LastIndex.Value == 4 && cluster[3].Status.LastIndex.Value == 5);
        cluster.Run(5);
        cluster[1].Crash();
        cluster.Run(40);
        cluster.Tell(
            "Three writes, some lost, and n1 crashes",
            "n1 proposes x=2, x=3 and x=4 in places 3, 4 and 5, without waiting for one before the next. Place 3 "
            + "reaches nobody, 4 only n2, 5 only n3: dotted cells are holes. With n1's own copies, places 4 and 5 are "
            + "accepted by two of three replicas. They are chosen! But nobody knows it: n1 is dead, and the answers, "
            + "which only say what is missing, find nobody.");
    }
}
