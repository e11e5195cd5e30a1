namespace Concord.Consensus.Paxos;

/// <content>
/// The leader's side of phase 2. First what phase 1 found, place by place: of the values told the one of the highest
/// ballot, and nothing where nobody has accepted any. Then what is new.
/// </content>
public sealed partial class PaxosCore
{
    private static readonly LogIndex _notYet = new(ulong.MaxValue);

    /// <summary>The last place of which phase 1 found something.</summary>
    private LogIndex _found;

    private protected override ProposeResult Room =>
        IsHeldUp ? ProposeResult.HeldUp : IsWindowFull ? ProposeResult.Overloaded : ProposeResult.Accepted;

    /// <summary>Whether nothing may be proposed for a moment.</summary>
    private bool IsHeldUp => _firstOfTerm == _notYet || _barrier == _verified;

    /// <summary>Whether more places are undecided already than there may be.</summary>
    private bool IsWindowFull => _verified - _commitIndex >= (ulong)_options.WindowEntriesMax;

    /// <summary>Whether <see cref="ProposeFound"/> has anything left to do. Asked after every commit.</summary>
    private bool IsSomethingDue => _verified < _found || _firstOfTerm == _notYet || _barrier == _verified;

    /// <summary>All that is counted was proposed under this ballot, or chosen before.</summary>
    private protected override bool MayCommitByCounting(LogIndex index) => index <= _verified;

    private protected override void BeginLeading()
    {
        _firstOfTerm = _notYet;
        _found = LogIndex.Max(_phaseOne!.Values.Last, Log.Last);
        foreach (Progress follower in _followers)
        {
            if (_phaseOne.CommitOf(follower.Node) is { } commit)
            {
                follower.Replicate(commit + 1);
            }
        }

        ProposeFound();
    }

    /// <summary>Goes on until a membership that is not chosen yet, or voters that have not promised yet, bar the way.
    /// At the end stands an entry of the own: nothing is read before it is committed, and a membership before it is
    /// final with it.</summary>
    private void ProposeFound()
    {
        PhaseOne phase = _phaseOne!;
        _found = LogIndex.Max(_found, phase.Values.Last);
        while (IsSomethingDue && _barrier <= _commitIndex && HasPromises(_membership))
        {
            if (_verified < _found)
            {
                ProposeAgain(_verified + 1);
                continue;
            }

            if (_firstOfTerm == _notYet)
            {
                _firstOfTerm = _verified + 1;
            }

            AppendOwn(EntryKind.NoOp, []);
        }
    }

    private void ProposeAgain(LogIndex index)
    {
        if (IsFoundElsewhere(index))
        {
            LogBuffer values = _phaseOne!.Values;
            Put(index, _stamp, values.OriginAt(index), values.KindAt(index), values.PayloadAt(index));
        }
        else if (Log.Has(index))
        {
            Restamp(index, _stamp);
        }
        else
        {
            Put(index, _stamp, _stamp, EntryKind.NoOp, []);
        }

        Proposed(index, Log.KindAt(index));
        if (index >= _firstOfTerm)
        {
            _uncommittedBytes += Log.PayloadLengthAt(index) + EntryCodec.HeadBytes;
        }
    }

    private protected override LogIndex Append(EntryKind kind, ReadOnlySpan<byte> payload)
    {
        Invariant.Check(_verified == Log.Last, "what phase 1 found is proposed before anything new");
        LogIndex index = PutNext(_stamp, kind, payload);
        Proposed(index, kind);
        return index;
    }

    private void Proposed(LogIndex index, EntryKind kind)
    {
        _verified = index;
        if (kind == EntryKind.Membership)
        {
            _barrier = index;
        }
    }

    private protected override void SendEntries(Progress follower)
    {
        LogIndex previous = follower.Next - 1;
        bool byReference = false;
        LogRange entries = follower.Next > _found
            ? Fitting(follower.Next, _verified, out int bytes)
            : FittingFound(follower, out bytes, out byReference);
        Send(new()
        {
            Kind = MessageKind.Accept,
            To = follower.Node,
            Index = previous,
            Commit = _commitIndex,
            Entries = entries,
            ByReference = byReference,
        });
        follower.Sent(entries, bytes, _now);
    }

    /// <summary>Where phase 1 found something: entries that the follower holds, or others, as many as fit.</summary>
    private LogRange FittingFound(Progress follower, out int bytes, out bool byReference)
    {
        byReference = follower.Next <= _verified && HoldsValue(follower, follower.Next);
        int count = 0;
        bytes = 0;
        for (LogIndex index = follower.Next; index <= _verified; index++)
        {
            int entryBytes = EntryCodec.MeasureAt(index, Log, byReference);
            bool fits = count == 0 || bytes + entryBytes <= _options.AppendBytesMax;
            if (!fits || HoldsValue(follower, index) != byReference)
            {
                break;
            }

            bytes += entryBytes;
            count++;
        }

        return new(follower.Next, count);
    }

    /// <summary>What a follower said to hold is only named. Behind what phase 1 found nobody holds anything.</summary>
    private bool HoldsValue(Progress follower, LogIndex index) =>
        index <= _found && _phaseOne!.HasTold(follower.Node, index, Log.OriginAt(index));

    private void HandleAccepted(in Message message)
    {
        if (_role != Role.Leader || Find(message.From) is not { } follower)
        {
            return;
        }

        follower.Heard(_now);
        follower.TellsImpaired(message.IsImpaired);
        bool isNews = !message.Rejected || follower.State == ProgressState.Replicate
            || message.Index + 1 != follower.Next;

        // More than was ever proposed would be a broken peer, and the answer to what was asked before the last time one
        // that comes late: both count for nothing.
        if (message.Index > _verified || !isNews)
        {
            return;
        }

        bool isMore = follower.Accepted(message.Index, message.Commit, _now);
        if (message.Rejected)
        {
            // A message was lost, or it has restarted: from there on once more, all of it in full.
            _phaseOne!.ForgetTold(follower.Node);
            follower.Rewind(message.Index + 1);
        }

        if (isMore)
        {
            AdvanceCommit();
        }
    }
}
