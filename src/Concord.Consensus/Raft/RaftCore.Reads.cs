namespace Concord.Consensus.Raft;

/// <content>
/// Linearizable reads without a log entry (ReadIndex, thesis 6.4): the leader notes its commit index, lets a majority
/// confirm that it still leads, and only then is the state read at that index. All reads that wait share one round.
/// </content>
public sealed partial class RaftCore
{
    private readonly Queue<ulong> _readsBeforeCommit = new();
    private readonly List<WaitingRead> _newReads = [];
    private readonly Queue<WaitingRead> _reads = new();
    private readonly List<ReadResult> _readResults = [];
    private ulong _readSequence;

    private int WaitingReads => _readsBeforeCommit.Count + _newReads.Count + _reads.Count;

    /// <inheritdoc/>
    public ProposeResult Read(ulong context)
    {
        if (_role != Role.Leader)
        {
            return ProposeResult.NotLeader;
        }

        if (WaitingReads >= _options.WaitingReadsMax)
        {
            return ProposeResult.Overloaded;
        }

        // Before the first commit of its term a leader may not know what earlier leaders have committed: such reads
        // wait, they are neither answered nor dropped.
        if (HasCommittedInTerm)
        {
            _newReads.Add(new(context, _commitIndex, Round: 0));
        }
        else
        {
            _readsBeforeCommit.Enqueue(context);
        }

        return ProposeResult.Accepted;
    }

    private void AdmitWaitingReads()
    {
        while (_readsBeforeCommit.TryDequeue(out ulong context))
        {
            _newReads.Add(new(context, _commitIndex, Round: 0));
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
        SendHeartbeats();
        AnswerConfirmedReads();
    }

    private void ConfirmReads(Progress follower, ulong round)
    {
        if (round > follower.ReadSequence)
        {
            follower.ReadSequence = round;
            AnswerConfirmedReads();
        }
    }

    private void AnswerConfirmedReads()
    {
        Span<ulong> rounds = stackalloc ulong[_quorum.Voters];
        rounds[0] = _readSequence;
        for (int i = 0; i < _followers.Count; i++)
        {
            rounds[i + 1] = _followers[i].ReadSequence;
        }

        ulong confirmed = _quorum.Reached(rounds);
        while (_reads.TryPeek(out WaitingRead read) && read.Round <= confirmed)
        {
            _reads.Dequeue();
            _readResults.Add(new(read.Context, read.Index, Failed: false));
        }
    }

    private void FailReads()
    {
        foreach (ulong context in _readsBeforeCommit)
        {
            _readResults.Add(new(context, default, Failed: true));
        }

        foreach (WaitingRead read in _newReads)
        {
            _readResults.Add(new(read.Context, default, Failed: true));
        }

        foreach (WaitingRead read in _reads)
        {
            _readResults.Add(new(read.Context, default, Failed: true));
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

    private readonly record struct WaitingRead(ulong Context, LogIndex Index, ulong Round);
}
