using System.Text.Json;
using Concord.Cli.Processes;

namespace Concord.Cli.Bench.Pauses;

/// <summary>Loads nodes at a given rate, and measures for how long each of them stands still.</summary>
/// <param name="terminal">Where people read.</param>
/// <param name="time">The clock.</param>
internal sealed class PauseRun(Terminal terminal, TimeProvider time)
{
    public async Task<int> RunAsync(PauseOptions options, CancellationToken cancellationToken)
    {
        OutputFile.Probe(options.JsonPath);
        string? before = MachineLoad.Now;
        DirectoryInfo folder = Directory.CreateTempSubdirectory("concord-bench-");
        try
        {
            string TraceOf(int node) => Path.Combine(folder.FullName, $"runtime-{node}.nettrace");
            terminal.Say($"Starting {options.Nodes} nodes in {folder.FullName}.");
            BenchCluster cluster = new(options.Nodes, folder.FullName)
            {
                Protocol = options.Protocol,
                LaunchOf = node => RuntimeTrace.LaunchWith(TraceOf(node)),
            };
            Measured measured;
            await using (NodeProcesses nodes =
                await BenchNodes.StartAsync(cluster, terminal, time, cancellationToken))
            {
                measured = await nodes.RunAsync(token => MeasureAsync(options, nodes, token), cancellationToken);
            }

            // The runtime closes its trace when the process ends.
            PauseReport report = new(options, measured.Load)
            {
                Nodes = [.. measured.Probes.Select((probe, i) => FiguresOf(probe, TraceOf(i + 1), measured))],
                LatenessMs = new(measured.Probes.SelectMany(static probe => probe.LatenessMs)),
                MachineLoad = MachineLoad.Text(before, MachineLoad.Now),
            };
            terminal.Out.Write(report.ToTable());
            OutputFile.Write(options.JsonPath, report.ToJson);
            return measured.Load.Writes > 0 ? ExitCode.Success : ExitCode.Failed;
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private async Task<Measured> MeasureAsync(
        PauseOptions options, NodeProcesses nodes, CancellationToken cancellationToken)
    {
        await using LoadProcess load = LoadProcess.Start(options, nodes.Addresses);
        terminal.Say($"Writing {options.Keys:N0} records once.");
        await load.AskAsync(PacedLoad.Fill, cancellationToken);
        terminal.Say($"Writing {options.Rate:N0}/s for {options.Seconds} s after a warm-up.");
        Task<string> paced = load.AskAsync(LoadProcess.Window, cancellationToken);
        await Task.WhenAny(paced, Task.Delay(PacedLoad.WarmUp, time, cancellationToken));

        // Only now: a node cuts off who connects and says nothing for long.
        NodeProbe[] probes = [.. nodes.Addresses.Select(address => new NodeProbe(address, time))];
        try
        {
            long began = time.GetTimestamp();
            TimeSpan duration = TimeSpan.FromSeconds(options.Seconds);
            Task probing = Task.WhenAll(probes.Select(probe => probe.RunAsync(duration, cancellationToken)));
            if (await Task.WhenAny(paced, probing) == paced)
            {
                // It ends a little later than the probes do; if it failed, that is the error.
                await paced;
            }

            await probing;
            long ended = time.GetTimestamp();
            PacedResult result = JsonSerializer.Deserialize(await paced, PauseJson.Default.PacedResult)!;
            return new(result, probes, began, ended);
        }
        finally
        {
            Array.ForEach(probes, static probe => probe.Dispose());
        }
    }

    private NodePauses FiguresOf(NodeProbe probe, string trace, Measured measured)
    {
        HeldThreads[] held =
        [
            .. RuntimeTrace.Read(trace).Where(each => each.To >= measured.Began && each.From <= measured.Ended),
        ];
        ProbeSample[] slow = [.. probe.Samples.Where(static sample => sample.Milliseconds > PauseReport.GoalMs)];
        int explained = slow.Count(sample => HeldWithin(sample, held) >= sample.Milliseconds / 2);
        return new(
            new(probe.Samples.Select(static sample => sample.Milliseconds)),
            new(held.Select(each => time.GetElapsedTime(each.From, each.To).TotalMilliseconds)),
            slow.Length,
            explained);
    }

    private double HeldWithin(ProbeSample sample, HeldThreads[] held)
    {
        long ended = sample.Asked + (long)(sample.Milliseconds * time.TimestampFrequency / 1_000);
        return held.Where(each => each.To > sample.Asked && each.From < ended).Sum(each =>
            time.GetElapsedTime(Math.Max(each.From, sample.Asked), Math.Min(each.To, ended)).TotalMilliseconds);
    }

    private sealed record Measured(PacedResult Load, NodeProbe[] Probes, long Began, long Ended);
}
