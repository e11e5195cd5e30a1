namespace Concord.Consensus.Paxos;

/// <content>
/// Changes of membership. A membership governs the places behind its own, and it is in force once it is known to be
/// chosen; nothing is proposed behind it before (the window of Lamport, Malkhi and Zhou 2010, closed for that moment).
/// So any change takes one entry, be the new voters all others. While it is under way the new voters are asked for
/// their promises, so that nothing waits for those afterwards. Whoever acknowledges the entry behind it has made
/// durable that the membership was chosen: a restart must not forget who decides.
/// </content>
public sealed partial class PaxosCore
{
    private readonly List<LogIndex> _undecidedMemberships = [];

    /// <summary>The last membership that this leader has proposed: nothing overtakes it.</summary>
    private LogIndex _barrier;

    private LogIndex _chosenDurably;

    /// <inheritdoc/>
    public override bool IsMembershipFinal =>
        _commitIndex > _memberships.Index && _barrier <= _commitIndex;

    private static LogIndex KnownCommit(RecoveredReplica recovered) =>
        LogIndex.Max(recovered.CommitIndex, recovered.HardState.Commit);

    private static LogIndex CommitIndexOf(RecoveredReplica recovered)
    {
        ArgumentNullException.ThrowIfNull(recovered);
        LogBuffer log = recovered.Log;
        LogIndex commit = log.Base;
        while (commit < KnownCommit(recovered) && log.Has(commit + 1))
        {
            commit += 1;
        }

        return commit;
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
            _chosenDurably = _commitIndex;
            _hardStateDirty = true;
            PutMembershipInForce();
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

    private void NoteKind(LogIndex index, EntryKind kind)
    {
        _undecidedMemberships.Remove(index);
        if (kind == EntryKind.Membership)
        {
            int place = _undecidedMemberships.BinarySearch(index);
            _undecidedMemberships.Insert(~place, index);
        }
    }
}
