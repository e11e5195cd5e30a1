using Concord.Cli.Recording;

namespace Concord.Process.Tests;

/// <summary>kill -9, and SIGSTOP.</summary>
public sealed class KillTests
{
    // A hundred kills with Raft, half of them with each workload; fewer with the other protocol, for the time it takes.
    [Theory]
    [InlineData("register", "raft", 50)]
    [InlineData("counter", "raft", 50)]
    [InlineData("register", "paxos", 25)]
    [InlineData("counter", "paxos", 25)]
    public async Task Kills_lose_no_acknowledged_write(string what, string protocol, int killsMin)
    {
        await using LiveCluster cluster = await LiveCluster.StartAsync(
            ["kill"], Enum.Parse<Workload>(what, ignoreCase: true), protocol: protocol);
        IReadOnlyList<RecordedNode> nodes = cluster.Nodes.Nodes;
        int kills = 0;
        for (int round = 0; kills < killsMin; round++)
        {
            if (round % 4 == 3)
            {
                await Task.WhenAll(nodes.Select(static node => node.KillAsync()));
                await Task.WhenAll(nodes.Select(static node => node.Start()));
                await cluster.ProgressAsync($"after all were killed in round {round}", 3);
                kills += nodes.Count;
            }
            else
            {
                RecordedNode killed = nodes[round % nodes.Count];
                await killed.KillAsync();
                await killed.Start();
                kills++;
            }
        }

        IReadOnlyList<HistoryEntry> history = await cluster.FinishAsync();
        Assert.Contains(history, static each => each.Outcome == EntryOutcome.Ok);
    }

    [Theory]
    [InlineData("raft")]
    [InlineData("paxos")]
    public async Task A_paused_node_answers_nothing_stale_when_it_goes_on(string protocol)
    {
        await using LiveCluster cluster = await LiveCluster.StartAsync(["pause"], protocol: protocol);
        foreach (RecordedNode node in cluster.Nodes.Nodes)
        {
            // One of them leads. The others go on without it; it comes back and does not know what it missed.
            node.Pause();
            await cluster.ProgressAsync($"while node {node.Number} is paused");
            node.Resume();
            await cluster.ProgressAsync($"after node {node.Number} goes on", 10);
        }

        foreach (RecordedNode node in cluster.Nodes.Nodes)
        {
            node.Pause();
        }

        foreach (RecordedNode node in cluster.Nodes.Nodes)
        {
            node.Resume();
        }

        await cluster.ProgressAsync("after all were paused", 10);
        await cluster.FinishAsync();
    }
}
