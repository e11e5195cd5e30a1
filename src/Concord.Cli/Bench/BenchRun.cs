using Concord.Cli.Processes;

namespace Concord.Cli.Bench;

/// <summary>Brings up nodes on this machine, lets another process load them, and reports.</summary>
/// <param name="terminal">Where people read.</param>
/// <param name="time">The clock.</param>
internal sealed class BenchRun(Terminal terminal, TimeProvider time)
{
    public async Task<int> RunAsync(BenchOptions options, CancellationToken cancellationToken)
    {
        OutputFile.Probe(options.JsonPath);
        DirectoryInfo folder = Directory.CreateTempSubdirectory("concord-bench-");
        try
        {
            return options.Against is { } peer
                ? await new ComparisonRun(terminal, time).RunAsync(options, peer, folder.FullName, cancellationToken)
                : await RunAloneAsync(options, folder.FullName, cancellationToken);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    /// <summary>New nodes, each a process with a folder of its own.</summary>
    public static Task<NodeProcesses> StartNodesAsync(
        BenchOptions options,
        string folder,
        Terminal terminal,
        TimeProvider time,
        CancellationToken cancellationToken) => BenchNodes.StartAsync(
            new(options.Nodes, folder) { Protocol = options.Protocol, LeaderLease = options.LeaderLease },
            terminal,
            time,
            cancellationToken);

    private async Task<int> RunAloneAsync(BenchOptions options, string folder, CancellationToken cancellationToken)
    {
        terminal.Say($"Starting {options.Nodes} nodes in {folder}.");
        await using NodeProcesses nodes = await StartNodesAsync(options, folder, terminal, time, cancellationToken);
        terminal.Say($"Measuring for {options.Seconds} s after a warm-up.");
        await using LoadProcess load = LoadProcess.Start(options, peer: null, nodes.Addresses, []);
        LoadResult result = await nodes.RunAsync(load.MeasureAsync, cancellationToken);
        BenchReport report = new(options, result);
        terminal.Out.Write(report.ToTable());
        OutputFile.Write(options.JsonPath, report.ToJson);
        return result.Operations > 0 ? ExitCode.Success : ExitCode.Failed;
    }
}
