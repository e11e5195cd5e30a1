namespace Concord.Consensus.Paxos;

/// <content>
/// Phase 1: a candidate takes a ballot that nobody used before, and asks every voter to promise that it accepts nothing
/// under lower ones and to tell what it has accepted. Every place counts, chosen or not: what is left out would be
/// taken for free and given away a second time.
/// </content>
public sealed partial class PaxosCore
{
    private readonly List<PromiseOwed> _promisesOwed = [];
    private PhaseOne? _phaseOne;
    private bool _isTransferred;
    private TimeSpan _askedAt;
    private Stamp _promised;
    private LogIndex _askedBehind;

    private protected override bool MayStand => _membership.IsVoter(_options.Self);

    /// <summary>A round above all that were seen, with the own number below it: nobody else can use it, and since it is
    /// durable before anybody hears of it, neither can this replica a second time.</summary>
    private protected override Stamp NextStamp => Stamp.FromBallot(_stamp.Term + 1, _options.Self);

    private protected override HardState HardState => new(_stamp, NodeId.None) { Commit = _chosenDurably };

    private protected override void BecomeCandidate(bool isTransfer)
    {
        StandUnder(NextStamp);
        _isTransferred = isTransfer;
        _phaseOne = new(_commitIndex);
        AskForPromises(_membership);
    }

    /// <summary>Anybody may be elected. One that is far behind would spend long fetching what others have: those
    /// stand soon. One that would need a snapshot first could not even be told what was accepted.</summary>
    private protected override bool IsUpToDate(in Message message) => message.Commit >= Log.Base
        && message.Commit + (ulong)_options.CatchUpEntriesMax >= _commitIndex;

    private protected override bool HasLogOf(in Message message) => _verified >= message.Index;

    private void AskForPromises(Membership membership)
    {
        _askedAt = _now;
        foreach (NodeId member in membership.Members)
        {
            if (member != _options.Self && membership.IsVoter(member) && !_phaseOne!.HasPromised(member))
            {
                AskForPromise(member);
            }
        }
    }

    private void AskForPromise(NodeId member)
    {
        // Durable before told: or a restart could use the ballot for another value.
        Message request = new()
        {
            Kind = MessageKind.Prepare,
            To = member,
            Index = _phaseOne!.AskFrom(member, _commitIndex),
            Commit = _commitIndex,
            IsTransfer = _isTransferred,
        };
        Send(request, HardStateWrite);
    }

    private void RetryPrepare()
    {
        bool isAsking = _role == Role.Candidate || (_role == Role.Leader && !HasPromises(_membership));
        if (isAsking && _now - _askedAt >= _options.HeartbeatInterval)
        {
            AskForPromises(_membership);
        }
    }

    /// <summary>The leader that is followed may ask once more, for what it needs to let others vote. Not anybody of the
    /// same ballot: that this replica has heard of it does not take back what it promised the leader before.</summary>
    private protected override bool IsPromisedAlready(in Message message) =>
        message.Stamp == _stamp && message.From == _leader;

    private void HandlePrepare(in Message message)
    {
        if (_isImpaired || message.Stamp.Owner != message.From)
        {
            Send(new() { Kind = MessageKind.Promise, To = message.From, Rejected = true }, HardStateWrite);
            return;
        }

        // Membership is not asked: a voter may not know yet that it is one.
        NodeId candidate = message.From;
        _promisesOwed.RemoveAll(owed => owed.Candidate == candidate);
        _promisesOwed.Add(new(candidate, message.Index));
        _isWordOwed = true;
        if (_promised != _stamp || message.Index > _askedBehind)
        {
            // It comes on: it asks for the first or for the next piece, and is given time for that.
            (_promised, _askedBehind) = (_stamp, message.Index);
            WaitForElected();
        }
    }

    private protected override void SendOwed()
    {
        Teach();
        SendPromises();
        _isWordOwed = _promisesOwed.Count > 0;
    }

    /// <summary>Durable before told: the promise, and all that is told with it. It is told as it is then, for the log
    /// may be compacted while the write is under way.</summary>
    private void SendPromises()
    {
        if (_promisesOwed.Count > 0 && LastChange <= _durableSequence)
        {
            foreach (PromiseOwed owed in _promisesOwed)
            {
                SendPromise(owed.Candidate, owed.Behind);
            }

            _promisesOwed.Clear();
        }
    }

    private void SendPromise(NodeId candidate, LogIndex behind)
    {
        LogIndex index = LogIndex.Max(behind, Log.Base);
        Send(new()
        {
            Kind = MessageKind.Promise,
            To = candidate,
            Index = index,
            Entries = Fitting(index + 1, Log.Last, out _),
            Hint = Log.Last,
            Commit = _commitIndex,
        });
    }

    /// <summary>Until a quorum has promised, and again for a membership that is to come. Who comes late is asked once
    /// more if it matters: what nobody of the quorum holds was not chosen, and would only be agreed upon again behind
    /// what is new.</summary>
    private bool IsWaitingForPromises =>
        _role == Role.Candidate || _barrier > _commitIndex || !HasPromises(_membership);

    /// <summary>It is for exactly this ballot: the one place where stamps are compared has seen to that.</summary>
    private void HandlePromise(in Message message, EntryReader entries)
    {
        if (_phaseOne is not { } phase || message.Rejected || message.IsImpaired || !IsWaitingForPromises)
        {
            return;
        }

        if (_role == Role.Candidate && message.Index > phase.AskFrom(message.From, _commitIndex))
        {
            // It has forgotten what this replica lacks, for a snapshot covers it: first that.
            BecomeFollower(_stamp, NodeId.None);
            _snapshotWantedFrom = message.From;
            return;
        }

        // What it knows to be chosen needs no quorum. Who votes may have changed in it: then others must be asked.
        TakeChosen(message, entries);
        if (_phaseOne is null || !phase.Take(message, entries, _commitIndex))
        {
            return;
        }

        if (!phase.HasPromised(message.From))
        {
            AskForPromise(message.From);
            WaitForElected();
        }
        else if (_role == Role.Candidate)
        {
            CountVote(_membership.IndexOf(message.From));
        }
        else
        {
            ProposeFound();
        }
    }

    /// <summary>The own promise counts once it is durable, like anybody's.</summary>
    private protected override void CountOwnVote()
    {
        if (_role == Role.Candidate && HardStateWrite <= _durableSequence)
        {
            CountVote(_selfPlace);
        }
    }

    /// <summary>Whether a quorum that elects in <paramref name="membership"/> has promised.</summary>
    private bool HasPromises(Membership membership) => membership.Quorum.IsElectedBy(
        BitOf(membership.IndexOf(_options.Self)) | _phaseOne!.PromisedIn(membership));

    /// <summary>Whether the value of the highest ballot at <paramref name="index"/> is another's, not the
    /// own.</summary>
    private bool IsFoundElsewhere(LogIndex index) => _phaseOne!.Values.Has(index)
        && (!Log.Has(index) || Log.StampAt(index) < _phaseOne.Values.StampAt(index));

    private readonly record struct PromiseOwed(NodeId Candidate, LogIndex Behind);
}
