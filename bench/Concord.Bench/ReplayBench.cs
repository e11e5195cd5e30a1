using Concord.Cluster.Storage;
using Concord.Encoding;

namespace Concord.Bench;

/// <summary>
/// How fast a log is read at a start, beside the least that this takes: reading the same files once, from front to
/// back, and their checksum.
/// </summary>
internal static class ReplayBench
{
    private static readonly int[] s_batches = [128, 512];
    private const int EntriesPerBatch = 1024;
    private const int WarmUps = 2;
    private const int Pairs = 9;
    private const double NanosecondsPerSecond = 1e9;
    private const double BytesPerMegabyte = 1e6;

    private static readonly RealFileSystem s_files = new();

    public static void Run(Report report)
    {
        string folder = Directory.CreateTempSubdirectory("concord-bench-").FullName;
        try
        {
            foreach (int batches in s_batches)
            {
                string directory = Path.Combine(folder, $"replay-{batches}");
                Write(directory, batches);
                Measure(report, directory, batches * EntriesPerBatch);
                Directory.Delete(directory, recursive: true);
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static void Write(string directory, int batches)
    {
        byte[] payload = Payload.Create();
        using RealLog log = new(s_files, directory);
        for (int i = 0; i < batches; i++)
        {
            log.Write(EntriesPerBatch, payload);
        }
    }

    private static void Measure(Report report, string directory, int entries)
    {
        string[] segments = [.. Directory.GetFiles(directory, "*.log").Order(StringComparer.Ordinal)];
        byte[] buffer = new byte[new FileInfo(segments[0]).Length];
        double megabytes = (double)entries * Payload.Bytes / BytesPerMegabyte;
        uint checksum = 0;
        Func<double> replay = () => Rate(megabytes, Replay(directory, entries));
        Func<double> read = () => Rate(megabytes, Rounds.Time(() => checksum = Read(segments, buffer, checksum)));
        double cold = replay();
        (double[] subject, double[] yardstick, double[] ratios) = Rounds.RunPairs(WarmUps, Pairs, replay, read);
        string name = $"replay: {megabytes:F0} MB";
        report.Add(new($"{name}, first time", "MB/s", [cold]));
        report.Add(new(name, "MB/s", subject));
        report.Add(new($"{name}, files read once and checksum", "MB/s", yardstick));
        report.Add(new($"{name}, replay to reading", "ratio", ratios));
    }

    private static double Replay(string directory, int entries)
    {
        // What the round before left is no part of a start.
        GC.Collect();
        int found = 0;
        double time = Rounds.Time(() => found = RealLog.Recover(s_files, directory).Shards[0].Log.Count);
        return found == entries
            ? time
            : throw new InvalidOperationException($"{found} entries were found again, not {entries}.");
    }

    /// <summary>The last two come from the disk, as a replay has them; the others from the cache of the
    /// system.</summary>
    private static uint Read(string[] segments, byte[] buffer, uint checksum)
    {
        for (int i = 0; i < segments.Length; i++)
        {
            using IFile file = s_files.Open(segments[i], FileOpening.Existing);
            if (i >= segments.Length - 2)
            {
                file.Refresh();
            }

            checksum = Checksum.Crc32C(buffer.AsSpan(0, file.Read(0, buffer)), checksum);
        }

        return checksum;
    }

    private static double Rate(double megabytes, double nanoseconds) =>
        megabytes / (nanoseconds / NanosecondsPerSecond);
}
