using Concord.Cli.Recording;
using Concord.Simulation;

namespace Concord.Process.Tests;

/// <summary>A disk with no room left.</summary>
public sealed class DiskTests
{
    private const int ValueBytes = 100_000;
    private const int Writes = 40;

    [Theory]
    [InlineData("raft")]
    [InlineData("paxos")]
    public async Task A_full_disk_costs_no_acknowledged_write_and_no_other_node(string protocol)
    {
        await using LiveCluster cluster = await LiveCluster.StartAsync(["diskfull"], protocol: protocol);
        Fault disk = Assert.Single(cluster.Faults);
        SimRandom random = new(3);
        byte[] large = new byte[ValueBytes];
        for (int round = 1; round <= 2; round++)
        {
            await disk.StrikeAsync(cluster.Nodes, random);
            int acknowledged = 0;
            for (int i = 0; i < Writes; i++)
            {
                // What a log has made room for beforehand is soon used up by these.
                random.Fill(large);
                acknowledged += await IsSetAsync(cluster.Concord, $"large-{i % 20}", large) ? 1 : 0;
            }

            Assert.True(acknowledged > 0, "the other two nodes should have taken writes");
            await cluster.ProgressAsync($"while a disk is full, round {round}");
            await disk.HealAsync(cluster.Nodes);
            await cluster.ProgressAsync($"after there is room again, round {round}");
            await cluster.Concord.GetValue<byte[]>("large-last").SetAsync(large);
        }

        // All at once: what is there now is what the disks hold.
        await Task.WhenAll(cluster.Nodes.Nodes.Select(static node => node.KillAsync()));
        await Task.WhenAll(cluster.Nodes.Nodes.Select(static node => node.Start()));
        Assert.Equal(large, (await cluster.Concord.GetValue<byte[]>("large-last").GetAsync()).Value);
        await cluster.FinishAsync();
    }

    private static async Task<bool> IsSetAsync(IConcord concord, string name, byte[] value)
    {
        try
        {
            await concord.GetValue<byte[]>(name).SetAsync(value);
            return true;
        }
        catch (ConcordException error) when (error.IsTransient)
        {
            return false;
        }
    }
}
