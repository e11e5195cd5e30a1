using Concord.Cli.Bench.Cores;
using Concord.Cluster.Node;

namespace Concord.Bench;

/// <summary>
/// What agreeing costs when disks and network are free: the protocol and its codec, on three replicas.
/// </summary>
internal static class CoreBench
{
    private const int EntriesPerRound = 64 << 10;
    private const int WarmUps = 4;
    private const int RoundCount = 11;

    public static void Run(Report report)
    {
        Measure(report, 1);
        Measure(report, 64);
    }

    private static void Measure(Report report, int entriesPerBatch)
    {
        CoreTrio trio = new(ReplicaProtocol.Raft);
        byte[] payload = Payload.Create();
        List<double> allocated = [];
        double[] times = Rounds.Run(WarmUps, RoundCount, () =>
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            double time = Rounds.Time(
                () => trio.Replicate(EntriesPerRound / entriesPerBatch, entriesPerBatch, payload));
            allocated.Add((double)(GC.GetAllocatedBytesForCurrentThread() - before) / EntriesPerRound);
            return time / EntriesPerRound;
        });

        string name = entriesPerBatch == 1 ? "core: entry, single" : $"core: entry, in batches of {entriesPerBatch}";
        report.Add(new(name, "ns", times));
        report.Add(new($"{name}, allocated", "B", allocated[WarmUps..]));
    }
}
