namespace Concord.Consensus.Raft;

/// <summary>
/// One replica of a group that agrees by Raft (Ongaro and Ousterhout 2014; "thesis" is Ongaro 2014). A deterministic
/// object: the same events give the same outbox. Entries are appended at once and sent only when the outbox is drained,
/// so that everything that queued up meanwhile travels together.
/// </summary>
/// <remarks>
/// The parts: this file holds the state and the one place where terms are compared; <c>Election</c>, <c>Replication</c>
/// (the leader's side), <c>Follower</c>, <c>Reads</c>, <c>Storage</c> (what is durable before what) and
/// <c>Snapshots</c>
/// hold the rest. Membership changes, pre-vote, leases and leadership transfer will each be a file beside them.
/// </remarks>
public sealed partial class RaftCore : IReplicatedLog
{
    private readonly RaftOptions _options;
    private readonly MajorityQuorum _quorum;
    private readonly int _selfPlace;
    private readonly List<GatedMessage> _messages = [];

    private Role _role = Role.Follower;
    private Stamp _term;
    private NodeId _votedFor;
    private NodeId _leader;
    private LogIndex _commitIndex;
    private TimeSpan _now;
    private bool _started;

    /// <summary>A replica as it was found on disk, or a new one.</summary>
    /// <param name="options">Its settings.</param>
    /// <param name="hardState">What it had promised; default for a new one.</param>
    /// <param name="log">Its entries, all durable. The core owns it from now on.</param>
    /// <param name="commitIndex">How far it is known to be committed: at least what a snapshot covers.</param>
    /// <exception cref="ArgumentException">The node is not a voter.</exception>
    public RaftCore(RaftOptions options, HardState hardState, LogBuffer log, LogIndex commitIndex)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(log);
        _options = options;
        _quorum = new(options.Membership.Voters.Count);
        _selfPlace = options.Membership.IndexOf(options.Self);
        if (_selfPlace < 0)
        {
            throw new ArgumentException($"{options.Self} is not a voter of this group.", nameof(options));
        }

        // An entry of a term says that the term was reached, whatever the hard state record says (recovery order).
        _term = hardState.Stamp > log.LastStamp ? hardState.Stamp : log.LastStamp;
        _votedFor = _term == hardState.Stamp ? hardState.VotedFor : NodeId.None;
        Log = log;
        _commitIndex = LogIndex.Max(log.Base, LogIndex.Min(commitIndex, log.Last));
        _durableIndex = log.Last;
        _unwritten = log.Last + 1;
        _randomState = options.Seed;
    }

    /// <inheritdoc/>
    public LogBuffer Log { get; }

    /// <inheritdoc/>
    public ReplicaStatus Status => new(_role, _term, _leader, Log.Last, _durableIndex, _commitIndex);

    /// <inheritdoc/>
    public void Step(in Message message, EntryReader entries)
    {
        if (message.To != _options.Self || message.From == _options.Self)
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

        switch (message.Kind)
        {
            case MessageKind.RequestVote:
                HandleRequestVote(message);
                break;
            case MessageKind.RequestVoteReply:
                HandleRequestVoteReply(message);
                break;
            case MessageKind.Append:
                FollowLeader(message.From);
                HandleAppend(message, entries);
                break;
            case MessageKind.AppendReply:
                HandleAppendReply(message);
                break;
            case MessageKind.Heartbeat:
                FollowLeader(message.From);
                HandleHeartbeat(message);
                break;
            case MessageKind.HeartbeatReply:
                HandleHeartbeatReply(message);
                break;
            case MessageKind.InstallSnapshot:
                FollowLeader(message.From);
                HandleInstallSnapshot(message);
                break;
        }
    }

    /// <inheritdoc/>
    public void Tick(TimeSpan now)
    {
        _now = now > _now ? now : _now;
        if (!_started)
        {
            _started = true;
            StartFirstWait();
        }

        if (_role == Role.Leader)
        {
            TickLeader();
        }
        else if (_now >= _electionDeadline)
        {
            BecomeCandidate();
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

    private static bool SpeaksAsLeader(MessageKind kind) =>
        kind is MessageKind.Append or MessageKind.Heartbeat or MessageKind.InstallSnapshot;

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
        }

        // A newer term alone is no sign of a leader: a follower's wait goes on, or a candidate that nobody elects could
        // keep those from standing that would be (figure 2, followers).
        if (_role != Role.Follower)
        {
            RestartElectionTimer();
        }

        _role = Role.Follower;
        _leader = leader;
        _verified = LogIndex.Zero;
        _acknowledgeDue = false;
        _followers.Clear();
    }

    private void FollowLeader(NodeId leader)
    {
        Invariant.Check(_role != Role.Leader, "a term has one leader (Raft section 5.2)");
        if (_role != Role.Follower || _leader != leader)
        {
            BecomeFollower(_term, leader);
        }

        RestartElectionTimer();
    }

    private void RefuseOldTerm(in Message message)
    {
        // The sender learns the newer term from the answer; nothing else in it counts. It says nothing of the log, for
        // the sender may lead the newer term by now and would take it for the answer to an append of today.
        MessageKind? kind = message.Kind switch
        {
            MessageKind.RequestVote => MessageKind.RequestVoteReply,
            MessageKind.Append or MessageKind.Heartbeat or MessageKind.InstallSnapshot => MessageKind.HeartbeatReply,
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
        message.Stamp = _term;
        _messages.Add(new(message, afterWrite));
    }
}
