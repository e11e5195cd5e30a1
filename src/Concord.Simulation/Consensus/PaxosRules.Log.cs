using Concord.Consensus;

namespace Concord.Simulation.Consensus;

/// <content>What is accepted, chosen and applied.</content>
internal sealed partial class PaxosRules
{
    protected override bool Written(SimReplica replica, ReplicaGhost ghost, in LogWrite write)
    {
        if (write.HardState is { } hardState)
        {
            Check(
                hardState.Stamp >= ghost.Submitted.Stamp && hardState.Stamp >= ghost.Log.NewestStamp,
                "promise-monotone", replica, $"writes {hardState} over {ghost.Submitted}");
            ghost.Submitted = hardState;
        }

        Check(
            write.TruncateFrom is null && write.KeepsWhatFollows,
            "nothing-is-truncated", replica, $"truncates from {write.TruncateFrom}");
        CommitKnown(replica, ghost, replica.Core!.Status.CommitIndex.Value);
        Accepted(replica, ghost, write.Entries);
        Accepted(replica, ghost, write.Restamped);
        ghost.ModelPromise = ghost.Stamp;
        return !write.Entries.IsEmpty || !write.Restamped.IsEmpty;
    }

    private void Accepted(SimReplica replica, ReplicaGhost ghost, LogRange range)
    {
        LogBuffer log = replica.Core!.Log;
        for (int i = 0; i < range.Count; i++)
        {
            LogIndex at = range.First + (ulong)i;
            if (!log.Has(at))
            {
                continue;
            }

            // Interning fails where one ballot proposes two values in a place.
            LogEntry entry = _entries.Intern(
                null, at.Value, log.StampAt(at), log.OriginAt(at), log.KindAt(at), log.PayloadAt(at));
            if (ghost.Log.At(at.Value) is var before && before != entry)
            {
                CheckAccepted(replica, ghost, before, entry);
                ghost.Log.PutAlone(entry);
            }
        }
    }

    private void CheckAccepted(SimReplica replica, ReplicaGhost ghost, LogEntry? before, LogEntry entry)
    {
        LogEntry? chosen = Committed.At(entry.Index);
        CheckModel(replica, ghost, before, entry, chosen);
        if (before is not null && !before.IsSameValue(entry))
        {
            _world.Faults.Count(FaultKind.EntriesTruncated);
            if (before.Kind == EntryKind.Membership)
            {
                _world.Faults.Count(FaultKind.ChangeTakenBack);
            }
        }

        Check(
            entry.Index > ghost.Commit || entry.IsSameValue(chosen),
            "chosen-stays", replica, $"holds {entry} where {chosen} is committed");
        Check(
            before is null || before.Stamp < entry.Stamp,
            "accepted-stamp-grows", replica, $"accepts {entry} over {before}");
        if (entry.Stamp != ghost.Stamp)
        {
            // Nothing is accepted under another ballot than the one that is promised; what is chosen is learned.
            Check(
                entry.Stamp < ghost.Stamp && entry.IsSameValue(chosen),
                "accept-what-is-promised", replica, $"has promised {ghost.Stamp} and takes {entry}, chosen is "
                    + $"{chosen}");
            return;
        }

        if (ghost.Leading is { } own)
        {
            Proposed(replica, own, entry, chosen);
            return;
        }

        // Under its own ballot a replica that does not lead yet, or no more, takes only what it learned or proposed.
        bool isProposed = _reigns.TryGetValue(entry.Stamp, out Reign? reign) && reign.Log.HoldsValue(entry);
        Check(
            isProposed || entry.IsSameValue(chosen),
            "accept-what-is-proposed", replica, $"accepts {entry}, which its leader did not propose");
    }

    private void Proposed(SimReplica replica, Reign reign, LogEntry entry, LogEntry? chosen)
    {
        // Who does not know yet of a later ballot may propose what that has overtaken: nobody will accept it.
        bool isOvertaken = chosen is not null && _committedIn[(int)chosen.Index - 1] > reign.Stamp;
        Check(
            chosen is null || isOvertaken || entry.IsSameValue(chosen),
            "chosen-is-proposed-again", replica, $"proposes {entry} where {chosen} is committed");
        // As far as the proposer knows: one that a later ballot has overtaken may not know of a change.
        ulong known = Math.Min(replica.Core!.Status.CommitIndex.Value, entry.Index - 1);
        Membership governing = MembershipAt(Committed.At(Math.Min(known, Committed.Last)));
        Check(
            !IsAnotherChosenOnDisks(entry, governing),
            "chosen-is-proposed-again", replica, $"proposes {entry} where a quorum has accepted another value");
        Check(
            Committed.At(entry.Index) is not null || !HasUndecidedBefore(reign, entry.Index),
            "nothing-overtakes-a-membership", replica, $"proposes {entry} behind a membership that is not chosen");
        ulong promised = _promised.GetValueOrDefault(reign.Stamp) | Electorate.BitOf(reign.Leader);
        Check(
            Electorate.Elects(governing, promised),
            "proposed-with-promises", replica,
            $"proposes {entry} with the promises of {Electorate.Tell(governing, promised)}");
        CheckProposal(replica, reign, entry, governing);
        reign.Log.PutAlone(entry);
    }

