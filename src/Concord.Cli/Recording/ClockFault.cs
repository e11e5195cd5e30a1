using System.Globalization;
using Concord.Cli.Processes;
using Concord.Simulation;

namespace Concord.Cli.Recording;

/// <summary>
/// The clock on a node's wall jumps by up to a day, forwards or back. Done with libfaketime, which reads the offset
/// from a file. The monotonic clock is left alone: nobody can set it.
/// </summary>
internal sealed class ClockFault(string folder) : Fault
{
    private const int SecondsMax = 86_400;

    private string? _moved;

    public override string Kind => "clock";

    /// <summary>What is missing for it here, as a sentence; null if nothing is.</summary>
    public static string? Missing() => Library() is null
        ? "Clocks are moved with libfaketime; install it (Debian: libfaketime)."
        : null;

    /// <summary>The surroundings of a node whose clock can be moved.</summary>
    public NodeLaunch Around(NodeLaunch launch, int node)
    {
        File.WriteAllText(FileOf(node), "+0");
        return launch with
        {
            Environment = new Dictionary<string, string>(launch.Environment)
            {
                ["LD_PRELOAD"] = Library()!,
                ["FAKETIME_TIMESTAMP_FILE"] = FileOf(node),
                ["FAKETIME_CACHE_DURATION"] = "1",
                ["DONT_FAKE_MONOTONIC"] = "1",
                ["FAKETIME_DONT_FAKE_MONOTONIC"] = "1",

                // Or waits with a deadline on the monotonic clock return at once, and a node does nothing but wait.
                ["FAKETIME_FORCE_MONOTONIC_FIX"] = "0",
            },
        };
    }

    public override Task<string> StrikeAsync(RecordedCluster cluster, SimRandom random)
    {
        int node = 1 + random.Next(cluster.Nodes.Count);
        int seconds = random.Next(-SecondsMax, SecondsMax);
        _moved = FileOf(node);
        Move(_moved, seconds);
        return Task.FromResult($"the clock of node {node} by {seconds} s");
    }

    public override Task HealAsync(RecordedCluster cluster)
    {
        if (_moved is not null)
        {
            Move(_moved, 0);
        }

        return Task.CompletedTask;
    }

    private static void Move(string file, int seconds)
    {
        // Never half a number for a node that reads just now.
        File.WriteAllText(file + ".new", seconds.ToString("+0;-0;+0", CultureInfo.InvariantCulture));
        File.Move(file + ".new", file, overwrite: true);
    }

    private static string? Library() => Directory.Exists("/usr/lib")
        ? Directory.EnumerateDirectories("/usr/lib", "*-linux-gnu*")
            .Select(static each => Path.Combine(each, "faketime", "libfaketimeMT.so.1")).FirstOrDefault(File.Exists)
        : null;

    private string FileOf(int node) =>
        Path.Combine(folder, string.Create(CultureInfo.InvariantCulture, $"clock-{node}"));
}
