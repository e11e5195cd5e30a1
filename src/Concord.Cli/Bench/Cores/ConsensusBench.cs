using Concord.Cluster.Node;

namespace Concord.Cli.Bench.Cores;

/// <summary>Measures agreement without what is around it: the pure core, and the core with real disks. Several
/// protocols take turns: what slows down the machine slows down all of them.</summary>
/// <param name="terminal">Where people read.</param>
/// <param name="time">The clock.</param>
internal sealed class ConsensusBench(Terminal terminal, TimeProvider time)
{
    private const int PayloadBytes = 16;
    private const int Batch = 64;
    private const int WarmUps = 6;

    /// <summary>What two protocols share is compiled for whichever runs while it is being watched, and then serves the
    /// other less well, by up to a tenth. So they begin in turns that are short beside that.</summary>
    private const int FirstTurns = 3_000;
    private const int Rounds = 9;

    /// <summary>Beside another protocol a round is one of a pair, and a ratio of pairs scatters more than a median.
    /// </summary>
    private const int RoundsOfComparison = 31;

    /// <summary>Each window is measured in so many pieces.</summary>
    private const int Turns = 4;

    public int Run(
        IReadOnlyList<ReplicaProtocol> protocols,
        int groups,
        int windows,
        string? jsonPath,
        CancellationToken cancellationToken)
    {
        OutputFile.Probe(jsonPath);
        DirectoryInfo folder = Directory.CreateTempSubdirectory("concord-bench-");
        try
        {
            terminal.Say("Measuring the core on one thread.");
            CoreMeasurement[] single = MeasureCores(protocols, entriesPerBatch: 1);
            CoreMeasurement[] batched = MeasureCores(protocols, Batch);
            cancellationToken.ThrowIfCancellationRequested();
            terminal.Say($"Measuring {groups} group(s) over three logs in {folder.FullName}.");
            DurableMeasurement[] durable =
                MeasureDurable(protocols, groups, windows, folder.FullName, cancellationToken);
            ConsensusReport report = new(groups, [.. protocols.Select((protocol, i) => new ConsensusFigures(
                protocol,
                single[i].Microseconds,
                batched[i].Microseconds,
                single[i].Bytes,
                durable[i].Rates,
                durable[i].OneGroupRates))]);
            terminal.Out.Write(report.ToTable());
            OutputFile.Write(jsonPath, report.ToJson);
            return ExitCode.Success;
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static CoreMeasurement[] MeasureCores(IReadOnlyList<ReplicaProtocol> protocols, int entriesPerBatch)
    {
        CoreMeasurement[] cores =
            [.. protocols.Select(protocol => new CoreMeasurement(protocol, entriesPerBatch, PayloadBytes))];
        for (int turn = 0; turn < FirstTurns; turn++)
        {
            Array.ForEach(cores, static core => core.Turn());
        }

        MeasureByTurns(cores, WarmUps * protocols.Count);
        foreach (CoreMeasurement core in cores)
        {
            core.Forget();
        }

        MeasureByTurns(cores, protocols.Count > 1 ? RoundsOfComparison : Rounds);
        return cores;
    }

    private static void MeasureByTurns(CoreMeasurement[] cores, int rounds)
    {
        for (int round = 0; round < rounds; round++)
        {
            foreach (CoreMeasurement core in cores)
            {
                core.Measure();
            }
        }
    }

    private DurableMeasurement[] MeasureDurable(
        IReadOnlyList<ReplicaProtocol> protocols,
        int groups,
        int windows,
        string folder,
        CancellationToken cancellationToken)
    {
        List<DurableMeasurement> measured = [];
        try
        {
            foreach (ReplicaProtocol protocol in protocols)
            {
                measured.Add(new(protocol, groups, PayloadBytes, folder, time));
                measured[^1].WarmUp();
            }

            for (int i = 0; i < windows; i++)
            {
                cancellationToken.ThrowIfCancellationRequested();
                measured.ForEach(static each => each.BeginWindow());
                for (int turn = 0; turn < Turns; turn++)
                {
                    measured.ForEach(static each => each.MeasureTurn(1.0 / Turns));
                }
            }
        }
        finally
        {
            measured.ForEach(static each => each.Dispose());
        }

        return [.. measured];
    }
}