    private bool HasUndecidedBefore(Reign reign, ulong index)
    {
        for (ulong at = index - 1; at > Committed.Last && at > 0; at--)
        {
            if (reign.Log.At(at) is { Kind: EntryKind.Membership })
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Whether a quorum has accepted another value under one earlier ballot: then that is chosen, though
    /// nobody may know it.</summary>
    private bool IsAnotherChosenOnDisks(LogEntry entry, Membership governing)
    {
        foreach (SimReplica replica in _world.Replicas)
        {
            if (replica.Disk.Log.At(entry.Index) is not { } held || held.IsSameValue(entry) || held.Stamp > entry.Stamp)
            {
                continue;
            }

            ulong holders = 0;
            foreach (SimReplica other in _world.Replicas)
            {
                holders |= other.Disk.Log.At(entry.Index) == held ? Electorate.BitOf(other.Place) : 0;
            }

            if (Electorate.Commits(governing, holders))
            {
                return true;
            }
        }

        return false;
    }

    protected override void CommitSeen(SimReplica replica, ReplicaGhost ghost, in ReplicaStatus status)
    {
        ulong commit = status.CommitIndex.Value;
        Check(commit >= ghost.Commit, "commit-monotone", replica, $"fell from {ghost.Commit} to {commit}");
        CommitKnown(replica, ghost, commit);
        Check(
            ghost.Commit == commit,
            "commit-what-is-there", replica, $"commits {commit}, its log ends at {ghost.Log.Last} or has a gap before");
    }

    /// <summary>As far as it lies in the log: what is committed may be followed by what rests on it, in one
    /// step.</summary>
    private void CommitKnown(SimReplica replica, ReplicaGhost ghost, ulong commit)
    {
        LogBuffer log = replica.Core!.Log;
        for (ulong index = ghost.Commit + 1; index <= commit; index++)
        {
            if (ghost.Log.At(index) is not { } entry || (log.Has(new(index))
                && log.OriginAt(new(index)) != entry.Origin))
            {
                return;
            }

            if (index > Committed.Last)
            {
                Check(
                    ghost.Leading is not null,
                    "a-leader-commits-first", replica,
                    $"commits {index}, no leader has committed more than {Committed.Last}");
                Commit(replica, ghost.Leading!, entry);
            }

            Check(
                Committed.At(index)!.IsSameValue(entry),
                "state-machine-safety", replica, $"commits {entry}, and {Committed.At(index)} is committed");
            ghost.Commit = index;
        }
    }

    private void Commit(SimReplica replica, Reign reign, LogEntry entry)
    {
        ulong holders = 0;
        foreach (SimReplica other in _world.Replicas)
        {
            holders |= IsHeldBy(other.Disk, reign, entry) ? Electorate.BitOf(other.Place) : 0;
        }

        Membership governing = Governing(entry.Index);
        Check(
            Electorate.Commits(governing, holders),
            "committed-is-durable-on-a-quorum", replica,
            $"commits {entry}, durable on {Electorate.Tell(governing, holders)}");
        LogEntry linked = new(Committed.Tip, entry.Index, entry.Origin, entry.Origin, entry.Kind, entry.Payload);
        Check(
            Committed.Put(linked), "state-machine-safety", replica, $"commits {entry} behind {Committed.Last}");
        _committedIn.Add(reign.Stamp);
    }

    /// <summary>What counts for a commit: what was accepted under the ballot or a later one and lies there, or lay
    /// there and was lost later. What came to a replica after its loss does not count until it has made up for
    /// that.</summary>
    private static bool IsHeldBy(LogDisk disk, Reign reign, LogEntry entry)
    {
        bool Counts(LogPath log) => log.At(entry.Index) is { } held && held.Stamp >= reign.Stamp
            && held.IsSameValue(entry);
        return (Counts(disk.Log) && !disk.IsImpaired) || disk.Lost.Any(Counts) || disk.SnapshotIndex >= entry.Index;
    }

    protected override string SnapshotRule => "snapshot-keeps-what-was-accepted";

    protected override void Cover(SimReplica replica, ReplicaGhost ghost, LogEntry entry) =>
        ghost.Log.CoverThrough(entry);
}
