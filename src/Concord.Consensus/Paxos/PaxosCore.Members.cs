namespace Concord.Consensus.Paxos;

/// <content>
/// Changes of membership. A membership governs the places behind its own, and it is in force once it is known to be
/// chosen; nothing is proposed behind it before (the window of Lamport, Malkhi and Zhou 2010, closed for that moment).
/// So any change takes one entry, be the new voters all others. While it is under way the new voters are asked for their
/// promises, so that nothing waits for those afterwards. The entry behind it is the sign by which a replica that
/// restarts sees that the membership was chosen.
/// </content>
public sealed partial class PaxosCore
{
    private readonly List<LogIndex> _undecidedMemberships = [];

    /// <summary>The last membership that this leader has proposed: nothing overtakes it.</summary>
    private LogIndex _barrier;

    private protected override bool IsMembershipFinal =>
        _commitIndex > _memberships.Index && _barrier <= _commitIndex;

    private static LogIndex CommitIndexOf(RecoveredReplica recovered)
    {
        ArgumentNullException.ThrowIfNull(recovered);
        LogBuffer log = recovered.Log;
        LogIndex commit = log.Base;
        while (commit < recovered.CommitIndex && log.Has(commit + 1))
        {
            commit += 1;
        }

        for (LogIndex at = commit + 1; log.Has(at); at++)
        {
            if (log.KindAt(at) == EntryKind.Membership && IsOvertaken(log, commit, at))
            {
                commit = at;
            }
        }

        return commit;
    }

    /// <summary>Whoever first proposed something behind a membership knew that it and all before it were chosen: so the
    /// values that were accepted here under that ballot or a later one are those.</summary>
    private static bool IsOvertaken(LogBuffer log, LogIndex commit, LogIndex membership)
    {
        Stamp oldest = log.StampAt(membership);
        for (LogIndex at = commit + 1; at < membership; at++)
        {
            oldest = log.StampAt(at) < oldest ? log.StampAt(at) : oldest;
        }

        for (LogIndex at = membership + 1; at <= log.Last; at++)
        {
            if (log.Has(at) && log.OriginAt(at) <= oldest)
            {
                return true;
            }
        }

        return false;
    }

    private protected override void BeginChange(Membership target)
    {
        AppendOwn(EntryKind.Membership, MembershipCodec.Encode(target));
        AskForPromises(target);
    }

    private protected override void AfterCommit()
    {
        bool changed = false;
        while (_undecidedMemberships.Count > 0 && _undecidedMemberships[0] <= _commitIndex)
        {
            LogIndex index = _undecidedMemberships[0];
            _undecidedMemberships.RemoveAt(0);
            _memberships.Append(index, Log.PayloadAt(index));
            changed = true;
        }

        if (changed)
        {
            PutMembershipInForce();
            ShowMembershipChosen();
        }

        if (_role == Role.Leader)
        {
            if (changed && !HasPromises(_membership))
            {
                AskForPromises(_membership);
            }

            ProposeFound();
            if (_commitIndex >= _found)
            {
                _phaseOne!.ForgetValues(_commitIndex);
            }
        }
    }

    /// <summary>What stands behind the membership in force says, by the ballot that it is of, that all before was chosen:
    /// if that is stamped as old as it is, or later. What was chosen under an older ballot is stamped anew for that;
    /// every later ballot could only propose the same.</summary>
    private void ShowMembershipChosen()
    {
        LogIndex sign = _memberships.Index + 1;
        for (LogIndex at = _memberships.Index; at >= Log.First && Log.Has(sign); at -= 1)
        {
            if (Log.StampAt(at) < Log.OriginAt(sign))
            {
                Restamp(at, _stamp);
            }
        }
    }

    private void NoteKind(LogIndex index, EntryKind kind)
    {
        if (_undecidedMemberships.Count > 0)
        {
            _undecidedMemberships.Remove(index);
        }

        if (kind == EntryKind.Membership)
        {
            int place = _undecidedMemberships.BinarySearch(index);
            _undecidedMemberships.Insert(~place, index);
        }
    }
}
