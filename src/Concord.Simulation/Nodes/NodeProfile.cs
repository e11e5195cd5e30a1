using Concord.Cluster.Storage;
using Concord.Simulation.Consensus;

namespace Concord.Simulation.Nodes;

/// <summary>What strikes whole nodes.</summary>
internal enum NodeStrike
{
    Crash,
    CrashInDiskWork,
    CrashAll,
    Isolate,
    OneWay,
    Split,
    Stall,
    Reset,
    Damage,
    Pause,
    ClockRate,
    SyncFailure,
    DiskStall,
    ClientCrash,
    FullDisk,
    ClientPause,
    ClientCut,
}

/// <summary>What one seed does with whole nodes: sizes, speeds, and what strikes how often. Times are in
/// microseconds.</summary>
internal sealed class NodeProfile
{
    private const long Millisecond = 1000;

    public static IReadOnlyList<string> Names { get; } = [
        "default", "crashes", "partitions", "slow-disk", "snapshots", "upgrade",
    ];

    public required string Name { get; init; }

    public int Nodes { get; set; }

    public int Shards { get; set; }

    public int Clients { get; set; }

    public long FaultsUntil { get; set; } = 5000 * Millisecond;

    /// <summary>After the faults all must be well within this time.</summary>
    public long HealingMax { get; set; } = 60_000 * Millisecond;

    public long ElectionTimeout { get; set; }

    public long DelayMin { get; set; }

    public long DelayMean { get; set; }

    public double CutChance { get; set; }

    public long DiskMean { get; set; }

    public long DrainMean { get; set; }

    public double DiskEarlyChance { get; set; }

    public double CrashInRecoveryChance { get; set; }

    public long ThinkMean { get; set; }

    public long OperationTimeout { get; set; }

    public long AttemptTimeout { get; set; }

    public long SessionTimeout { get; set; }

    /// <summary>Between what rates clocks run, those of nodes and of clients.</summary>
    public (double Low, double High) ClockRates { get; set; }

    /// <summary>No clock gains a quarter on another: what sessions rest on.</summary>
    public bool ClocksKeepTheirBound => ClockRates.High / ClockRates.Low < 1.25;

    public long StrikeMean { get; set; }

    public long SnapshotEveryBytes { get; set; }

    public int RetainedEntries { get; set; }

    public int SnapshotSliceBytes { get; set; }

    public long SnapshotBytesPerSecond { get; set; }

    /// <summary>How likely a node begins with the build before, which knows one level less.</summary>
    public double OldBuildChance { get; set; }

    public LogOptions Log { get; set; } = new();

    public int[] StrikeWeights { get; } = new int[Enum.GetValues<NodeStrike>().Length];

    public static NodeProfile Draw(string name, ulong seed)
    {
        SimRandom random = new SimRandom(seed).Fork("node profile");
        var profile = new NodeProfile { Name = name };
        profile.DrawCluster(random);
        profile.DrawTroubles(random);
        profile.Emphasize(random);
        return profile;
    }

    private void DrawCluster(SimRandom random)
    {
        Nodes = random.Chance(0.85) ? 3 : 5;
        Shards = 2 + random.Next(2);
        Clients = 2 + random.Next(3);
        ElectionTimeout = random.Between(150 * Millisecond, 400 * Millisecond);
        ThinkMean = random.Between(4 * Millisecond, 20 * Millisecond);
        OperationTimeout = random.Between(600 * Millisecond, 2500 * Millisecond);
        AttemptTimeout = random.Between(60 * Millisecond, 400 * Millisecond);
        SessionTimeout = random.Chance(0.5)
            ? random.Between(500 * Millisecond, 2000 * Millisecond)
            : 8000 * Millisecond;
        SnapshotEveryBytes = random.Chance(0.5) ? random.Between(16L << 10, 64 << 10) : 1 << 20;
        RetainedEntries = 8 + random.Next(256);
        SnapshotSliceBytes = 2048 + random.Next(16 << 10);
        SnapshotBytesPerSecond = random.Chance(0.5) ? random.Between(64L << 10, 1 << 20) : 64L << 20;
        Log = new()
        {
            SegmentBytes = 64 << 10,
            BatchBytesMax = 16 << 10,
            LogBytesLimit = (2 + random.Next(6)) * (64L << 10),
        };
    }

    private void DrawTroubles(SimRandom random)
    {
        DelayMin = random.Between(20, 300);
        DelayMean = random.Between(100, 4 * Millisecond);
        CutChance = random.Chance(0.5) ? 0.2 : 0;
        DiskMean = random.Between(50, 3 * Millisecond);
        DrainMean = random.Between(10, 300);
        DiskEarlyChance = random.NextDouble();
        CrashInRecoveryChance = random.Chance(0.5) ? 0.2 : 0;
        StrikeMean = random.Between(120 * Millisecond, 600 * Millisecond);
        for (int i = 0; i < StrikeWeights.Length; i++)
        {
            StrikeWeights[i] = random.Chance(0.5) ? 1 + random.Next(4) : 0;
        }

        ClockRates = random.Chance(0.75) ? (0.9, 1.12) : (0.7, 1.4);
    }

    private void Emphasize(SimRandom random)
    {
        switch (Name)
        {
            case "crashes":
                StrikeMean = random.Between(100 * Millisecond, 400 * Millisecond);
                Weigh(NodeStrike.Crash, 8);
                Weigh(NodeStrike.CrashInDiskWork, 5);
                Weigh(NodeStrike.CrashAll, 3);
                break;
            case "partitions":
                StrikeMean = random.Between(80 * Millisecond, 300 * Millisecond);
                Weigh(NodeStrike.Isolate, 6);
                Weigh(NodeStrike.OneWay, 5);
                Weigh(NodeStrike.Split, 5);
                Weigh(NodeStrike.Stall, 3);
                Weigh(NodeStrike.Reset, 4);
                break;
            case "slow-disk":
                DiskMean = random.Between(5 * Millisecond, 30 * Millisecond);
                Weigh(NodeStrike.DiskStall, 6);
                Weigh(NodeStrike.SyncFailure, 4);
                Weigh(NodeStrike.CrashInDiskWork, 4);
                Weigh(NodeStrike.FullDisk, 4);
                break;
            case "upgrade":
                OldBuildChance = 0.7;
                SnapshotEveryBytes = random.Between(8L << 10, 64 << 10);
                Weigh(NodeStrike.Crash, 8);
                Weigh(NodeStrike.CrashAll, 2);
                Weigh(NodeStrike.Isolate, 3);
                break;
            case "snapshots":
                SnapshotEveryBytes = random.Between(4L << 10, 16 << 10);
                RetainedEntries = 2 + random.Next(24);
                SnapshotSliceBytes = 512 + random.Next(4096);
                Log = Log with { LogBytesLimit = 2 * (64L << 10) };
                Weigh(NodeStrike.Crash, 4);
                Weigh(NodeStrike.Isolate, 6);
                Weigh(NodeStrike.Pause, 4);
                break;
        }
    }

    private void Weigh(NodeStrike strike, int weight) => StrikeWeights[(int)strike] += weight;
}
