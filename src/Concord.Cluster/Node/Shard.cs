using Concord.Client.Wire;
using Concord.Cluster.State;
using Concord.Consensus;
using Concord.Encoding;
using Concord.Engines;
using Concord.Operations;

namespace Concord.Cluster.Node;

/// <summary>
/// One replica of one shard: its core, its state, and who waits for what. The parts: <c>Requests</c> (what is proposed
/// and read), <c>Parking</c> (what waits for a transaction), <c>Sessions</c>, <c>Transactions</c>, <c>Snapshots</c>.
/// </summary>
internal sealed partial class Shard : IRecordWatcher
{
    /// <summary>How many entries are applied before other shards get their turn.</summary>
    private const int AppliedAtOnceMax = 1024;

    private readonly NodeCore _node;
    private readonly ReplicaCore _core;
    private readonly Outbox _outbox = new();
    private readonly ShardSubscriptions _subscriptions;
    private readonly ShardTimers _timers;
    private CommandExecutor _executor;
    private LogIndex _applied;
    private Stamp _ledTerm;
    private bool _wasActive = true;
    private TimeSpan _nextTick;
    private TimeSpan _patientUntil;

    public Shard(
        NodeCore node,
        uint id,
        ReplicaCore core,
        Keyspace keyspace,
        (LogIndex Index, Stamp Stamp) snapshot,
        LogTime now)
    {
        _node = node;
        _core = core;
        _subscriptions = new(this);
        _timers = new(this);
        _executor = new(keyspace, this) { Now = now };
        _applied = snapshot.Index;
        _doubts = new(new());
        Id = id;
        (SnapshotIndex, SnapshotStamp) = snapshot;
    }

    public uint Id { get; }

    public NodeCore Node => _node;

    public ReplicaCore Core => _core;

    public Keyspace Keyspace => _executor.Keyspace;

    public LogIndex Applied => _applied;

    public LogTime Now => _executor.Now;

    public bool IsLeader => _core.Status.Role == Role.Leader;

    /// <summary>Leads, and has applied all that earlier leaders committed: what it knows is what is true.</summary>
    public bool IsReady => IsLeader && _ledTerm == _core.Status.Stamp && _applied >= _core.FirstOfTerm;

    public NodeId Leader => IsFormer ? _node.LeaderHint(Id) : _core.Status.Leader;

    /// <summary>Where it stood when it was last looked at, see <see cref="NoticeStanding"/>.</summary>
    public Standing Standing { get; private set; }

    /// <summary>The round of signs of life in which <see cref="Standing"/> became another.</summary>
    public long MovedInRound { get; private set; }

    /// <summary>The level of the shard; 0 before its first entry.</summary>
    public int Level { get; private set; }

    /// <summary>Refreshes what is derived from the state, after a start or an installed snapshot.</summary>
    public void Adopt()
    {
        Level = RaiseLevel.Read(new KeyspaceView(Keyspace, Now), out _);
        RequireKnownLevel();
        AdoptDirectory();
    }

    /// <summary>What the others may propose at this level a replica that does not know it could not run.</summary>
    private void RequireKnownLevel()
    {
        if (Level > _node.Settings.LevelMax)
        {
            throw new UnknownLevelException(Level, _node.Settings.LevelMax);
        }
    }

    /// <summary>It is in the node's list of shards that have something to drain.</summary>
    public bool IsBusy { get; set; }

    /// <summary>Nothing but proposals has come since it was last drained.</summary>
    public bool HasOnlyProposals { get; set; } = true;

    /// <summary>It has proposals that have not been sent.</summary>
    public bool HasProposals { get; set; }

    /// <summary>It is in the node's list of shards whose proposals wait to leave together.</summary>
    public bool IsGathered { get; set; }

    /// <summary>It is in the node's list of shards that run what they have committed when a batch has left.</summary>
    public bool IsBehind { get; set; }

    /// <summary>When it must be ticked next, to the tick; never for a quiet group, which is content with the node's
    /// beats, see <see cref="IsTickDue"/>.</summary>
    public TimeSpan NextTick => IsAnybodyWaiting ? TimeSpan.MinValue
        : _timers.NextDue < _nextTick ? _timers.NextDue : _nextTick;

    /// <summary>Something has happened in it since its standing was looked at.</summary>
    public bool MayHaveMoved { get; set; } = true;

