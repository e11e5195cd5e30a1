namespace Concord.Consensus.Raft;

/// <content>Leader election (Raft section 5.2), and who may be elected (section 5.4.1).</content>
public sealed partial class RaftCore
{
    private NodeId _votedFor;

    /// <summary>Whoever is about to be a voter no more must still stand until that is committed: it may be the only one
    /// that holds what makes the others elect somebody without it (thesis 4.2.2).</summary>
    private protected override bool MayStand => _membership.IsVoter(_options.Self)
        || (_memberships.Index > _commitIndex
            && _memberships.At(_memberships.Index - 1).Membership.IsVoter(_options.Self));

    private protected override Stamp NextStamp => _stamp.NextTerm();

    private protected override HardState HardState => new(_stamp, _votedFor);

    private protected override void BecomeCandidate(bool isTransfer)
    {
        StandUnder(NextStamp);

        // Whoever is elected proposes all that it has.
        _verified = Log.Last;
        _votedFor = _options.Self;
        AskVoters(new() { Kind = MessageKind.RequestVote, IsTransfer = isTransfer });
    }

    private void HandleRequestVote(in Message message)
    {
        // One vote per term (section 5.2), and only for a log that is at least as up to date as the own one. Membership
        // is not asked: a voter may not know yet that it is one.
        bool free = _votedFor.IsNone || _votedFor == message.From;
        bool granted = !_isImpaired && free && IsUpToDate(message);
        if (granted)
        {
            _hardStateDirty |= _votedFor != message.From;
            _votedFor = message.From;
            WaitForElected();
        }

        Send(new() { Kind = MessageKind.RequestVoteReply, To = message.From, Rejected = !granted }, HardStateWrite);
    }

    /// <summary>Section 5.4.1: a later last term wins, else the longer log.</summary>
    private protected override bool IsUpToDate(in Message message) =>
        message.LogStamp > Log.LastStamp || (message.LogStamp == Log.LastStamp && message.Index >= Log.Last);

    private protected override bool HasLogOf(in Message message) => Log.LastStamp > message.LogStamp
        || (Log.LastStamp == message.LogStamp && Log.Last >= message.Index);

    private void HandleRequestVoteReply(in Message message)
    {
        if (_role == Role.Candidate && !message.Rejected)
        {
            CountVote(_membership.IndexOf(message.From));
        }
    }

    /// <summary>The own vote counts once it is durable, like anybody's.</summary>
    private protected override void CountOwnVote()
    {
        if (_role == Role.Candidate && HardStateWrite <= _durableSequence)
        {
            CountVote(_selfPlace);
        }
    }

    /// <summary>Section 5.4.2 and thesis 6.4: nothing of earlier terms is committed, and nothing is read, before an
    /// entry of the own term is.</summary>
    private protected override void BeginLeading() => _firstOfTerm = AppendOwn(EntryKind.NoOp, []);
}
