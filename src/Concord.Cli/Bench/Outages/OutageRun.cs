using Concord.Cli.Connections;
using Concord.Cli.Processes;

namespace Concord.Cli.Bench.Outages;

/// <summary>Takes the leaders away from groups under load, again and again, and measures for how long nobody's write is
/// acknowledged.</summary>
/// <param name="access">The way to the cluster.</param>
/// <param name="terminal">Where people read.</param>
/// <param name="time">The clock.</param>
internal sealed class OutageRun(IClusterAccess access, Terminal terminal, TimeProvider time)
{
    private const int AcksAfterwards = 20;

    private static readonly TimeSpan s_warmUp = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan s_calm = TimeSpan.FromMilliseconds(300);

    public async Task<int> RunAsync(OutageOptions options, CancellationToken cancellationToken)
    {
        OutputFile.Probe(options.JsonPath);
        string? before = MachineLoad.Now;
        DirectoryInfo folder = Directory.CreateTempSubdirectory("concord-bench-");
        try
        {
            terminal.Say($"Starting {options.Nodes} nodes in {folder.FullName}.");
            BenchCluster cluster = new(options.Nodes, folder.FullName)
            {
                Protocol = options.Protocol,
                ElectionTimeout = TimeSpan.FromMilliseconds(options.ElectionTimeoutMs),
            };
            await using NodeProcesses nodes =
                await BenchNodes.StartAsync(cluster, terminal, time, cancellationToken);
            OutageReport report = await nodes.RunAsync(
                token => MeasureAsync(options, nodes, token), cancellationToken);
            report = report with { Load = MachineLoad.Text(before, MachineLoad.Now) };
            terminal.Out.Write(report.ToTable());
            OutputFile.Write(options.JsonPath, report.ToJson);
            return report.Samples.Count > 0 ? ExitCode.Success : ExitCode.Failed;
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private async Task<OutageReport> MeasureAsync(
        OutageOptions options, NodeProcesses nodes, CancellationToken cancellationToken)
    {
        Leadership leadership = new(access.Admin, nodes.Addresses, time);
        await leadership.UntilAsync(
            async token => (await leadership.LeadersAsync(token)).All(static leader => leader != 0),
            "Not every group had a leader",
            cancellationToken);
        await using GroupLoad load = await GroupLoad.StartAsync(
            access, nodes.Addresses, options.Callers, time, cancellationToken);
        await PassAsync(load, s_warmUp, cancellationToken);
        List<OutageSample> samples = [];
        string what = options.Kind == OutageKind.Transfer ? "rounds of hand-overs" : "kills";
        return await ProgressView.ShowAsync(terminal, options.Rounds, what, async progress =>
        {
            for (int round = 1; round <= options.Rounds; round++)
            {
                samples.AddRange(options.Kind == OutageKind.Transfer
                    ? await HandOverAllAsync(round, leadership, load, cancellationToken)
                    : await KillAsync(round, nodes, leadership, load, cancellationToken));
                progress.Advance(round);
            }

            return new OutageReport(options, samples) { Writes = load.Writes, Errors = load.Errors };
        });
    }

    /// <summary>One group after the other: what is measured is one hand-over, not three at once.</summary>
    private async Task<List<OutageSample>> HandOverAllAsync(
        int round, Leadership leadership, GroupLoad load, CancellationToken cancellationToken)
    {
        List<OutageSample> samples = [];
        for (int group = 0; group < load.Acks.Count; group++)
        {
            GroupAcks acks = load.Acks[group];
            TimeSpan calm = (await CalmAsync(load, cancellationToken))[group];
            int from = (await leadership.LeadersAsync(cancellationToken))[group];
            acks.Forget();
            long asked = time.GetTimestamp();
            await leadership.AskAsync(group, 0, cancellationToken);
            int to = from;
            await leadership.UntilAsync(
                async token => (to = (await leadership.LeadersAsync(token))[group]) != 0 && to != from,
                $"Group {group} was not handed over by node {from}",
                cancellationToken);
            await BusyAgainAsync(leadership, load, [acks], time.GetTimestamp(), cancellationToken);
            await PassAsync(load, s_calm, cancellationToken);
            (long last, long next) = acks.LongestSilence(asked);
            samples.Add(SampleOf(round, group, from, to, acks, calm, time.GetElapsedTime(last, next)));
        }

        return samples;
    }

    /// <summary>One node leads everything, and is killed: a sample of each group.</summary>
    private async Task<List<OutageSample>> KillAsync(
        int round, NodeProcesses nodes, Leadership leadership, GroupLoad load, CancellationToken cancellationToken)
    {
        int place = round % nodes.Addresses.Count;
        int victim = await leadership.NumberOfAsync(place, cancellationToken);
        await leadership.GatherAsync(victim, cancellationToken);
        await PassAsync(load, s_calm, cancellationToken);
        TimeSpan[] calm = await CalmAsync(load, cancellationToken);
        long killed = time.GetTimestamp();
        nodes.Kill(place);
        bool[] alike = await leadership.LogsEndAlikeAsync(cancellationToken);
        int[] leaders = [];
        await leadership.UntilAsync(
            async token =>
            {
                leaders = await leadership.LeadersAsync(token);
                return leaders.All(leader => leader != 0 && leader != victim);
            },
            "The groups were not led again",
            cancellationToken);
        await BusyAgainAsync(leadership, load, load.Acks, time.GetTimestamp(), cancellationToken);
        List<OutageSample> samples =
        [
            .. load.Acks.Select((acks, group) => SampleOf(
                round, group, victim, leaders[group], acks, calm[group],
                time.GetElapsedTime(killed, Math.Max(killed, acks.LongestSilence(killed).To))) with
                {
                    LogsEndAlike = alike[group],
                }),
        ];
        nodes.Restart(place);
        await leadership.AllCaughtUpAsync(cancellationToken);
        return samples;
    }

    private static OutageSample SampleOf(
        int round, int group, int from, int to, GroupAcks acks, TimeSpan calm, TimeSpan silence) => new()
        {
            CalmMs = calm.TotalMilliseconds,
            Round = round,
            Group = group,
            From = from,
            To = to,
            SilenceMs = silence.TotalMilliseconds,
            SlowestCallMs = acks.SlowestCall.TotalMilliseconds,
        };

    private static Task BusyAgainAsync(
        Leadership leadership,
        GroupLoad load,
        IReadOnlyList<GroupAcks> groups,
        long since,
        CancellationToken cancellationToken) => leadership.UntilAsync(
            async _ =>
            {
                if (load.Calling.IsFaulted)
                {
                    await load.Calling;
                }

                return groups.All(acks => acks.CountSince(since) >= AcksAfterwards);
            },
            "Writes were not acknowledged again",
            cancellationToken);

    /// <summary>The longest silences while nothing is done to the groups.</summary>
    private async Task<TimeSpan[]> CalmAsync(GroupLoad load, CancellationToken cancellationToken)
    {
        load.Acks.ToList().ForEach(static acks => acks.Forget());
        long began = time.GetTimestamp();
        await PassAsync(load, s_calm, cancellationToken);
        return
        [
            .. load.Acks.Select(acks => acks.LongestSilence(began)).Select(
                silence => time.GetElapsedTime(silence.From, silence.To)),
        ];
    }

    /// <summary>Lets time pass; a caller that failed for good ends it at once.</summary>
    private async Task PassAsync(GroupLoad load, TimeSpan duration, CancellationToken cancellationToken)
    {
        if (await Task.WhenAny(load.Calling, Task.Delay(duration, time, cancellationToken)) == load.Calling)
        {
            await load.Calling;
        }

        cancellationToken.ThrowIfCancellationRequested();
    }
}
