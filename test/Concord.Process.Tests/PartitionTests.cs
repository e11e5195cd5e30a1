using System.Net;
using System.Net.Sockets;
using Concord.Cli.Recording;

namespace Concord.Process.Tests;

/// <summary>Networks that drop packets, without a word to anybody.</summary>
public sealed class PartitionTests
{
    [Theory]
    [InlineData("raft")]
    [InlineData("paxos")]
    public async Task Cut_in_half_the_larger_half_goes_on_and_the_smaller_says_nothing_stale(string protocol)
    {
        await using LiveCluster cluster = await LiveCluster.StartAsync(["partition"], protocol: protocol);
        NamespaceNetwork network = cluster.Nodes.Network!;
        for (int alone = 1; alone <= 3; alone++)
        {
            foreach (int other in OthersThan(alone))
            {
                network.Cut(alone, other);
                network.Cut(other, alone);
            }

            await cluster.ProgressAsync($"while node {alone} is alone");
            network.Heal();
            await cluster.ProgressAsync($"after node {alone} is back", 10);
        }

        await cluster.FinishAsync();
    }

    [Theory]
    [InlineData("raft")]
    [InlineData("paxos")]
    public async Task Cut_one_way_the_cluster_goes_on(string protocol)
    {
        await using LiveCluster cluster = await LiveCluster.StartAsync(["partition"], protocol: protocol);
        NamespaceNetwork network = cluster.Nodes.Network!;
        foreach (int other in OthersThan(1))
        {
            network.Cut(1, other);
        }

        await cluster.ProgressAsync("while node 1 is not heard");
        network.Heal();
        foreach (int other in OthersThan(2))
        {
            network.Cut(other, 2);
        }

        await cluster.ProgressAsync("while node 2 does not hear");
        network.Heal();
        await cluster.FinishAsync();
    }

    [Fact]
    public async Task A_majority_that_is_cut_apart_answers_nothing_and_is_back_soon_after_the_cut()
    {
        await using LiveCluster cluster = await LiveCluster.StartAsync(["partition"], Workload.Counter);
        NamespaceNetwork network = cluster.Nodes.Network!;
        for (int node = 1; node <= 3; node++)
        {
            foreach (int other in OthersThan(node))
            {
                network.Cut(node, other);
            }
        }

        // Longer than the deadlines of the connections, so that all are made anew.
        long cut = cluster.NowNs;
        await LiveCluster.UntilAsync("four seconds of cut", () => cluster.NowNs - cut > 4_000_000_000);
        long healed = cluster.NowNs;
        network.Heal();
        await cluster.ProgressAsync("after the cut");
        IReadOnlyList<HistoryEntry> history = await cluster.FinishAsync();
        Assert.DoesNotContain(history, each =>
            each.Outcome == EntryOutcome.Ok && each.InvokedNs > cut && each.CompletedNs < healed);
    }

    [Fact]
    public async Task A_node_that_its_clients_cannot_reach_costs_them_no_more_than_a_while()
    {
        await using LiveCluster cluster = await LiveCluster.StartAsync(["partition"]);
        NamespaceNetwork network = cluster.Nodes.Network!;
        for (int node = 1; node <= 3; node++)
        {
            foreach (int other in OthersThan(node).Append(NamespaceNetwork.Clients))
            {
                network.Cut(node, other);
                network.Cut(other, node);
            }

            await cluster.ProgressAsync($"while node {node} is apart from everybody");
            network.Heal();
        }

        await cluster.FinishAsync();
    }

    [Fact]
    public async Task Who_connects_and_says_nothing_is_cut_off()
    {
        await using LiveCluster cluster = await LiveCluster.StartAsync(["kill"]);
        using TcpClient silent = new();
        await silent.ConnectAsync(IPEndPoint.Parse(cluster.Nodes.Addresses[0]));
        int count = await silent.GetStream().ReadAsync(new byte[1]).AsTask().WaitAsync(LiveCluster.Limit);
        Assert.Equal(0, count);
        await cluster.FinishAsync();
    }

    private static IEnumerable<int> OthersThan(int node) => Enumerable.Range(1, 3).Where(other => other != node);
}
