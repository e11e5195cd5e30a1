using Concord.Consensus;

namespace Concord.Simulation.Consensus;

/// <summary>
/// The durable part of a replica. Writes are made in order; one sync is outstanding, what is submitted meanwhile joins
/// the next. A crash keeps any prefix of what was not synced, also the beginning of one write, and never anything less
/// than what was reported.
/// </summary>
internal sealed partial class LogDisk(SimRandom random, FaultTally faults)
{
    private readonly Queue<DiskWrite> _waiting = new();
    private readonly List<DiskWrite> _syncing = [];

    public HardState HardState { get; private set; }

    public LogPath Log { get; } = new();

    public MachineSnapshot? Snapshot { get; private set; }

    public ulong SnapshotIndex => Snapshot?.Entry.Index ?? 0;

    /// <summary>An entry of a term says that the term was reached, whatever the last hard state says; so does a
    /// snapshot.</summary>
    public Stamp Stamp
    {
        get
        {
            Stamp newest = HardState.Stamp > Log.NewestStamp ? HardState.Stamp : Log.NewestStamp;
            return Snapshot is { Point.Stamp: var stamp } && stamp > newest ? stamp : newest;
        }
    }

    public bool IsSyncing => _syncing.Count > 0;

    public bool HasWaiting => _waiting.Count > 0;

    public void Submit(DiskWrite write) => _waiting.Enqueue(write);

    public void BeginSync()
    {
        while (_waiting.TryDequeue(out DiskWrite? write))
        {
            _syncing.Add(write);
        }
    }

    /// <summary>What was syncing is durable now.</summary>
    public void EndSync(List<DiskWrite> done)
    {
        foreach (DiskWrite write in _syncing)
        {
            Apply(write, write.Entries.Length);
        }

        done.AddRange(_syncing);
        _syncing.Clear();
    }

    /// <summary>
    /// Another replica's snapshot has become durable beside the log, and the core is told in the same moment. The log
    /// begins again behind it unless it leads there; where places stand for themselves what is behind it stays.
    /// </summary>
    public void Install(MachineSnapshot snapshot, bool keepsWhatFollows = false)
    {
        if (snapshot.Entry.Index <= SnapshotIndex)
        {
            return;
        }

        Snapshot = snapshot;
        if (keepsWhatFollows)
        {
            Log.CoverThrough(snapshot.Entry);
        }
        else
        {
            Log.RestartAt(snapshot.Entry);
        }

        foreach (DiskWrite write in _syncing)
        {
            write.IsBeforeInstall = true;
        }

        foreach (DiskWrite write in _waiting)
        {
            write.IsBeforeInstall = true;
        }
    }

    public void Crash()
    {
        _syncing.AddRange(_waiting);
        _waiting.Clear();
        int kept = random.Next(_syncing.Count + 1);
        for (int i = 0; i < kept; i++)
        {
            Apply(_syncing[i], _syncing[i].Entries.Length);
        }

        if (kept < _syncing.Count)
        {
            faults.Count(FaultKind.UnsyncedWriteLost);
            DiskWrite torn = _syncing[kept];
            if (torn.Snapshot is null && torn.Entries.Length > 0 && random.Chance(0.5))
            {
                // Hard state, truncation, entries and the commit index are in this order: a beginning of it is as if it
                // had been two writes.
                Apply(torn, random.Next(torn.Entries.Length));
                faults.Count(FaultKind.UnsyncedWriteTorn);
            }
        }

        _syncing.Clear();
    }

    private void Apply(DiskWrite write, int entries)
    {
        if (write.HardState is { } hardState)
        {
            // How far the log is committed comes last: it is about the entries.
            bool isWhole = entries == write.Entries.Length;
            HardState = isWhole ? hardState : hardState with { Commit = HardState.Commit };
        }

        if (write.Snapshot is { } snapshot && snapshot.Entry.Index > SnapshotIndex)
        {
            Snapshot = snapshot;
        }

        if (write.TruncateFrom is { } from)
        {
            Log.TruncateFrom(Math.Max(from, SnapshotIndex + 1));
        }

        for (int i = 0; i < entries; i++)
        {
            LogEntry entry = write.Entries[i];
            if (write.KeepsWhatFollows)
            {
                if (entry.Index > SnapshotIndex)
                {
                    Log.PutAlone(entry);
                }
            }
            else if (entry.Index > SnapshotIndex && !Log.Put(entry) && !write.IsBeforeInstall)
            {
                throw new ViolatedException("log-on-disk-is-whole", $"{entry} was written behind {Log.At(Log.Last)}");
            }
        }
    }
}
