using Concord.Cluster.Storage;

namespace Concord.Bench;

/// <summary>What the log adds to the disk's own time, and how fast it is read at a start.</summary>
internal static class LogBench
{
    private const int WarmUps = 100;
    private const int Pairs = 1001;
    private const int ReplayBatches = 128;
    private const int ReplayEntriesPerBatch = 1024;
    private const int Replays = 7;
    private const double NanosecondsPerMicrosecond = 1e3;
    private const double NanosecondsPerSecond = 1e9;
    private const double BytesPerMegabyte = 1e6;

    private static readonly RealFileSystem s_files = new();

    public static void Run(Report report)
    {
        string folder = Directory.CreateTempSubdirectory("concord-bench-").FullName;
        try
        {
            MeasureWrites(report, folder, entriesPerBatch: 1);
            MeasureWrites(report, folder, entriesPerBatch: 64);
            MeasureReplay(report, folder);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static void MeasureWrites(Report report, string folder, int entriesPerBatch)
    {
        byte[] payload = Payload.Create();
        using RealLog log = new(s_files, Path.Combine(folder, $"log-{entriesPerBatch}"));
        using BareFile bare = new(s_files, Path.Combine(folder, $"bare-{entriesPerBatch}"));
        byte[] batch = log.WriteToSee(entriesPerBatch, payload);

        // Batch by batch in turn: how fast a shared disk is changes from one moment to the next.
        (double[] subject, double[] yardstick, double[] ratios) = Rounds.RunPairs(
            WarmUps,
            Pairs,
            () => log.Write(entriesPerBatch, payload) / NanosecondsPerMicrosecond,
            () => bare.Write(batch) / NanosecondsPerMicrosecond);

        string name = $"log: batch of {entriesPerBatch}";
        report.Add(new(name, "us", subject));
        report.Add(new($"{name}, bare pwrite and fdatasync", "us", yardstick));
        report.Add(new($"{name}, log to bare", "ratio", ratios));
        report.Add(new($"{name}, on the disk", "B per entry", [(double)batch.Length / entriesPerBatch]));
    }

    private static void MeasureReplay(Report report, string folder)
    {
        string directory = Path.Combine(folder, "replay");
        using (RealLog log = new(s_files, directory))
        {
            for (int i = 0; i < ReplayBatches; i++)
            {
                log.Write(ReplayEntriesPerBatch, Payload.Create());
            }
        }

        const int Entries = ReplayBatches * ReplayEntriesPerBatch;
        double[] rates = Rounds.Run(1, Replays, () =>
        {
            int found = 0;
            double time = Rounds.Time(() => found = RealLog.Recover(s_files, directory).Shards[0].Log.Count);
            return found == Entries
                ? (double)Entries * Payload.Bytes / BytesPerMegabyte / (time / NanosecondsPerSecond)
                : throw new InvalidOperationException($"{found} entries were found again, not {Entries}.");
        });
        report.Add(new("log: replay, payload", "MB/s", rates));
    }
}
