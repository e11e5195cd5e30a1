namespace Concord.Simulation.Consensus;

/// <summary>
/// What one seed does: how large the cluster is, how slow, how lossy, what strikes it and how often. Each seed draws
/// its own set of faults and their sizes (a swarm), and the profile says where the weight lies: no single mix finds
/// everything. Times are in microseconds.
/// </summary>
internal sealed partial class CoreProfile
{
    private const long Millisecond = 1000;

    public static IReadOnlyList<string> Names { get; } =
    [
        "default", "leader-churn", "partition-storm", "slow-lossy-dup",
        "disk-storm", "clock-pause", "snapshot-storm", "read-heavy",
        "membership-storm", "transfer-lease", "amnesia", "quiet-group",
    ];

    public required string Name { get; init; }

    public int Replicas { get; set; }

    public int Clients { get; set; }

    public int Keys { get; set; }

    public long FaultsUntil { get; set; } = 8000 * Millisecond;

    public long ElectionTimeout { get; set; }

    public long HeartbeatInterval { get; set; }

    public long TickInterval { get; set; }

    public int AppendBytesMax { get; set; }

    public int InflightMessagesMax { get; set; }

    public int InflightBytesMax { get; set; }

    public long UncommittedBytesMax { get; set; }

    public long DelayMin { get; set; }

    public long DelayMean { get; set; }

    public double TailChance { get; set; }

    public double LossChance { get; set; }

    public double DuplicateChance { get; set; }

    public double ReplayChance { get; set; }

    public int LinkCapacity { get; set; }

    public long SyncMean { get; set; }

    public double StallChance { get; set; }

    /// <summary>How often a replica takes more events before it drains its outbox.</summary>
    public double DeferChance { get; set; }

    /// <summary>How often a completed write is reported again, or an older one late.</summary>
    public double LateReportChance { get; set; }

    public int SnapshotEvery { get; set; }

    public int SnapshotRetain { get; set; }

    /// <summary>How often a replica crashes in the middle of doing what its outbox says.</summary>
    public double CrashInEffectsChance { get; set; }

    public double ReplyLossChance { get; set; }

    public double AbandonChance { get; set; }

    public long ThinkMean { get; set; }

    public double ReadShare { get; set; }

    public double TransferShare { get; set; }

    /// <summary>The mean time from one strike to the next.</summary>
    public long StrikeMean { get; set; }

    /// <summary>How likely each strike is, by <see cref="Strike"/>.</summary>
    public int[] StrikeWeights { get; } = new int[Enum.GetValues<Strike>().Length];

    public static CoreProfile Draw(string name, ulong seed)
    {
        SimRandom random = new SimRandom(seed).Fork("profile");
        CoreProfile profile = new() { Name = name };
        profile.DrawCluster(random);
        profile.DrawTroubles(random);
        profile.DrawOptions(random);
        profile.Emphasize(name, random);
        profile.Reconcile();
        return profile;
    }

    private void DrawCluster(SimRandom random)
    {
        Replicas = random.Chance(0.6) ? 3 : 5;
        Clients = 2 + random.Next(RegisterMachine.ClientsMax - 1);
        Keys = 1 + random.Next(RegisterMachine.KeysMax);
        ElectionTimeout = random.Between(100 * Millisecond, 300 * Millisecond);
        HeartbeatInterval = ElectionTimeout / random.Between(4, 8);
        TickInterval = HeartbeatInterval / random.Between(2, 4);
        AppendBytesMax = random.Chance(0.5) ? 16 << 10 : 40 + random.Next(400);
        InflightMessagesMax = 1 + random.Next(16);
        InflightBytesMax = random.Chance(0.5) ? 1 << 20 : 100 + random.Next(2000);
        UncommittedBytesMax = random.Chance(0.7) ? 1 << 20 : 200 + random.Next(2000);
        ThinkMean = random.Between(5 * Millisecond, 40 * Millisecond);
        ReadShare = random.Between(0.1, 0.5);
        TransferShare = random.Between(0.0, 0.3);
        SnapshotEvery = random.Chance(0.5) ? 40 + random.Next(200) : int.MaxValue;
        SnapshotRetain = random.Next(30);
        DeferChance = random.Chance(0.7) ? random.Between(0.0, 0.6) : 0;
        LateReportChance = random.Chance(0.5) ? 0.1 : 0;
    }

    private void DrawTroubles(SimRandom random)
    {
        DelayMin = random.Between(50, Millisecond);
        DelayMean = random.Between(200, 8 * Millisecond);
        TailChance = random.Chance(0.7) ? 0.001 : 0;
        LossChance = random.Chance(0.6) ? random.Between(0.0, 0.08) : 0;
        DuplicateChance = random.Chance(0.5) ? random.Between(0.0, 0.1) : 0;
        ReplayChance = random.Chance(0.5) ? random.Between(0.0, 0.05) : 0;
        LinkCapacity = 8 + random.Next(57);
        SyncMean = random.Between(100, 5 * Millisecond);
        StallChance = random.Chance(0.3) ? 0.002 : 0;
        CrashInEffectsChance = random.Chance(0.3) ? random.Between(0.0, 0.0005) : 0;
        ReplyLossChance = random.Chance(0.5) ? random.Between(0.0, 0.1) : 0;
        AbandonChance = random.Chance(0.5) ? 0.2 : 0;
        StrikeMean = random.Between(150 * Millisecond, 800 * Millisecond);
        for (int i = 0; i < StrikeWeights.Length; i++)
        {
            StrikeWeights[i] = random.Chance(0.5) ? 1 + random.Next(4) : 0;
        }

        StrikeWeights[(int)Strike.CrashLeaderAfterAppend]++;
    }

    /// <summary>After the time of troubles: a healthy network and disk, so that what does not recover by itself
    /// shows.</summary>
    public void Heal()
    {
        DelayMin = 50;
        DelayMean = 500;
        TailChance = LossChance = DuplicateChance = ReplayChance = StallChance = 0;
        CrashInEffectsChance = ReplyLossChance = AbandonChance = DamageChance = 0;
        LinkCapacity = int.MaxValue;
        SyncMean = 300;
    }
}
