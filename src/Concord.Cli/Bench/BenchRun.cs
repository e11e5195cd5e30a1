using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Concord.Cli.Processes;

namespace Concord.Cli.Bench;

/// <summary>Brings up nodes on this machine, lets another process load them, and reports.</summary>
/// <param name="terminal">Where people read.</param>
/// <param name="time">The clock.</param>
internal sealed class BenchRun(Terminal terminal, TimeProvider time)
{
    private const int Shards = 3;

    public async Task<int> RunAsync(BenchOptions options, CancellationToken cancellationToken)
    {
        OutputFile.Probe(options.JsonPath);
        DirectoryInfo folder = Directory.CreateTempSubdirectory("concord-bench-");
        try
        {
            LoadResult load = await MeasureAsync(options, folder.FullName, cancellationToken);
            BenchReport report = new(options, load);
            terminal.Out.Write(report.ToTable());
            OutputFile.Write(options.JsonPath, report.ToJson);
            return load.Operations > 0 ? ExitCode.Success : ExitCode.Failed;
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private async Task<LoadResult> MeasureAsync(
        BenchOptions options, string folder, CancellationToken cancellationToken)
    {
        string DirectoryOf(int node) => Path.Combine(folder, $"node-{node}");
        terminal.Say($"Starting {options.Nodes} nodes in {folder}.");
        await using NodeProcesses nodes = await LocalCluster.StartNewAsync(
            options.Nodes,
            addresses => new NodeProcesses(addresses, Shards, DirectoryOf, terminal.Say, time),
            () =>
                Directory.EnumerateDirectories(folder).ToList().ForEach(
                    each => Directory.Delete(each, recursive: true)),
            cancellationToken);
        terminal.Say($"Measuring for {options.Seconds} s after a warm-up.");
        return await nodes.RunAsync(token => LoadAsync(options, nodes.Addresses, token), cancellationToken);
    }

    private static async Task<LoadResult> LoadAsync(
        BenchOptions options, IReadOnlyList<string> addresses, CancellationToken cancellationToken)
    {
        using Process load = Process.Start(ThisExecutable.Start(Arguments(options, addresses)))!;
        try
        {
            Task<string> errors = load.StandardError.ReadToEndAsync(cancellationToken);
            string output = await load.StandardOutput.ReadToEndAsync(cancellationToken);
            await load.WaitForExitAsync(cancellationToken);
            return load.ExitCode == ExitCode.Success
                ? JsonSerializer.Deserialize(output, BenchJson.Default.LoadResult)!
                : throw new CliException($"The load generator ended: {(await errors).Trim()}");
        }
        catch
        {
            load.Kill();
            throw;
        }
    }

    private static IEnumerable<string> Arguments(BenchOptions options, IReadOnlyList<string> addresses) =>
    [
        "bench-load", options.Operation == BenchOperation.Put ? "put" : "get",
        "--servers", string.Join(',', addresses),
        "--callers", Text(options.Callers),
        "--connections", Text(options.Connections),
        "--value-bytes", Text(options.ValueBytes),
        "--seconds", Text(options.Seconds),
    ];

    private static string Text(int value) => value.ToString(CultureInfo.InvariantCulture);
}