    /// <summary>Whether time means anything to it now; a quiet group is ticked a few times per second at
    /// most.</summary>
    /// <param name="now">Of the tick.</param>
    /// <param name="nextBeat">When there will be a tick for certain.</param>
    public bool IsTickDue(TimeSpan now, TimeSpan nextBeat) =>
        _wasActive || now >= NextTick || nextBeat > _patientUntil;

    /// <summary>Requests wait for a transaction, or for the next leader, and not for ever.</summary>
    private bool IsAnybodyWaiting => _parkedCount > 0 || _held.Count > 0;

    /// <summary>Looks where it stands, in time to tell the others.</summary>
    public void NoticeStanding(long round)
    {
        if (!MayHaveMoved)
        {
            return;
        }

        MayHaveMoved = false;
        Standing standing = ((IReplicatedLog)_core).Standing;
        if (standing != Standing || MovedInRound == 0)
        {
            (Standing, MovedInRound) = (standing, round);
        }
    }

    public void Tick(TimeSpan now)
    {
        _wasActive = false;
        _core.Tick(now);
        _patientUntil = now + (_node.Settings.ElectionTimeout / 4);
        _nextTick = _core.NextTick < _patientUntil ? _core.NextTick : TimeSpan.MaxValue;
        ReleaseHeld();
        if (IsReady)
        {
            TickSessions();
            TickDoubts();
            TickParked();
            _timers.Tick();
            TickLevel();
            TickIdempotency();
        }
    }

    public void Durable(ulong writeSequence)
    {
        _core.DurableTo(writeSequence);
        _outbox.ReleaseThrough(writeSequence);
    }

    /// <summary>Whether there is anything that <see cref="RunCommitted"/> would run.</summary>
    public bool HasCommitted => _applied < _outbox.CommitIndex;

    /// <summary>Hands on what the core wants sent and written.</summary>
    /// <param name="keepsProposals">What was proposed neither leaves nor is written yet.</param>
    /// <returns>Whether there was anything.</returns>
    public bool Drain(bool keepsProposals)
    {
        _outbox.KeepsProposals = keepsProposals;
        NoticeRole();
        FlushResolutions();
        bool any = _core.Drain(_outbox) || _outbox.Sends.Count > 0;
        _wasActive |= any;
        if (_outbox.Write is { } write)
        {
            _node.Log.Append(Id, write, _core.Log);
        }

        foreach (Message message in _outbox.Sends)
        {
            _node.SendConsensus(Id, message, _core.Log);
        }

        foreach (ReadResult read in _outbox.Reads)
        {
            AnswerRead(read);
        }

        if (!_outbox.SnapshotWantedFrom.IsNone)
        {
            _node.FetchSnapshot(this, _outbox.SnapshotWantedFrom);
        }

        _outbox.Clear();
        return any;
    }

    /// <summary>Runs what is committed, a bounded piece of it, and answers what waited for that.</summary>
    /// <returns>Whether something is left.</returns>
    public bool RunCommitted()
    {
        NoticeRole();
        Apply(_outbox.CommitIndex);
        RunReadsUpTo(_applied);
        _subscriptions.Tell();
        NoticeRole();
        ProposeHeldUp();
        ReleaseHeld();
        return HasCommitted;
    }

    private void NoticeRole()
    {
        ReplicaStatus status = _core.Status;
        _node.NoticeImpairment(Id, status.IsImpaired);
        if (status.Role == Role.Leader && _ledTerm != status.Stamp)
        {
            LoseLeadership();
            _ledTerm = status.Stamp;
            _node.Events.LeadershipWon(Id, status.Stamp);
        }
        else if (status.Role != Role.Leader && _ledTerm != Stamp.None)
        {
            _node.Events.LeadershipLost(Id, _ledTerm);
            LoseLeadership();
        }
    }

    private void LoseLeadership()
    {
        _ledTerm = Stamp.None;
        FailPending();
        FailHeldUp();
        FailParked();
        FailResolutions();
        _sessions.Clear();
        _doubts.Clear();
        _subscriptions.End();
        _timers.Clear();
        _handovers = 0;
        _node.Transactions.AnchorLost(Id);
    }

    /// <summary>The first moment at which this leader knows everything that its predecessors committed.</summary>
    private void TakeOver()
    {
        TakeOverSessions();
        _timers.TakeOver();
        TakeOverDoubts();
        TakeOverDecisions();
    }

    bool IRecordWatcher.IsListening => IsReady;

