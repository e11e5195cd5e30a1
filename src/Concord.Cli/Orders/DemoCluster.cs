using Concord.Cli.Processes;

namespace Concord.Cli.Orders;

/// <summary>The nodes of the demo over its data folder: new ones on free ports, or those of an earlier run where they
/// were.</summary>
/// <param name="folder">Their data.</param>
/// <param name="options">How many.</param>
/// <param name="say">Told what the user should know.</param>
/// <param name="time">The clock of the waits.</param>
internal sealed class DemoCluster(DataFolder folder, DemoOptions options, Action<string> say, TimeProvider time)
{
    /// <summary>Nodes of a demo that was killed a moment ago may still be about to end.</summary>
    private static readonly TimeSpan s_portLimit = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(200);

    public Task<NodeProcesses> StartAsync(CancellationToken cancellationToken) => folder.Manifest is { } manifest
        ? StartAgainAsync(manifest, cancellationToken)
        : StartNewAsync(cancellationToken);

    private async Task<NodeProcesses> StartNewAsync(CancellationToken cancellationToken)
    {
        return await LocalCluster.StartNewAsync(
            options.Nodes,
            addresses =>
            {
                // Before the nodes write anything: a demo that is killed here must be able to go on.
                folder.Write(DataFolder.NewManifest(options, addresses));
                return Processes(addresses);
            },
            () => folder.DeleteNodes(options.Nodes),
            cancellationToken);
    }

    private async Task<NodeProcesses> StartAgainAsync(DataFolderManifest manifest, CancellationToken cancellationToken)
    {
        long start = time.GetTimestamp();
        while (manifest.Addresses.FirstOrDefault(address => !LoopbackPorts.IsFree(address)) is string taken)
        {
            if (time.GetElapsedTime(start) > s_portLimit)
            {
                throw new CliException(
                    $"The address {taken}, which the cluster in {folder.Path} lives at, is in use; "
                    + "end the program that uses it or name another --data folder.");
            }

            await Task.Delay(s_pause, time, cancellationToken);
        }

        NodeProcesses nodes = Processes(manifest.Addresses);
        try
        {
            await nodes.StartAsync(cancellationToken);
            return nodes;
        }
        catch
        {
            await nodes.DisposeAsync();
            throw;
        }
    }

    private NodeProcesses Processes(IReadOnlyList<string> addresses) =>
        new(addresses, options.Shards, folder.NodeDirectory, say, time, protocol: options.Protocol);
}
