using Concord.Cli.Connections;
using Concord.Simulation;
using Concord.Simulation.Checking;

namespace Concord.Cli.Recording;

/// <summary>Records a history: brings up a cluster, lets clients work on it while things go wrong, lets it come to
/// rest, reads every key once more, writes all down and asks the checkers.</summary>
/// <param name="access">The way to the cluster.</param>
/// <param name="terminal">Where people read.</param>
/// <param name="time">The clock.</param>
internal sealed class RecordingRun(IClusterAccess access, Terminal terminal, TimeProvider time)
{
    private const double QuietShare = 0.15;

    private static readonly TimeSpan s_quietMax = TimeSpan.FromSeconds(3);

    /// <summary>Longer than a message whose client does not know what became of it stays with a client.</summary>
    private static readonly TimeSpan s_closingLimit = TimeSpan.FromSeconds(60);

    /// <returns>The exit code.</returns>
    /// <exception cref="CliException">It cannot run.</exception>
    public async Task<int> RunAsync(RecordOptions options, CancellationToken cancellationToken)
    {
        OutputFile.Probe(options.HistoryPath);
        OutputFile.Probe(options.FaultsPath);
        HistoryRecorder recorder = new(time);
        SimRandom random = new(options.Seed);
        string? broken;
        IReadOnlyList<(string Kind, int Count)> tally;
        using (RecordingPlace place = new(options.Faults, options.Nodes))
        await using (RecordedCluster cluster = place.NewCluster(options.Nodes, time, options.Protocol))
        {
            terminal.Say($"Starting {options.Nodes} nodes in {place.Path}; seed {options.Seed}.");
            await cluster.StartAsync(cancellationToken);
            Nemesis nemesis = new(cluster, place.Faults, recorder, random.Fork("nemesis"), time);
            broken = await WorkAsync(options, cluster, nemesis, recorder, random, cancellationToken);
            tally = nemesis.Tally;
            OutputFile.Write(options.FaultsPath, nemesis.ToJsonLines);
        }

        IReadOnlyList<HistoryEntry> history = recorder.Entries;
        WriteHistory(options.HistoryPath, history);
        Say(history, tally, options.HistoryPath);
        if (broken is not null)
        {
            throw new CliException(broken, ExitCode.Failed);
        }

        cancellationToken.ThrowIfCancellationRequested();
        return options.IsChecked ? SayVerdict(terminal, history)
            : history.Any(static entry => entry.Outcome == EntryOutcome.Ok) ? ExitCode.Success
            : ExitCode.Failed;
    }

    /// <summary>Tells what the checkers found.</summary>
    /// <returns>The exit code.</returns>
    public static int SayVerdict(Terminal terminal, IReadOnlyList<HistoryEntry> history)
    {
        CheckOutcome outcome = HistoryCheck.Check(history);
        string property = HistoryCheck.PropertyOf(history);
        terminal.Say(outcome.Verdict switch
        {
            CheckVerdict.Legal => $"{property}: yes.",
            CheckVerdict.Illegal => $"{property}: no. {outcome.Reason}.",
            _ => $"{property}: not known. {outcome.Reason}.",
        });
        return outcome.Verdict == CheckVerdict.Legal ? ExitCode.Success : ExitCode.Failed;
    }