    void IRecordWatcher.Changed(ReadOnlySpan<byte> key, bool exists)
    {
        if (RecordKey.KindOf(key) == RecordKind.Timer)
        {
            _timers.Changed(key);
        }

        _subscriptions.Changed(key, exists);
    }

    private void Apply(LogIndex commit)
    {
        for (int i = 0; _applied < commit && i < AppliedAtOnceMax; i++)
        {
            bool wasReady = IsReady;
            LogIndex index = _applied + 1;
            if (_core.Log.KindAt(index) == EntryKind.Command)
            {
                ApplyCommand(index);
            }

            _applied = index;
            _bytesSinceSnapshot += _core.Log.PayloadLengthAt(index) + 64;
            if (!wasReady && IsReady)
            {
                TakeOver();
            }
        }
    }

    private void ApplyCommand(LogIndex index)
    {
        ReadOnlySpan<byte> payload = _core.Log.PayloadAt(index);
        Command command = Command.Read(payload);
        ReplyTarget target = TakePending(index, out bool isOwn);
        _subscriptions.Answering(target.Sink as NodeConnection, command);
        Execution execution = _executor.Execute(payload);
        if (execution.Answer == AnswerStatus.Blocked)
        {
            if (isOwn)
            {
                Park(OperationAnswer.BlockedBy(execution.Payload), payload, target);
            }
        }
        else
        {
            target.Reply(new NodeReply
            {
                Status = execution.Status,
                Index = index.Value,
                Answer = execution.Answer,
                Revision = execution.Revision,
                Payload = execution.Payload,
            });
        }

        _node.Events.Applied(this, index, command, execution);
        AfterApplied(command, execution, isOwn);
    }

    private void AfterApplied(in Command command, in Execution execution, bool isOwn)
    {
        switch (command.Code)
        {
            case OperationCode.RaiseLevel:
                AdoptLevel();
                break;
            case OperationCode.SetDirectory:
                AdoptDirectory();
                break;
            case OperationCode.OpenSession when IsReady && execution.Answer == AnswerStatus.Done:
                HearSession(new(new ByteReader(command.Arguments).ReadUInt64()));
                break;
            case OperationCode.Prepare when IsReady && execution.Answer == AnswerStatus.Done:
                var arguments = new ByteReader(command.Arguments);
                _doubts.Prepared(PrepareTransaction.TransactionOf(ref arguments), _node.Now);
                break;
            case OperationCode.Decide when IsReady && !isOwn:
                TakeOverDecision(command.Request);
                break;
            case OperationCode.Resolve:
                foreach ((RequestKey transaction, bool _) in _executor.Resolved)
                {
                    _doubts.Resolved(transaction);
                    Unpark(transaction);
                    AcknowledgeResolution(transaction);
                }

                break;
        }
    }

    private void AdoptLevel()
    {
        Level = RaiseLevel.Read(new KeyspaceView(Keyspace, Now), out ReadOnlySpan<byte> layout);
        if (!layout.SequenceEqual(_node.Layout.Bytes))
        {
            throw new ForeignLogException(Id);
        }

        RequireKnownLevel();
    }

    private void TickLevel()
    {
        // A level is raised only when every replica has said that it knows it; any build knows the first.
        int target = _node.LevelKnownToAll(_core.Membership);
        if (target > Level && !_raising)
        {
            _raising = true;
            var command = new ByteWriter();
            Command.WriteHead(command, OperationCode.RaiseLevel, new(Slot.OfShard, default, 0));
            RaiseLevel.WriteArguments(command, target, _node.Layout.Bytes);
            Propose(command.Written, new(new ReplyAction(() => _raising = false), 0));
        }
    }

    private bool _raising;
}

/// <summary>A reply that only says that something is over.</summary>
internal sealed class ReplyAction(Action action) : IReplySink
{
    public void Reply(ulong token, in NodeReply reply) => action();
}

/// <summary>The cluster has been raised to a level that this build does not know.</summary>
internal sealed class UnknownLevelException(int level, int known) : Exception(
    $"The cluster was raised to level {level}; this node takes part up to level {known}. "
    + "Nothing is lost. Start this node with the build of the others; a downgrade is not possible.");

/// <summary>The log of a shard was begun by a cluster that was laid out otherwise.</summary>
internal sealed class ForeignLogException(uint shard) : Exception(
    $"The log of shard {shard} was begun by a cluster with other members, another number of shards or another protocol "
    + "than this node was started with. Nothing was changed. Start it with the members, the shards and the protocol "
    + "that the cluster was created with.");
