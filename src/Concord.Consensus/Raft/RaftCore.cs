namespace Concord.Consensus.Raft;

/// <summary>
/// One replica of a group that agrees by Raft (Ongaro and Ousterhout 2014; "thesis" is Ongaro 2014). A deterministic
/// object: the same events give the same outbox. Entries are appended at once and sent only when the outbox is drained,
/// so that everything that queued up meanwhile travels together.
/// </summary>
/// <remarks>
/// This file holds the state and the one place where terms are compared. The rest is told part by part:
/// <c>Election</c>, <c>Liveness</c> (who was heard when, and who steps down), <c>Replication</c> (the leader's side),
/// <c>Follower</c>, <c>Reads</c>, <c>Lease</c>, <c>Members</c>, <c>Transfer</c>, <c>Storage</c> (what is durable before
/// what), <c>Snapshots</c> and <c>Impairment</c> (a replica that may have forgotten something).
/// </remarks>
public sealed partial class RaftCore : IReplicatedLog
{
    private readonly RaftOptions _options;
    private readonly List<GatedMessage> _messages = [];

    private Role _role;
    private Stamp _term;
    private NodeId _votedFor;
    private NodeId _leader;
    private LogIndex _commitIndex;
    private TimeSpan _now;
    private bool _started;

    /// <summary>A replica as it was found on disk, or a new one.</summary>
    /// <param name="options">Its settings.</param>
    /// <param name="recovered">What it found.</param>
    /// <exception cref="ArgumentException">The settings contradict each other.</exception>
    public RaftCore(RaftOptions options, RecoveredReplica recovered)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(recovered);
        options.Check();
        _options = options;
        Log = recovered.Log;

