using System.Runtime.InteropServices;

namespace Concord.Consensus;

/// <summary>
/// What a replica does whichever protocol its group agrees by: terms of leaders, timers, reads, leases, hand-overs,
/// members, snapshots, and what is durable before what. A deterministic object: the same events give the same outbox.
/// Entries are appended at once and sent only when the outbox is drained, so that everything that queued up meanwhile
/// travels together. <see cref="Raft.RaftCore"/> and <see cref="Paxos.PaxosCore"/> add what differs: how a leader is
/// elected, and how a follower comes to hold what its leader holds.
/// </summary>
/// <remarks>
/// This file holds the state and the one place where stamps are compared. The rest is told part by part:
/// <c>Election</c> (who stands, when), <c>Liveness</c> (who was heard when, and who steps down), <c>Replication</c>
/// (the leader's side), <c>Follower</c>, <c>Reads</c>, <c>FollowerReads</c>, <c>Lease</c>, <c>Members</c>,
/// <c>Transfer</c>,
/// <c>Storage</c> (what is durable before what), <c>Snapshots</c> and <c>Impairment</c> (a replica that may have
/// forgotten something).
/// </remarks>
public abstract partial class ReplicaCore : IReplicatedLog
{
    private protected readonly ReplicaOptions _options;
    private readonly List<GatedMessage> _messages = [];

    private protected Role _role;
    private protected Stamp _stamp;
    private protected NodeId _leader;
    private protected LogIndex _commitIndex;
    private protected TimeSpan _now;
    private bool _started;

    /// <summary>Whether <see cref="SendOwed"/> has anything to say.</summary>
    private protected bool _isWordOwed;

    /// <param name="options">The settings.</param>
    /// <param name="recovered">What the replica found.</param>
    /// <param name="commitIndex">How far that is known to be committed.</param>
    /// <param name="inForceThrough">Memberships up to here are in force.</param>
    private protected ReplicaCore(
        ReplicaOptions options, RecoveredReplica recovered, LogIndex commitIndex, LogIndex inForceThrough)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Check();
        _options = options;
        double behind = (ReplicaOptions.PriorityMax - options.Priority) / (double)ReplicaOptions.PriorityMax;
        _handicap = options.ElectionTimeout * behind;
        Log = recovered.Log;

