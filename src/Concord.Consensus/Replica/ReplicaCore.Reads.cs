namespace Concord.Consensus;

/// <content>
/// Linearizable reads without a log entry (ReadIndex, thesis 6.4): the leader notes its commit index, lets a quorum
/// confirm that it still leads, and only then is the state read at that index. All reads that wait share one round. A
/// follower asks its leader for the index, and reads its own state.
/// </content>
public abstract partial class ReplicaCore
{
    private readonly Queue<WaitingRead> _readsBeforeCommit = new();
    private readonly List<WaitingRead> _newReads = [];
    private readonly Queue<WaitingRead> _reads = new();
    private readonly List<ReadResult> _readResults = [];
    private ulong _readSequence;

    private int WaitingReads => _readsBeforeCommit.Count + _newReads.Count + _reads.Count;

    /// <inheritdoc/>
    public ProposeResult Read(ulong context, TimeSpan now)
    {
        Advance(now);
        if (_role != Role.Leader)
        {
            return ReadAtFollower(context);
        }

        if (WaitingReads >= _options.WaitingReadsMax)
        {
            return ProposeResult.Overloaded;
        }

        if (HoldsLease())
        {
            _readResults.Add(new(context, _commitIndex, Failed: false));
        }
        else
        {
            TakeRead(new(context, NodeId.None, _commitIndex, Round: 0));
        }

        return ProposeResult.Accepted;
    }

    /// <summary>Before the first commit of its term a leader may not know what earlier leaders have committed: such
    /// reads wait, they are neither answered nor dropped.</summary>
    private void TakeRead(in WaitingRead read)
    {
        if (HasCommittedInTerm)
        {
            _newReads.Add(read);
        }
        else
        {
            _readsBeforeCommit.Enqueue(read);
        }
    }

    private void AdmitWaitingReads()
    {
        while (HasCommittedInTerm && _readsBeforeCommit.TryDequeue(out WaitingRead read))
        {
            _newReads.Add(read with { Index = _commitIndex });
        }
    }

    private void HandleReadIndex(in Message message)
    {
        // What does not fit is not answered: the follower asks again, under another number.
        if (_role == Role.Leader && WaitingReads < _options.WaitingReadsMax)
        {
            TakeRead(new(message.ReadSequence, message.From, _commitIndex, Round: 0));
        }
    }

    /// <summary>Gives the reads that came since the last drain a round of their own. A read never joins a round that
    /// was under way when it came: the confirmation must be younger than the read.</summary>
    private void OpenReadRound()
    {
        if (_newReads.Count == 0)
        {
            return;
        }

        _readSequence++;
        foreach (WaitingRead read in _newReads)
        {
            _reads.Enqueue(read with { Round = _readSequence });
        }

        _newReads.Clear();
        SendHeartbeats(toQuiet: true);
        AnswerConfirmedReads();
    }

    private void ConfirmRound(Progress follower, ulong round)
    {
        if (round > follower.ReadSequence && round <= _readSequence)
        {
            follower.ReadSequence = round;
            AnswerConfirmedReads();
        }
    }

    /// <summary>The newest round that a quorum has confirmed.</summary>
    private ulong ConfirmedRound()
    {
        Span<ulong> rounds = stackalloc ulong[_membership.Members.Count];
        rounds.Clear();
        if (_selfPlace >= 0)
        {
            rounds[_selfPlace] = _readSequence;
        }

        foreach (Progress follower in _followers)
        {
            if (follower.Place >= 0 && !follower.IsImpaired)
            {
                rounds[follower.Place] = follower.ReadSequence;
            }
        }

        return _membership.Quorum.Reached(rounds);
    }

    private void AnswerConfirmedReads()
    {
        if (_reads.Count == 0)
        {
            return;
        }

        ulong confirmed = ConfirmedRound();
        while (_reads.TryPeek(out WaitingRead read) && read.Round <= confirmed)
        {
            _reads.Dequeue();
            if (read.Asker.IsNone)
            {
                _readResults.Add(new(read.Context, read.Index, Failed: false));
            }
            else
            {
                Send(new()
                {
                    Kind = MessageKind.ReadIndexReply,
                    To = read.Asker,
                    ReadSequence = read.Context,
                    Index = read.Index,
                });
            }
        }
    }

    /// <summary>Followers that asked notice by themselves that their leader is another.</summary>
    private void FailReads()
    {
        foreach (WaitingRead read in _readsBeforeCommit.Concat(_newReads).Concat(_reads))
        {
            if (read.Asker.IsNone)
            {
                _readResults.Add(new(read.Context, default, Failed: true));
            }
        }

        ResetReads();
    }

    private void ResetReads()
    {
        _readsBeforeCommit.Clear();
        _newReads.Clear();
        _reads.Clear();
        _readSequence = 0;
    }

    private void DrainReads(Outbox outbox)
    {
        outbox.Reads.AddRange(_readResults);
        _readResults.Clear();
    }

    /// <summary>A read and the round that confirms it. The context is the number of the caller, or of the follower that
    /// asks; the asker is none for a read of this replica's host.</summary>
    private readonly record struct WaitingRead(ulong Context, NodeId Asker, LogIndex Index, ulong Round);
}