        // An entry of a term says that the term was reached, whatever the hard state record says (recovery order).
        HardState hardState = recovered.HardState;
        _term = hardState.Stamp > Log.LastStamp ? hardState.Stamp : Log.LastStamp;
        _votedFor = _term == hardState.Stamp ? hardState.VotedFor : NodeId.None;
        _commitIndex = LogIndex.Max(Log.Base, LogIndex.Min(recovered.CommitIndex, Log.Last));
        _durableIndex = Log.Last;
        _unwritten = Log.Last + 1;
        _memberships = new(recovered.Membership, recovered.MembershipIndex, Log);
        _membership = _memberships.Current;
        _selfPlace = _membership.IndexOf(options.Self);
        _role = RoleOfFollower;
        _randomState = options.Seed;
        _forwardSequence = NextRandom() >> 16;
        if (recovered.IsImpaired)
        {
            BecomeImpaired();
        }
    }

    /// <inheritdoc/>
    public LogBuffer Log { get; }

    /// <inheritdoc/>
    public ReplicaStatus Status => new(
        _role, _term, _leader, Log.Last, _durableIndex, _commitIndex, _isImpaired, !_transferTarget.IsNone);

    /// <inheritdoc/>
    public void Step(in Message message, EntryReader entries, TimeSpan now)
    {
        if (message.To != _options.Self || message.From == _options.Self)
        {
            return;
        }

        Advance(now);
        if (IsSettledBeforeTerms(message))
        {
            return;
        }

        // Raft figure 2, rules for all servers: a newer term makes a follower of everybody, an older one is refused.
        if (message.Stamp > _term)
        {
            BecomeFollower(message.Stamp, SpeaksAsLeader(message.Kind) ? message.From : NodeId.None);
        }
        else if (message.Stamp < _term)
        {
            RefuseOldTerm(message);
            return;
        }

        if (SpeaksAsLeader(message.Kind))
        {
            FollowLeader(message.From);
        }

        Dispatch(message, entries);
    }

    /// <inheritdoc/>
    public void Tick(TimeSpan now)
    {
        Advance(now);
        if (_role == Role.Leader)
        {
            TickLeader();
        }
        else
        {
            TickFollower();
        }
    }

    /// <inheritdoc/>
    public bool Drain(Outbox outbox)
    {
        ArgumentNullException.ThrowIfNull(outbox);
        if (_role == Role.Leader)
        {
            OpenReadRound();
            SendToFollowers();
            HandOverWhenReady();
        }
        else
        {
            ForwardReads();
        }

        DrainWrite(outbox);
        AcknowledgeAppends();
        foreach (GatedMessage message in _messages)
        {
            if (message.AfterWrite > _durableSequence)
            {
                outbox.Gate(message.Message, message.AfterWrite);
            }
            else
            {
                outbox.Sends.Add(message.Message);
            }
        }

        _messages.Clear();
        DrainReads(outbox);
        outbox.SnapshotWantedFrom = TakeSnapshotWanted();

        // An entry that is committed but not durable here yet is not applied: a crash would leave a state that is ahead
        // of its log.
        LogIndex applicable = LogIndex.Min(_commitIndex, _durableIndex);
        bool advanced = applicable > outbox.CommitIndex;
        outbox.CommitIndex = LogIndex.Max(outbox.CommitIndex, applicable);
        return advanced || outbox.Write is not null || outbox.Sends.Count > 0 || outbox.Reads.Count > 0
            || !outbox.SnapshotWantedFrom.IsNone;
    }

    private static bool SpeaksAsLeader(MessageKind kind) => kind is MessageKind.Append or MessageKind.Heartbeat
        or MessageKind.InstallSnapshot or MessageKind.TimeoutNow or MessageKind.ReadIndexReply;

    /// <summary>Questions whose answer must not move the term: whether a vote would be given, and a vote that is asked
    /// for against a living leader.</summary>
    private bool IsSettledBeforeTerms(in Message message)
    {
        if (message.Kind is MessageKind.PreVote or MessageKind.RequestVote)
        {
            // It does not know its leader, or not any more what is committed: a quiet one speaks to it again.
            Find(message.From)?.ForgetsCommit();
        }

        switch (message.Kind)
        {
            case MessageKind.PreVote:
                HandlePreVote(message);
                return true;
            case MessageKind.PreVoteReply:
                NoteSurvey(message);
                CountPreVote(message);
                return !message.Rejected;
            case MessageKind.RequestVote when IsLoyal && !message.IsTransfer:
                Send(new() { Kind = MessageKind.RequestVoteReply, To = message.From, Rejected = true }, HardStateWrite);
                return true;
            default:
                return false;
        }
    }

    private void Dispatch(in Message message, EntryReader entries)
    {
        switch (message.Kind)
        {
            case MessageKind.RequestVote:
                HandleRequestVote(message);
                break;
            case MessageKind.RequestVoteReply:
                HandleRequestVoteReply(message);
                break;
            case MessageKind.Append:
                HandleAppend(message, entries);
                break;
            case MessageKind.AppendReply:
                HandleAppendReply(message);
                break;
            case MessageKind.Heartbeat:
                HandleHeartbeat(message);
                break;
            case MessageKind.HeartbeatReply:
                HandleHeartbeatReply(message);
                break;
            case MessageKind.InstallSnapshot:
                HandleInstallSnapshot(message);
                break;
            case MessageKind.TimeoutNow:
                HandleTimeoutNow(message);
                break;
            case MessageKind.ReadIndex:
                HandleReadIndex(message);
                break;
            case MessageKind.ReadIndexReply:
                HandleReadIndexReply(message);
                break;
            case MessageKind.PreVote or MessageKind.PreVoteReply:
                // A refusal of the own term: nothing more in it.
                break;
        }
    }

    private void Advance(TimeSpan now)
    {
        _now = now > _now ? now : _now;
        if (!_started)
        {
            _started = true;
            StartFirstWait();
        }
    }

    private void BecomeFollower(Stamp term, NodeId leader)
    {
        Invariant.Check(term >= _term, "a term never goes back");
        if (term > _term)
        {
            _term = term;
            _votedFor = NodeId.None;
            _hardStateDirty = true;
        }

        if (_role == Role.Leader)
        {
            FailReads();
            EndTransfer();
        }

        // A newer term alone is no sign of a leader: a follower's wait goes on, or a candidate that nobody elects could
        // keep those from standing that would be (figure 2, followers).
        if (_role is not (Role.Follower or Role.Learner))
        {
            RestartElectionTimer();
        }

        FailForwardedReads();
        _role = RoleOfFollower;
        _leader = leader;
        _verified = LogIndex.Zero;
        _acknowledgeDue = false;
        _followers.Clear();
    }

    private void FollowLeader(NodeId leader)
    {
        Invariant.Check(_role != Role.Leader, "a term has one leader (Raft section 5.2)");
        if (_role is not (Role.Follower or Role.Learner) || _leader != leader)
        {
            BecomeFollower(_term, leader);
        }

        HeardLeader();
    }

    private void RefuseOldTerm(in Message message)
    {
        // The sender learns the newer term from the answer; nothing else in it counts. It says nothing of the log, for
        // the sender may lead the newer term by now and would take it for the answer to an append of today.
        MessageKind? kind = message.Kind switch
        {
            MessageKind.RequestVote => MessageKind.RequestVoteReply,
            MessageKind.Append or MessageKind.Heartbeat or MessageKind.InstallSnapshot or MessageKind.ReadIndex =>
                MessageKind.HeartbeatReply,
            _ => null,
        };
        if (kind is { } reply)
        {
            Send(new() { Kind = reply, To = message.From, Rejected = true }, HardStateWrite);
        }
    }

    private void Send(Message message, ulong afterWrite = 0)
    {
        message.From = _options.Self;
        message.Stamp = message.Stamp > _term ? message.Stamp : _term;
        message.IsImpaired = _isImpaired;
        _messages.Add(new(message, afterWrite));
    }
}
