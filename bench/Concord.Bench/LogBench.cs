using Concord.Cluster.Storage;

namespace Concord.Bench;

/// <summary>What the log adds to the disk's own time.</summary>
internal static class LogBench
{
    private const int WarmUps = 100;
    private const int Pairs = 1001;
    private const double NanosecondsPerMicrosecond = 1e3;

    private static readonly RealFileSystem s_files = new();

    public static void Run(Report report)
    {
        string folder = Directory.CreateTempSubdirectory("concord-bench-").FullName;
        try
        {
            MeasureWrites(report, folder, entriesPerBatch: 1);
            MeasureWrites(report, folder, entriesPerBatch: 64);
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
}
