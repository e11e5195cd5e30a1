namespace Concord.Consensus.Paxos;

/// <content>
/// Learning what was chosen from any replica that knows it: a replica that hears of commits and does not come nearer to
/// them asks one after the other. What is chosen is chosen under every ballot, so none is asked for.
/// </content>
public sealed partial class PaxosCore
{
    private readonly List<(NodeId Learner, LogIndex Behind)> _lessonsOwed = [];
    private LogIndex _knownCommit;
    private TimeSpan _learnDue;
    private int _learnTurn;

    private protected override void HeardOfCommit(LogIndex commit)
    {
        if (commit > _commitIndex && commit > _knownCommit)
        {
            _learnDue = _knownCommit <= _commitIndex ? _now + (2 * _options.HeartbeatInterval) : _learnDue;
            _knownCommit = commit;
        }
    }

    private void LearnWhenBehind()
    {
        if (_role is Role.Leader or Role.Candidate || _knownCommit <= _commitIndex || _now < _learnDue)
        {
            return;
        }

        AskSomebodyToLearn();
    }

    /// <summary>A replica that hears no leader and may not stand: perhaps it only does not know that it may.</summary>
    private protected override void WaitInVain() => AskSomebodyToLearn();

    private void AskSomebodyToLearn()
    {
        IReadOnlyList<NodeId> members = _membership.Members;
        for (int i = 0; i < members.Count; i++)
        {
            NodeId member = members[_learnTurn++ % members.Count];
            if (member != _options.Self)
            {
                AskToLearn(member);
                break;
            }
        }
    }

    private void AskToLearn(NodeId member)
    {
        _learnDue = _now + (2 * _options.HeartbeatInterval);
        Send(new() { Kind = MessageKind.Learn, To = member, Index = _commitIndex }, HardStateWrite);
    }

    private void HandleLearn(in Message message)
    {
        _lessonsOwed.Add((message.From, message.Index));
        _isWordOwed = true;
    }

    private void Teach()
    {
        foreach ((NodeId learner, LogIndex behind) in _lessonsOwed)
        {
            LogIndex index = LogIndex.Max(behind, Log.Base);
            LogIndex last = LogIndex.Min(_commitIndex, _durableIndex);

            // Not before its own stamp is durable, which the answer tells too. Who asked asks again.
            if (last > behind && HardStateWrite <= _durableSequence)
            {
                Send(new()
                {
                    Kind = MessageKind.LearnReply,
                    To = learner,
                    Index = index,
                    Entries = Fitting(index + 1, last, out _),
                    Commit = _commitIndex,
                });
            }
        }

        _lessonsOwed.Clear();
    }

    private void HandleLearnReply(in Message message, EntryReader entries)
    {
        if (_role is Role.Leader or Role.Candidate)
        {
            return;
        }

        if (message.Index > _commitIndex)
        {
            _snapshotWantedFrom = message.From;
            return;
        }

        if (TakeChosen(message, entries))
        {
            _acknowledgeDue |= !_leader.IsNone;
            RecoverWhenCaughtUp();
            if (message.Commit > _commitIndex)
            {
                AskToLearn(message.From);
            }
        }
    }

    /// <summary>Takes what the sender knew to be chosen when it wrote this.</summary>
    /// <returns>Whether that was news.</returns>
    private bool TakeChosen(in Message message, EntryReader entries)
    {
        LogIndex index = message.Index;
        if (index > _commitIndex)
        {
            return false;
        }

        while (index < message.Commit
            && entries.TryRead(out Stamp stamp, out EntryKind kind, out ReadOnlySpan<byte> payload))
        {
            index++;
            if (index > _commitIndex)
            {
                TakeChosen(index, stamp, entries.Origin, kind, payload);
            }
        }

        bool isNews = index > _commitIndex;
        _verified = LogIndex.Max(_verified, index);
        ExtendVerified();
        CommitTo(LogIndex.Max(_commitIndex, index));
        return isNews;
    }

    private void TakeChosen(
        LogIndex index, Stamp stamp, Stamp origin, EntryKind kind, ReadOnlySpan<byte> payload)
    {
        if (stamp > _stamp)
        {
            // A stamp in the log says that it was reached; whose it is now is not known.
            BecomeFollower(stamp, NodeId.None);
        }

        bool isHeld = Log.Has(index) && Log.OriginAt(index) == origin;
        Invariant.Check(isHeld || !Log.Has(index) || Log.StampAt(index) < stamp, "one value is chosen in a place");
        if (isHeld)
        {
            Restamp(index, stamp > Log.StampAt(index) ? stamp : Log.StampAt(index));
        }
        else
        {
            Put(index, stamp, origin, kind, payload);
        }
    }
}
