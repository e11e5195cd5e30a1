using Concord.Cluster.Node;
using Concord.Cluster.Runtime;
using Concord.Cluster.Storage;
using Concord.Cluster.Tests.Node;
using Concord.Simulation.Disk;
using Microsoft.Extensions.Logging.Abstractions;

namespace Concord.Cluster.Tests.Runtime;

public abstract class FailingDiskTests(string protocol)
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task A_full_disk_stops_the_node_with_a_sentence()
    {
        string? sentence = await RunAsync(files => files.BytesLimit = 0);

        Assert.StartsWith("The disk of /node is full", sentence, StringComparison.Ordinal);
        Assert.Contains("Make room", sentence, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_sync_that_fails_stops_the_node_with_a_sentence()
    {
        string? sentence = await RunAsync(files => files.FailNextSync = true);

        Assert.StartsWith("The disk of /node failed", sentence, StringComparison.Ordinal);
        Assert.Contains("Check the disk", sentence, StringComparison.Ordinal);
    }

    private async Task<string?> RunAsync(Action<SimFileSystem> harm)
    {
        var files = new SimFileSystem(1);
        ClusterLayout layout = ClusterLayout.Create(["single:0"], 1, ReplicaProtocol.Find(protocol));
        NodeFolder folder = NodeFolder.Open(files, "/node");
        (RecoveredState state, ulong incarnation) = NodeStart.Open(
            files, folder, TestNode.LogOptions, layout, new(1), 1);
        var core = new NodeCore(
            new() { Self = new(1), Incarnation = incarnation, Seed = 1 },
            layout,
            state,
            TestNode.LogOptions,
            new ShellEvents(NullLogger.Instance));
        var disk = new NodeDisk(
            files, new(files, folder.LogDirectory, TestNode.LogOptions, state.Log.Position), folder.SnapshotDirectory);
        using var shell = new NodeShell(core, folder, disk, listen: null, TimeProvider.System, NullLogger.Instance);
        harm(files);

        shell.Start();

        string? sentence = await shell.Stopped.WaitAsync(s_patience);
        Assert.DoesNotContain('\n', sentence ?? "");

        // The folder is free for the next start.
        NodeFolder.Open(files, "/node").Dispose();
        return sentence;
    }
}

public sealed class FailingDiskTestsOnRaft() : FailingDiskTests("raft");

public sealed class FailingDiskTestsOnPaxos() : FailingDiskTests("paxos");