        // An entry with a stamp says that the stamp was reached, whatever the hard state record says (recovery order).
        Stamp newest = Log.NewestStamp();
        _stamp = recovered.HardState.Stamp > newest ? recovered.HardState.Stamp : newest;
        _commitIndex = commitIndex;
        _memberships = new(recovered.Membership, recovered.MembershipIndex, Log, inForceThrough);
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
        _role, _stamp, _leader, Log.Last, _durableIndex, _commitIndex, _isImpaired, !_transferTarget.IsNone);

    /// <inheritdoc/>
    public void Step(in Message message, EntryReader entries, TimeSpan now)
    {
        if (message.To != _options.Self || message.From == _options.Self)
        {
            return;
        }

        Advance(now);
        if (!IsAboutEntries(message.Kind))
        {
            HeardOfCommit(message.Commit);
            if (IsSettledBeforeStamps(message, entries))
            {
                return;
            }
        }

        // Raft figure 2, rules for all servers: a newer term makes a follower of everybody, an older one is refused. It
        // holds for ballots too: to have promised more than was asked for harms nobody.
        if (message.Stamp > _stamp)
        {
            BecomeFollower(message.Stamp, SpeaksAsLeader(message.Kind) ? message.From : NodeId.None);
        }
        else if (message.Stamp < _stamp)
        {
            HeardOfCommit(message.Commit);
            RefuseOldStamp(message);
            return;
        }

        if (SpeaksAsLeader(message.Kind))
        {
            FollowLeader(message.From);
        }

        if (IsAboutEntries(message.Kind))
        {
            Handle(message, entries);
        }
        else
        {
            Dispatch(message, entries);
        }
    }

    /// <inheritdoc/>
    public void Tick(TimeSpan now)
    {
        Advance(now);
        TickOwn();
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
        if (_isWordOwed)
        {
            SendOwed();
        }

        bool keepsEntries = outbox.KeepsProposals && _role == Role.Leader && !_hardStateDirty;
        if (_role == Role.Leader)
        {
            OpenReadRound();
            if (!keepsEntries)
            {
                SendToFollowers();
            }

            HandOverWhenReady();
        }
        else
        {
            ForwardReads();
        }

        if (!keepsEntries)
        {
            DrainWrite(outbox);
        }

        AcknowledgeAppends();
        foreach (ref readonly GatedMessage message in CollectionsMarshal.AsSpan(_messages))
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

    private static bool SpeaksAsLeader(MessageKind kind) => kind is MessageKind.Append or MessageKind.Accept
        or MessageKind.Heartbeat or MessageKind.InstallSnapshot or MessageKind.TimeoutNow or MessageKind.ReadIndexReply;

    /// <summary>Nearly every message: what is appended, and that it was.</summary>
    private static bool IsAboutEntries(MessageKind kind) => kind is MessageKind.Append or MessageKind.AppendReply
        or MessageKind.Accept or MessageKind.Accepted;

    private static bool AsksForElection(MessageKind kind) => kind is MessageKind.RequestVote or MessageKind.Prepare;

    /// <summary>Takes a message of the protocol's own, of the stamp that is current here; and, if it is about entries,
    /// what it says of commits.</summary>
    private protected abstract void Handle(in Message message, EntryReader entries);

    /// <summary>A message that means the same under any stamp.</summary>
    /// <returns>Whether it was one.</returns>
    private protected abstract bool HandleWithoutStamp(in Message message, EntryReader entries);

    /// <summary>A new stamp, another leader or none: what was known of the one before counts no more.</summary>
    /// <param name="isNewStamp">Whether the stamp is another too.</param>
    private protected abstract void BeginFollowing(bool isNewStamp);

    /// <summary>What the protocol asks for again after a while.</summary>
    private protected virtual void TickOwn()
    {
    }

    /// <summary>Whether the protocol waits for <see cref="TickOwn"/>.</summary>
    private protected virtual bool NeedsTick => false;

    /// <summary>So much is committed, says another under whatever stamp.</summary>
    private protected virtual void HeardOfCommit(LogIndex commit)
    {
    }

    /// <summary>Answers what it was asked, with entries as they are when they leave: a snapshot may have covered some
    /// since the question came.</summary>
    private protected virtual void SendOwed()
    {
    }

    /// <summary>Whether a request for election asks only for what was given already, by whom it was given to.</summary>
    private protected virtual bool IsPromisedAlready(in Message message) => false;

    /// <summary>Questions whose answer must not move the stamp: whether a vote would be given, and a vote that is asked
    /// for against a living leader.</summary>
    private bool IsSettledBeforeStamps(in Message message, EntryReader entries)
    {
        if (HandleWithoutStamp(message, entries))
        {
            return true;
        }

        if (message.Kind == MessageKind.PreVote || AsksForElection(message.Kind))
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
            case MessageKind.RequestVote or MessageKind.Prepare
                when IsLoyal && !message.IsTransfer && !IsPromisedAlready(message):
                Send(new() { Kind = RefusalOf(message.Kind), To = message.From, Rejected = true }, HardStateWrite);
                return true;
            default:
                return false;
        }
    }

    private static MessageKind RefusalOf(MessageKind kind) =>
        kind == MessageKind.RequestVote ? MessageKind.RequestVoteReply : MessageKind.Promise;

    private void Dispatch(in Message message, EntryReader entries)
    {
        switch (message.Kind)
        {
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
                // A refusal of the own stamp: nothing more in it.
                break;
            default:
                Handle(message, entries);
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

    private protected void BecomeFollower(Stamp stamp, NodeId leader)
    {
        Invariant.Check(stamp >= _stamp, "a stamp never goes back");
        bool isNewStamp = stamp > _stamp;
        _hardStateDirty |= isNewStamp;
        _stamp = stamp;
        if (_role == Role.Leader)
        {
            FailReads();
            EndTransfer();
        }

        // A newer stamp alone is no sign of a leader: a follower's wait goes on, or a candidate that nobody elects
        // could keep those from standing that would be (figure 2, followers).
        if (_role is not (Role.Follower or Role.Learner))
        {
            RestartElectionTimer();
        }

        FailForwardedReads();
        _role = RoleOfFollower;
        _leader = leader;
        _acknowledgeDue = false;
        _followers.Clear();
        BeginFollowing(isNewStamp);
    }

    private void FollowLeader(NodeId leader)
    {
        Invariant.Check(_role != Role.Leader, "a stamp has one leader (Raft section 5.2)");
        if (_role is not (Role.Follower or Role.Learner) || _leader != leader)
        {
            BecomeFollower(_stamp, leader);
        }

        HeardLeader();
    }

    private void RefuseOldStamp(in Message message)
    {
        // The sender learns the newer stamp from the answer; nothing else in it counts. It says nothing of the log, for
        // the sender may lead the newer stamp by now and would take it for the answer to an append of today.
        MessageKind? kind = message.Kind switch
        {
            MessageKind.RequestVote or MessageKind.Prepare => RefusalOf(message.Kind),
            MessageKind.Append or MessageKind.Accept or MessageKind.Heartbeat or MessageKind.InstallSnapshot
                or MessageKind.ReadIndex => MessageKind.HeartbeatReply,
            _ => null,
        };
        if (kind is { } reply)
        {
            Send(new() { Kind = reply, To = message.From, Rejected = true }, HardStateWrite);
        }
    }

    private protected void Send(Message message, ulong afterWrite = 0)
    {
        message.From = _options.Self;
        message.Stamp = message.Stamp > _stamp ? message.Stamp : _stamp;
        message.IsImpaired = _isImpaired;
        _messages.Add(new(message, afterWrite));
    }
}
