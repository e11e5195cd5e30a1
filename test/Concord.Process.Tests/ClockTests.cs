using System.Diagnostics;
using System.Globalization;
using Concord.Cli.Processes;
using Concord.Cli.Recording;
using Concord.Simulation;

namespace Concord.Process.Tests;

/// <summary>Clocks that are wrong. Nothing that Concord promises depends on one: elections and sessions go by the
/// monotonic clock, of which only differences count.</summary>
public sealed class ClockTests
{
    [Fact]
    public async Task The_clock_on_the_wall_may_jump()
    {
        await using LiveCluster cluster = await LiveCluster.StartAsync(["clock"]);
        Fault clock = Assert.Single(cluster.Faults);
        SimRandom random = new(4);
        for (int jump = 1; jump <= 6; jump++)
        {
            string said = await clock.StrikeAsync(cluster.Nodes, random);
            int node = int.Parse(said.Split("node ")[1].Split(' ')[0], CultureInfo.InvariantCulture);
            int seconds = int.Parse(said.Split("by ")[1].Split(' ')[0], CultureInfo.InvariantCulture);
            Assert.InRange(ClockOf(cluster.Nodes.Nodes[node - 1]) - Now() - seconds, -30, 30);
            await cluster.ProgressAsync($"after jump {jump}");
            if (jump % 2 == 0)
            {
                await clock.HealAsync(cluster.Nodes);
            }
        }

        await cluster.FinishAsync();
    }

    [Fact]
    public async Task The_monotonic_clocks_of_the_nodes_may_be_days_apart()
    {
        Assert.SkipWhen(
            SystemProgram.TryRun("unshare", "--time", "--monotonic", "1", "true").Code != 0,
            "Monotonic clocks are moved with time namespaces, which take root and Linux.");
        await using LiveCluster cluster = await LiveCluster.StartAsync(["kill"], around: static (node, launch) =>
            launch with
            {
                Prefix =
                [
                    "unshare", "--time",
                    "--monotonic", (node * 86_400).ToString(CultureInfo.InvariantCulture),
                    "--boottime", (node * 86_400).ToString(CultureInfo.InvariantCulture),
                    .. launch.Prefix,
                ],
            });
        foreach (RecordedNode node in cluster.Nodes.Nodes)
        {
            await node.KillAsync();
            await cluster.ProgressAsync($"while node {node.Number} is away", 10);
            await node.Start();
        }

        await cluster.FinishAsync();
    }

    private static long Now() => TimeProvider.System.GetUtcNow().ToUnixTimeSeconds();

    /// <summary>Asks a program that runs where the node runs.</summary>
    private static long ClockOf(RecordedNode node)
    {
        ProcessStartInfo start = new("date", "+%s") { RedirectStandardOutput = true };
        foreach ((string name, string value) in node.Launch.Environment)
        {
            start.Environment[name] = value;
        }

        using var date = System.Diagnostics.Process.Start(start)!;
        string text = date.StandardOutput.ReadToEnd();
        date.WaitForExit();
        return long.Parse(text, CultureInfo.InvariantCulture);
    }
}
