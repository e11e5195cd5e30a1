namespace Concord.Simulation;

/// <summary>What went wrong on purpose, and the rare things that it led to.</summary>
internal enum FaultKind
{
    MessageLost,
    MessageDuplicated,
    MessageDelayedLong,
    MessageReplayed,
    LinkFull,
    Partition,
    OneWayPartition,
    BridgePartition,
    NodeIsolated,
    Crash,
    CrashAfterAppend,
    CrashAll,
    UnsyncedWriteLost,
    UnsyncedWriteTorn,
    DiskStall,
    Pause,
    ClockRate,
    ReplyLost,
    LeaderElected,
    EntriesTruncated,
    SnapshotTaken,
    SnapshotInstalled,
    ConnectionReset,
    FrameDamaged,
    SyncFailed,
    CrashInDiskWork,
    ClientCrash,
    OutcomeUnknown,
    LeadershipHandedOver,
}

/// <summary>Counts each kind, so that a profile that never provokes what it is for is noticed.</summary>
internal sealed class FaultTally
{
    private readonly long[] _counts = new long[Enum.GetValues<FaultKind>().Length];

    public long this[FaultKind kind] => _counts[(int)kind];

    public void Count(FaultKind kind) => _counts[(int)kind]++;

    public void Add(FaultTally other)
    {
        for (int i = 0; i < _counts.Length; i++)
        {
            _counts[i] += other._counts[i];
        }
    }

    /// <param name="kinds">Those that the target knows.</param>
    public SortedDictionary<string, long> ByName(IEnumerable<FaultKind> kinds)
    {
        var named = new SortedDictionary<string, long>(StringComparer.Ordinal);
        foreach (FaultKind kind in kinds)
        {
            named.Add(kind.ToString(), this[kind]);
        }

        return named;
    }
}
