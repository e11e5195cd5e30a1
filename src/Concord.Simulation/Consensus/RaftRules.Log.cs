using Concord.Consensus;

namespace Concord.Simulation.Consensus;

/// <content>What is written, committed and applied (Raft section 5.3 and 5.4).</content>
internal sealed partial class RaftRules
{
    protected override string SnapshotRule => "snapshot-drops-only-what-conflicts";

    protected override void Cover(SimReplica replica, ReplicaGhost ghost, LogEntry entry)
    {
        bool keeps = ghost.Log.Holds(entry);
        Check(
            keeps || ghost.Acknowledged.Stamp != ghost.Stamp || ghost.Acknowledged.Index <= entry.Index,
            "acknowledged-stays", replica, $"gives up {ghost.Acknowledged} for a snapshot at {entry}");
        ghost.Log.RestartAt(entry);
    }

    protected override bool Written(SimReplica replica, ReplicaGhost ghost, in LogWrite write)
    {
        if (write.HardState is { } hardState)
        {
            HardStateWritten(replica, ghost, hardState);
        }

        if (write.TruncateFrom is { } from)
        {
            Truncated(replica, ghost, from.Value);
        }

        LogBuffer log = replica.Core!.Log;
        Reign? reign = ghost.Leading ?? _reigns.GetValueOrDefault(ghost.Stamp);
        for (int i = 0; i < write.Entries.Count; i++)
        {
            LogIndex at = write.Entries.First + (ulong)i;
            LogEntry? previous = ghost.Log.At(at.Value - 1);
            LogEntry entry = _entries.Intern(previous, at.Value, log.StampAt(at), log.KindAt(at), log.PayloadAt(at));
            Check(
                entry.Index == ghost.Log.Last + 1 && ghost.Log.Put(entry),
                "log-is-whole", replica, $"writes {entry} behind {ghost.Log.Last}");
            if (ghost.Leading is not null)
            {
                Check(
                    entry.Stamp == ghost.Stamp && reign!.Log.Put(entry),
                    "leader-appends-own-term", replica, $"leads {ghost.Stamp} and appends {entry}");
                if (entry.Kind == EntryKind.Membership)
                {
                    CheckChange(replica, ghost, entry);
                }
            }
            else
            {
                Check(
                    reign is not null && reign.Log.Holds(entry),
                    "follow-the-leader-of-the-term", replica,
                    $"in {ghost.Stamp} appends {entry}, which its leader does not have");
            }
        }

        return !write.Entries.IsEmpty;
    }

    private void Truncated(SimReplica replica, ReplicaGhost ghost, ulong from)
    {
        _world.Faults.Count(FaultKind.EntriesTruncated);
        if (ghost.Log.Tip?.Config is { } config && config.Index >= from)
        {
            _world.Faults.Count(FaultKind.ChangeTakenBack);
        }

        Check(ghost.Leading is null, "leader-append-only", replica, $"leads {ghost.Stamp} and truncates from {from}");
        Check(from > ghost.Commit, "committed-stays", replica, $"truncates from {from}, committed is {ghost.Commit}");

        // What a newer term has committed may still be overwritten where that term is not known yet.
        Check(
            Committed.At(from) is not { } committed || !ghost.Log.Holds(committed)
                || _committedIn[(int)from - 1] > ghost.Stamp,
            "committed-stays", replica, $"truncates the committed entry {Committed.At(from)}");
        Check(
            ghost.Acknowledged.Stamp != ghost.Stamp || from > ghost.Acknowledged.Index,
            "acknowledged-stays", replica, $"truncates from {from} what it acknowledged: {ghost.Acknowledged}");
        ghost.Log.TruncateFrom(from);
    }

    protected override void CommitSeen(SimReplica replica, ReplicaGhost ghost, in ReplicaStatus status)
    {
        ulong commit = status.CommitIndex.Value;
        Check(commit >= ghost.Commit, "commit-monotone", replica, $"fell from {ghost.Commit} to {commit}");
        if (commit == ghost.Commit)
        {
            return;
        }

        LogEntry? entry = ghost.Log.At(commit);
        Check(
            entry is not null,
            "commit-what-is-there", replica, $"commits {commit}, its log ends at {ghost.Log.Last}");
        if (ghost.Leading is { } reign)
        {
            // Section 5.4.2: by counting, a leader commits only entries of its own term.
            Check(
                entry!.Stamp == reign.Stamp,
                "commit-own-term", replica, $"in {reign.Stamp} commits {entry} by counting");
            if (commit > Committed.Last)
            {
                Commit(replica, ghost, reign, entry);
            }
        }

        Check(
            Committed.Last >= commit,
            "a-leader-commits-first", replica, $"commits {commit}, no leader has committed more than {Committed.Last}");
        Check(
            Committed.Holds(entry!),
            "state-machine-safety", replica, $"commits {entry}, and {Committed.At(commit)} is committed");
        ghost.Commit = commit;
    }

    private void Commit(SimReplica replica, ReplicaGhost ghost, Reign reign, LogEntry entry)
    {
        foreach (SimReplica other in _world.Replicas)
        {
            Check(
                _ghosts[other.Place].Leading is not { } newer || newer.Stamp < reign.Stamp || newer.Log.Holds(entry),
                "leader-completeness", replica,
                $"commits {entry}, which {other.Id} does not have and leads a newer term");
        }

        // A change that is committed now was in force until now, even if the next one has followed at once.
        if (entry.Config is { } config && config.Index > ghost.Commit)
        {
            CheckDurable(replica, reign, config, MembershipAt(config));
        }

        CheckDurable(replica, reign, entry, MembershipAt(ghost.Log.Tip));
        for (ulong index = Committed.Last + 1; index <= entry.Index; index++)
        {
            LogEntry next = ghost.Log.At(index)!;
            Check(
                Committed.Put(next),
                "state-machine-safety", replica, $"commits {next} behind {Committed.At(Committed.Last)}");
            _committedIn.Add(reign.Stamp);
        }
    }

    private void CheckDurable(SimReplica replica, Reign reign, LogEntry entry, Membership membership)
    {
        ulong holders = 0;
        foreach (SimReplica other in _world.Replicas)
        {
            holders |= IsHeldBy(other.Disk, reign, entry) ? Electorate.BitOf(other.Place) : 0;
        }

        Check(
            Electorate.Commits(membership, holders),
            "committed-is-durable-on-a-quorum", replica,
            $"commits {entry}, durable on {Electorate.Tell(membership, holders)}");
    }
}
