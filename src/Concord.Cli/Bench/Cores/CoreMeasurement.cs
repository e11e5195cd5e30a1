using Concord.Cluster.Node;

namespace Concord.Cli.Bench.Cores;

/// <summary>The pure core of one protocol, round by round.</summary>
internal sealed class CoreMeasurement(ReplicaProtocol protocol, int entriesPerBatch, int payloadBytes)
{
    private const int EntriesPerRound = 64 << 10;
    private const int EntriesPerTurn = 64;

    private readonly CoreTrio _trio = new(protocol);
    private readonly byte[] _payload = new byte[payloadBytes];

    public List<double> Microseconds { get; } = [];

    public List<double> Bytes { get; } = [];

    /// <summary>Counts processor time of this process, in which nothing else runs: waiting for a processor that others
    /// use is no work of the core.</summary>
    public void Measure()
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        TimeSpan start = Environment.CpuUsage.TotalTime;
        _trio.Replicate(EntriesPerRound / entriesPerBatch, entriesPerBatch, _payload);
        Microseconds.Add((Environment.CpuUsage.TotalTime - start).TotalMicroseconds / EntriesPerRound);
        Bytes.Add((double)(GC.GetAllocatedBytesForCurrentThread() - before) / EntriesPerRound);
    }

    /// <summary>Runs for a moment, unmeasured.</summary>
    public void Turn() => _trio.Replicate(EntriesPerTurn / entriesPerBatch, entriesPerBatch, _payload);

    /// <summary>What was measured until now was to warm up.</summary>
    public void Forget()
    {
        Microseconds.Clear();
        Bytes.Clear();
    }
}
