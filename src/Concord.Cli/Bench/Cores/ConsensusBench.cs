using Concord.Cluster.Node;

namespace Concord.Cli.Bench.Cores;

/// <summary>Measures agreement without what is around it: the pure core, and the core with real disks.</summary>
/// <param name="terminal">Where people read.</param>
/// <param name="time">The clock.</param>
internal sealed class ConsensusBench(Terminal terminal, TimeProvider time)
{
    private const int PayloadBytes = 16;
    private const int Batch = 64;
    private const int EntriesPerRound = 64 << 10;
    private const int WarmUps = 6;
    private const int Rounds = 9;

    /// <summary>Each window is measured in so many pieces, by turns with one group.</summary>
    private const int Turns = 4;

    /// <summary>So many proposals have gone twice around the memory of 48 groups; from then on it is only used again.
    /// </summary>
    private const long WarmUpProposals = 8_000_000;

    private static readonly TimeSpan s_warmUpMax = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan s_turn = TimeSpan.FromMilliseconds(250);

    public int Run(
        int groups, ReplicaProtocol protocol, int windows, string? jsonPath, CancellationToken cancellationToken)
    {
        OutputFile.Probe(jsonPath);
        DirectoryInfo folder = Directory.CreateTempSubdirectory("concord-bench-");
        try
        {
            terminal.Say("Measuring the core on one thread.");
            (double single, double bytes) = MeasureCore(protocol, entriesPerBatch: 1);
            (double batched, _) = MeasureCore(protocol, Batch);
            cancellationToken.ThrowIfCancellationRequested();
            terminal.Say($"Measuring {groups} group(s) over three logs in {folder.FullName}.");
            (double[] rates, double[] oneGroupRates) =
                MeasureDurable(groups, protocol, windows, folder.FullName, cancellationToken);
            ConsensusFigures figures = new(groups, protocol, rates, oneGroupRates, single, batched, bytes);
            terminal.Out.Write(figures.ToTable());
            OutputFile.Write(jsonPath, figures.ToJson);
            return ExitCode.Success;
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    /// <summary>Counts processor time of this process, in which nothing else runs: waiting for a processor that others
    /// use is no work of the core.</summary>
    /// <returns>Microseconds and allocated bytes per entry; medians.</returns>
    private static (double Microseconds, double Bytes) MeasureCore(ReplicaProtocol protocol, int entriesPerBatch)
    {
        CoreTrio trio = new(protocol);
        byte[] payload = new byte[PayloadBytes];
        List<double> microseconds = [];
        List<double> bytes = [];
        for (int round = 0; round < WarmUps + Rounds; round++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            TimeSpan start = Environment.CpuUsage.TotalTime;
            trio.Replicate(EntriesPerRound / entriesPerBatch, entriesPerBatch, payload);
            microseconds.Add((Environment.CpuUsage.TotalTime - start).TotalMicroseconds / EntriesPerRound);
            bytes.Add((double)(GC.GetAllocatedBytesForCurrentThread() - before) / EntriesPerRound);
        }

        return (Comparison.Median(microseconds.Skip(WarmUps)), Comparison.Median(bytes.Skip(WarmUps)));
    }

    /// <summary>With several groups, one group is measured by turns with them: both meet the same moments of the
    /// disk.</summary>
    private (double[] Rates, double[] OneGroupRates) MeasureDurable(
        int groups, ReplicaProtocol protocol, int windows, string folder, CancellationToken cancellationToken)
    {
        byte[] payload = new byte[PayloadBytes];
        payload.AsSpan().Fill(1);
        using DurableTrio trio = new(groups, protocol, Path.Combine(folder, "groups"));
        using DurableTrio? one = groups > 1 ? new(1, protocol, Path.Combine(folder, "one")) : null;
        WarmUp(trio, payload);
        if (one is not null)
        {
            WarmUp(one, payload);
        }

        double[] rates = new double[windows];
        double[] oneGroupRates = new double[one is null ? 0 : windows];
        for (int i = 0; i < windows; i++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            for (int turn = 0; turn < Turns; turn++)
            {
                rates[i] += MeasureTurn(trio, payload) / Turns;
                if (one is not null)
                {
                    oneGroupRates[i] += MeasureTurn(one, payload) / Turns;
                }
            }
        }

        return (rates, oneGroupRates);
    }

    private void WarmUp(DurableTrio trio, ReadOnlySpan<byte> payload)
    {
        long start = time.GetTimestamp();
        long committed = 0;
        while (committed < WarmUpProposals && time.GetElapsedTime(start) < s_warmUpMax)
        {
            committed += trio.Run(s_turn, payload, time);
        }
    }

    private double MeasureTurn(DurableTrio trio, ReadOnlySpan<byte> payload)
    {
        long start = time.GetTimestamp();
        long committed = trio.Run(s_turn, payload, time);
        return committed / time.GetElapsedTime(start).TotalSeconds;
    }
}
