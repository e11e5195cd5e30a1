using System.Globalization;
using System.Text.Json;
using Spectre.Console;

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

    private static readonly TimeSpan s_warmUp = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan s_window = TimeSpan.FromSeconds(1);

    public int Run(int groups, int windows, string? jsonPath, CancellationToken cancellationToken)
    {
        OutputFile.Probe(jsonPath);
        DirectoryInfo folder = Directory.CreateTempSubdirectory("concord-bench-");
        try
        {
            terminal.Say("Measuring the core on one thread.");
            (double single, double bytes) = MeasureCore(entriesPerBatch: 1);
            (double batched, _) = MeasureCore(Batch);
            cancellationToken.ThrowIfCancellationRequested();
            terminal.Say($"Measuring {groups} group(s) over three logs in {folder.FullName}.");
            double[] rates = MeasureDurable(groups, windows, folder.FullName, cancellationToken);
            ConsensusFigures figures = new(groups, rates, single, batched, bytes);
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
    private static (double Microseconds, double Bytes) MeasureCore(int entriesPerBatch)
    {
        CoreTrio trio = new();
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

    private double[] MeasureDurable(int groups, int windows, string folder, CancellationToken cancellationToken)
    {
        byte[] payload = new byte[PayloadBytes];
        payload.AsSpan().Fill(1);
        using DurableTrio trio = new(groups, folder);
        trio.Run(s_warmUp, payload, time);
        double[] rates = new double[windows];
        for (int i = 0; i < windows; i++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            long start = time.GetTimestamp();
            long committed = trio.Run(s_window, payload, time);
            rates[i] = committed / time.GetElapsedTime(start).TotalSeconds;
        }

        return rates;
    }
}

/// <summary>What came out.</summary>
/// <param name="Groups">How many groups proposed to the disks.</param>
/// <param name="Rates">Durable proposals per second, by window.</param>
/// <param name="MicrosecondsPerEntrySingle">The pure core, one entry at a time, three replicas together.</param>
/// <param name="MicrosecondsPerEntryBatched">The same in batches.</param>
/// <param name="BytesPerEntry">What the pure core allocates, one entry at a time.</param>
internal sealed record ConsensusFigures(
    int Groups,
    IReadOnlyList<double> Rates,
    double MicrosecondsPerEntrySingle,
    double MicrosecondsPerEntryBatched,
    double BytesPerEntry)
{
    public double ProposalsPerSecond => Comparison.Median(Rates);

    public Table ToTable()
    {
        Table table = new Table().Border(TableBorder.Rounded).AddColumn("bench consensus");
        table.AddColumn(new TableColumn("three replicas, 16 B").RightAligned());
        Add(table, "Core, per entry, single", $"{Text(MicrosecondsPerEntrySingle, "N2")} µs");
        Add(table, "Core, per entry, in batches of 64", $"{Text(MicrosecondsPerEntryBatched, "N3")} µs");
        Add(table, "Core, allocated per entry", $"{Text(BytesPerEntry, "N2")} B");
        Add(table, $"Durable proposals, {Groups} group(s)", $"{Text(ProposalsPerSecond, "N0")} /s");
        Add(table, "  spread of the windows", $"{Text(Rates.Min(), "N0")} to {Text(Rates.Max(), "N0")} /s");
        return table;
    }

    public byte[] ToJson()
    {
        using MemoryStream stream = new();
        using (Utf8JsonWriter writer = new(stream, new JsonWriterOptions { Indented = true }))
        {
            writer.WriteStartObject();
            writer.WriteNumber("groups", Groups);
            writer.WriteNumber("proposalsPerSecond", Math.Round(ProposalsPerSecond, 1));
            writer.WriteNumber("proposalsPerSecondMin", Math.Round(Rates.Min(), 1));
            writer.WriteNumber("proposalsPerSecondMax", Math.Round(Rates.Max(), 1));
            writer.WriteNumber("microsecondsPerEntrySingle", Math.Round(MicrosecondsPerEntrySingle, 4));
            writer.WriteNumber("microsecondsPerEntryBatched", Math.Round(MicrosecondsPerEntryBatched, 4));
            writer.WriteNumber("bytesPerEntry", Math.Round(BytesPerEntry, 4));
            writer.WriteEndObject();
        }

        return stream.ToArray();
    }

    private static void Add(Table table, string name, string value) => table.AddRow(new Text(name), new Text(value));

    private static string Text(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);
}
