using Concord.Simulation;

namespace Concord.Cli.Recording;

/// <summary>The disk of a node is full: each node has a small one of its own, in memory, and something else uses up
/// what is left of it.</summary>
internal sealed class DiskFault : Fault, IDisposable
{
    private const string Size = "96m";
    private const int BallastPiece = 1 << 20;

    private readonly List<string> _mounts = [];
    private RecordedNode? _full;

    public override string Kind => "diskfull";

    /// <summary>What is missing for it here, as a sentence; null if nothing is.</summary>
    public static string? Missing() => OperatingSystem.IsLinux() && Environment.IsPrivilegedProcess
        ? null
        : "Small disks are mounted in memory, which takes Linux and root.";

    public override TimeSpan Duration(SimRandom random) => TimeSpan.FromMilliseconds(random.Next(1_000, 5_000));

    /// <summary>Puts a small disk at a path.</summary>
    public void Mount(string path)
    {
        Directory.CreateDirectory(path);
        SystemProgram.Run("mount", "-t", "tmpfs", "-o", $"size={Size}", "none", path);
        _mounts.Add(path);
    }

    public override Task<string> StrikeAsync(RecordedCluster cluster, SimRandom random)
    {
        _full = cluster.Nodes[random.Next(cluster.Nodes.Count)];
        RecordedNode full = _full;
        cluster.IsPartOfFault = (node, words) =>
            node == full && words.Contains("full", StringComparison.OrdinalIgnoreCase);
        try
        {
            using FileStream ballast = File.Create(BallastOf(full));
            byte[] piece = new byte[BallastPiece];
            while (true)
            {
                ballast.Write(piece);
                ballast.Flush();
            }
        }
        catch (IOException)
        {
            // That is what we want: nothing more fits.
        }

        return Task.FromResult($"the disk of node {full.Number} is full");
    }

    public override async Task HealAsync(RecordedCluster cluster)
    {
        if (_full is not { } full)
        {
            return;
        }

        File.Delete(BallastOf(full));
        if (!full.IsUp)
        {
            await full.Start();
        }

        // A write that failed just now may still be about to end the node.
        await full.WhileUpAsync(TimeSpan.FromMilliseconds(300));
        if (!full.IsUp)
        {
            await full.Start();
        }

        cluster.IsPartOfFault = static (_, _) => false;
    }

    public void Dispose()
    {
        foreach (string path in _mounts)
        {
            SystemProgram.TryRun("umount", "-l", path);
        }

        _mounts.Clear();
    }

    private string BallastOf(RecordedNode node) => Path.Combine(_mounts[node.Number - 1], "ballast");
}
