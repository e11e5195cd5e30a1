namespace Concord.Consensus.Paxos;

/// <summary>
/// One replica of a group that agrees by Multi-Paxos (Lamport 1998 and 2001; van Renesse and Altinbuken 2015). Anybody
/// may be elected: whoever is asks a quorum what it has accepted, and proposes all that anew under its own ballot.
/// Places of the log are agreed on each by itself, so a log may have gaps for a while; what is committed has none.
/// </summary>
/// <remarks>
/// What it shares with the other protocol is in <see cref="ReplicaCore"/>. Here: <c>Election</c> (phase 1),
/// <c>Replication</c> (the leader's side of phase 2), <c>Follower</c> (the acceptor's), <c>Learning</c> (what was
/// chosen, from anybody), <c>Members</c>, <c>Snapshots</c> and <c>Storage</c>.
/// </remarks>
public sealed partial class PaxosCore : ReplicaCore
{
    /// <summary>A replica as it was found on disk, or a new one.</summary>
    /// <param name="options">Its settings.</param>
    /// <param name="recovered">What it found.</param>
    /// <exception cref="ArgumentException">The settings contradict each other.</exception>
    public PaxosCore(ReplicaOptions options, RecoveredReplica recovered)
        : base(options, recovered, CommitIndexOf(recovered), CommitIndexOf(recovered))
    {
        for (LogIndex at = _commitIndex + 1; at <= Log.Last; at++)
        {
            NoteKind(at, Log.Has(at) ? Log.KindAt(at) : EntryKind.None);
        }

        _unwritten = Log.Last + 1;
        _verified = _commitIndex;
        ExtendVerified();
        _reached = _verified;
        _durableIndex = _verified;
        _chosenDurably = recovered.HardState.Commit;
    }

    private protected override void Handle(in Message message, EntryReader entries)
    {
        switch (message.Kind)
        {
            case MessageKind.Prepare:
                HandlePrepare(message);
                break;
            case MessageKind.Promise:
                HandlePromise(message, entries);
                break;
            case MessageKind.Accept:
                HandleAccept(message, entries);
                HeardOfCommit(message.Commit);
                break;
            case MessageKind.Accepted:
                HandleAccepted(message);
                HeardOfCommit(message.Commit);
                break;
        }
    }

    private protected override bool HandleWithoutStamp(in Message message, EntryReader entries)
    {
        switch (message.Kind)
        {
            case MessageKind.Learn:
                HandleLearn(message);
                return true;
            case MessageKind.LearnReply:
                HandleLearnReply(message, entries);
                return true;
            default:
                return false;
        }
    }

    private protected override void BeginFollowing(bool isNewStamp)
    {
        _phaseOne = null;
        _barrier = LogIndex.Zero;
        if (isNewStamp)
        {
            // What was accepted under the ballot before may become another value under this one.
            _promisesOwed.Clear();
            _verified = _commitIndex;
            _reached = _commitIndex;
            ForgetWritesFrom(_commitIndex + 1);
        }
    }

    private protected override void TickOwn()
    {
        RetryPrepare();
        LearnWhenBehind();
    }

    private protected override bool NeedsTick => _role == Role.Candidate || _knownCommit > _commitIndex;
}