    /// <returns>What was wrong with the cluster itself, or null.</returns>
    private async Task<string?> WorkAsync(
        RecordOptions options,
        RecordedCluster cluster,
        Nemesis nemesis,
        HistoryRecorder recorder,
        SimRandom random,
        CancellationToken cancellationToken)
    {
        List<IClusterConnection> connections = [];
        try
        {
            KeyRotation keys = new(options.Workload.ToString().ToLowerInvariant(), options.Keys);
            List<RecordingClient> clients = [];
            for (int i = 0; i < options.Clients; i++)
            {
                connections.Add(await access.ConnectAsync(cluster.Addresses, "", cancellationToken));
                RecordingTools tools = new(
                    i % options.Keys, connections[i].Concord, keys, recorder, random.Fork((ulong)i), time);
                clients.Add(RecordingClient.Of(options.Workload, tools));
            }

            terminal.Say($"{options.Clients} clients work for {options.Seconds} s.");
            await RunAsync(options, nemesis, clients, cancellationToken);
            bool isClosed = await CloseAllAsync(clients, keys.All, cancellationToken);
            return cluster.LastWords is [string words, ..] ? words
                : isClosed || cancellationToken.IsCancellationRequested ? null
                : $"The cluster was whole again, and did not come to rest in {s_closingLimit.TotalSeconds} s.";
        }
        finally
        {
            foreach (IClusterConnection connection in connections)
            {
                await connection.DisposeAsync();
            }
        }
    }

    private async Task RunAsync(
        RecordOptions options,
        Nemesis nemesis,
        List<RecordingClient> clients,
        CancellationToken cancellationToken)
    {
        // The last part is without faults: what was lost on the way is missed then.
        TimeSpan total = TimeSpan.FromSeconds(options.Seconds);
        TimeSpan quiet = TimeSpan.FromTicks(Math.Min(s_quietMax.Ticks, (long)(total.Ticks * QuietShare)));
        using CancellationTokenSource faultsEnd = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using CancellationTokenSource workEnds = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task work = Task.WhenAll(clients.Select(client => client.RunAsync(workEnds.Token, cancellationToken)));
        Task faults = nemesis.RunAsync(faultsEnd.Token, cancellationToken);
        try
        {
            await PassAsync(Task.WhenAny(work, faults), total - quiet, cancellationToken);
        }
        finally
        {
            await faultsEnd.CancelAsync();
            await faults;
        }

        await PassAsync(work, quiet, cancellationToken);
        await workEnds.CancelAsync();
        await work;
    }

    /// <summary>Lets time pass, unless something ends before its time.</summary>
    private async Task PassAsync(Task running, TimeSpan duration, CancellationToken cancellationToken)
    {
        Task passed = Task.Delay(duration, time, cancellationToken);
        await Task.WhenAny(running, passed);
    }

    /// <summary>What was acknowledged and is gone shows in the last look at a key.</summary>
    private static async Task<bool> CloseAllAsync(
        List<RecordingClient> clients, IReadOnlyList<string> keys, CancellationToken cancellationToken)
    {
        bool[] isClosed = await Task.WhenAll(clients.Select(async (client, i) =>
        {
            bool all = true;
            for (int key = i; key < keys.Count && all; key += clients.Count)
            {
                all = await client.CloseAsync(keys[key], s_closingLimit, cancellationToken);
            }

            return all;
        }));
        return isClosed.All(static each => each);
    }

    private static void WriteHistory(string path, IReadOnlyList<HistoryEntry> history)
    {
        using FileStream file = File.Create(path);
        using BufferedStream buffer = new(file, 1 << 20);
        HistoryLines.Write(buffer, history);
    }

    private void Say(IReadOnlyList<HistoryEntry> history, IReadOnlyList<(string Kind, int Count)> tally, string path)
    {
        int Count(EntryOutcome outcome) => history.Count(entry => entry.Outcome == outcome);
        int keys = history.Select(static entry => entry.Key).Distinct(StringComparer.Ordinal).Count();
        double share = 100.0 * Count(EntryOutcome.Unknown) / Math.Max(1, history.Count);
        string faults = tally.Count == 0 ? "no faults" : string.Join(", ", tally.Select(each =>
            $"{each.Kind} {each.Count} times"));
        terminal.Say(
            $"{history.Count} operations on {keys} keys: {Count(EntryOutcome.Ok)} ok, {Count(EntryOutcome.Fail)} "
            + $"failed, {Count(EntryOutcome.Unknown)} unknown ({share:F2} %); {faults}. They are in {path}.");
    }
}
