using Concord.Cli.Processes;

namespace Concord.Cli.Bench;

/// <summary>
/// Brings up both clusters side by side and loads them by turns, A B A B: whatever else the machine does meets both.
/// The one that is not loaded is idle meanwhile.
/// </summary>
/// <param name="terminal">Where people read.</param>
/// <param name="time">The clock.</param>
internal sealed class ComparisonRun(Terminal terminal, TimeProvider time)
{
    public async Task<int> RunAsync(
        BenchOptions options, BenchPeer peer, string folder, CancellationToken cancellationToken)
    {
        string name = BenchNames.NameOf(peer);
        terminal.Say($"Starting {options.Nodes} nodes of Concord, and {name}, in {folder}.");
        await using IPeerServers servers =
            await PeerServers.StartAsync(peer, options.Nodes, folder, time, cancellationToken);
        await using NodeProcesses nodes =
            await BenchRun.StartNodesAsync(options, folder, terminal, time, cancellationToken);
        await using LoadProcess ours = LoadProcess.Start(options, peer: null, nodes.Addresses, []);
        await using LoadProcess theirs = LoadProcess.Start(options, peer, servers.Addresses, servers.ProcessIds);
        terminal.Say($"Measuring {options.Pairs} pairs of {options.Seconds} s each, by turns.");
        Comparison comparison = await nodes.RunAsync(
            token => MeasureAsync(options, name, ours, theirs, token), cancellationToken);
        ComparisonReport report = new(options, servers.Name, comparison);
        terminal.Out.Write(report.ToTable());
        OutputFile.Write(options.JsonPath, report.ToJson);
        return ExitCode.Success;
    }

    private async Task<Comparison> MeasureAsync(
        BenchOptions options, string peer, LoadProcess ours, LoadProcess theirs, CancellationToken cancellationToken)
    {
        // One pair that does not count: caches, compiled code and segments are there afterwards, on both sides.
        await ours.MeasureAsync(cancellationToken);
        await theirs.MeasureAsync(cancellationToken);
        List<(SideFigures, SideFigures)> pairs = [];
        for (int i = 0; i < options.Pairs; i++)
        {
            SideFigures concord = await WindowAsync(ours, "Concord", cancellationToken);
            SideFigures other = await WindowAsync(theirs, peer, cancellationToken);
            pairs.Add((concord, other));
            terminal.Say($"Pair {i + 1}: {concord.RatePerSecond:N0} /s and {other.RatePerSecond:N0} /s, "
                + $"ratio {concord.RatePerSecond / other.RatePerSecond:N2}.");
        }

        return new(pairs);
    }

    private static async Task<SideFigures> WindowAsync(
        LoadProcess load, string name, CancellationToken cancellationToken)
    {
        LoadResult result = await load.MeasureAsync(cancellationToken);
        return result.Operations > 0
            ? SideFigures.Of(result)
            : throw new CliException(
                $"{name} answered nothing in one of the windows; take more --seconds, or a machine that is less busy.",
                ExitCode.Failed);
    }
}
