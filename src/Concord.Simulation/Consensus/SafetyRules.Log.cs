using Concord.Consensus;

namespace Concord.Simulation.Consensus;

/// <content>What is committed and applied.</content>
internal abstract partial class SafetyRules
{
    protected readonly List<Stamp> _committedIn = [];
    private readonly List<ulong> _digests = [];

    /// <summary>All entries that some leader has committed.</summary>
    public LogPath Committed { get; } = new();

    public void Applied(SimReplica replica, ulong index, ulong digest)
    {
        ReplicaGhost ghost = _ghosts[replica.Place];
        LogEntry? entry = Committed.At(index);
        LogBuffer log = replica.Core!.Log;
        Check(
            entry is not null && ghost.Log.HoldsValue(entry) && log.OriginAt(new(index)) == entry.Origin
                && log.PayloadAt(new(index)).SequenceEqual(entry.Payload),
            "apply-what-is-committed", replica, $"applies {log.StampAt(new(index))} at {index}, committed is {entry}");
        CheckDigest(replica, index, digest);
        ghost.Applied = index;
    }

    /// <summary>Another replica's snapshot was installed.</summary>
    public void Installed(SimReplica replica, MachineSnapshot snapshot, ulong digest)
    {
        ReplicaGhost ghost = _ghosts[replica.Place];
        LogEntry entry = snapshot.Entry;
        if (entry.Index > ghost.Applied)
        {
            CheckDigest(replica, entry.Index, digest);
            ghost.Applied = entry.Index;
        }

        Check(Committed.Holds(entry), "snapshot-is-committed", replica, $"installs a snapshot at {entry}");
        if (entry.Index > ghost.Commit)
        {
            Cover(replica, ghost, entry);
            ghost.Commit = entry.Index;
        }

        ReplicaStatus status = replica.Core!.Status;
        Check(
            status.LastIndex.Value == ghost.Log.Last && status.CommitIndex.Value >= ghost.Commit,
            SnapshotRule, replica,
            $"after the snapshot at {entry} it ends at {status.LastIndex}, it held {ghost.Log.Last}");
    }

    /// <summary>What must hold of the log behind a snapshot that was installed.</summary>
    protected abstract string SnapshotRule { get; }

    /// <summary>A snapshot at <paramref name="entry"/> stands for what is before; what is behind it now?</summary>
    protected abstract void Cover(SimReplica replica, ReplicaGhost ghost, LogEntry entry);

    /// <summary>Looks at what a replica wants written.</summary>
    /// <returns>Whether it appended entries.</returns>
    protected abstract bool Written(SimReplica replica, ReplicaGhost ghost, in LogWrite write);

    /// <summary>A replica knows more to be committed, or may.</summary>
    protected abstract void CommitSeen(SimReplica replica, ReplicaGhost ghost, in ReplicaStatus status);

    /// <summary>The last entry that was committed in a term before <paramref name="stamp"/>: a leader has it.</summary>
    protected LogEntry? LastCommittedBefore(Stamp stamp)
    {
        ulong index = Committed.Last;
        while (index > 0 && _committedIn[(int)index - 1] >= stamp)
        {
            index--;
        }

        return Committed.At(index);
    }

    private void CheckDigest(SimReplica replica, ulong index, ulong digest)
    {
        if (index == (ulong)_digests.Count + 1)
        {
            _digests.Add(digest);
            return;
        }

        Check(
            index <= (ulong)_digests.Count && _digests[(int)index - 1] == digest,
            "equal-state-at-equal-index", replica, $"has another state at {index} than the others");
    }
}
