using System.Numerics;

namespace Concord.Consensus;

/// <content>
/// A replica that may have forgotten something it once said: its disk lost or garbled entries, a vote or a term. What
/// is lost is not the same as what never was (Alagappan and others 2018): it may be what a commit or an election rested
/// on. So it decides nothing and counts for nothing, until two things are known. Every other voter has told its term
/// since: a candidate makes its term durable before it asks for votes, so no election that this replica took part in is
/// newer. And it has, durably, all that the leader of the newest term had when it answered: so nothing that this
/// replica ever acknowledged to a leader that counts is missing.
/// </content>
public abstract partial class ReplicaCore
{
    private protected bool _isImpaired;
    private ulong _surveyNumber;
    private ulong _surveyed;
    private TimeSpan _surveyDue;
    private LogIndex? _repairedAt;
    private Stamp _repairTerm;

    private protected void BecomeImpaired()
    {
        Invariant.Check(_role != Role.Leader, "a leader is told by nobody what it has");
        if (_isImpaired)
        {
            return;
        }

        _isImpaired = true;
        _surveyNumber = NextRandom();
        ForgetSurvey();
    }

    private void ForgetSurvey()
    {
        _surveyed = 0;
        _surveyDue = _now;
        _repairedAt = null;
    }

    /// <summary>Asked again and again: answers may be lost, and the leader changes. The number tells the answers from
    /// those to questions before the loss.</summary>
    private void AskEverybodysStamp()
    {
        if (_now < _surveyDue)
        {
            return;
        }

        _surveyDue = _now + (_options.ElectionTimeout / 2);
        AskVoters(new() { Kind = MessageKind.PreVote, Stamp = NextStamp, ReadSequence = _surveyNumber });
    }

    private void NoteSurvey(in Message message)
    {
        if (!_isImpaired || message.ReadSequence != _surveyNumber || message.IsImpaired)
        {
            return;
        }

        if (message.Rejected && message.Stamp > _stamp)
        {
            // First the newer term: what this replica has caught up with an older leader does not suffice in it.
            BecomeFollower(message.Stamp, NodeId.None);
        }

        _surveyed |= BitOf(_membership.IndexOf(message.From));

        // Whom this replica takes for the leader may have fallen meanwhile, and with it what it had not yet written.
        bool fromLeader = message.Rejected && message.From == _leader && message.Stamp == _stamp
            && message.LogStamp == _stamp;
        if (fromLeader && (_repairedAt is null || _repairTerm != _stamp))
        {
            _repairedAt = message.Index;
            _repairTerm = _stamp;
        }

        RecoverWhenCaughtUp();
    }

    private protected void RecoverWhenCaughtUp()
    {
        if (!_isImpaired || _repairedAt is not { } place || _repairTerm != _stamp)
        {
            return;
        }

        bool hasAll = LogIndex.Min(_verified, _durableIndex) >= place;
        if (hasAll && HasSurveyedAll())
        {
            _isImpaired = false;
            _acknowledgeDue = true;
            RestartElectionTimer();
        }
    }

    private bool HasSurveyedAll()
    {
        ulong others = 0;
        foreach (NodeId member in _membership.Members)
        {
            others |= member != _options.Self && _membership.IsVoter(member) ? BitOf(_membership.IndexOf(member)) : 0;
        }

        return others != 0 && BitOperations.PopCount(others & ~_surveyed) == 0;
    }
}
