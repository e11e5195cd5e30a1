using Concord.Client.Wire;
using Concord.Commit;
using Concord.Encoding;
using Concord.Engines;
using Concord.Operations;

namespace Concord.Cluster.Node;

/// <summary>
/// One transaction in flight at its anchor's leader: does what its coordinator wants, and tells it what came of it. It
/// holds nothing that is not also elsewhere: losing it costs time.
/// </summary>
internal sealed class ActiveTransaction : IReplySink
{
    private const ulong DecideToken = 1000;
    private const ulong ResolveToken = 2000;

    // No abort is presumed: a client repeats its request at the next leader, so two runs of one gid may overlap, and
    // what one presumed the other might commit. Every decision stands in the log (see CommitOptions.PresumeAbort).
    private static readonly CommitOptions s_options = new() { PresumeAbort = false };

    private readonly NodeCore _node;
    private readonly CommitParts _parts;
    private readonly CommitOutbox _outbox = new();
    private readonly TwoPhaseCoordinator _coordinator;

    /// <summary>Why each of the refusing actions refuses.</summary>
    private readonly Dictionary<int, Verdict> _refusals = [];

    private byte[] _answer = [];
    private AnswerStatus _answerStatus;
    private long _answerRevision;
    private ulong _answerIndex;
    private Decision? _proposalToRepeat;
    private bool _handling;
    private bool _sessionUnknown;

    public ActiveTransaction(NodeCore node, Shard anchor, CommitParts parts, ReplyTarget client)
    {
        _node = node;
        _parts = parts;
        Anchor = anchor;
        Client = client;
        _coordinator = new(s_options, _outbox);
    }

    public RequestKey Id => _parts.Id;

    public Shard Anchor { get; }

    public ReplyTarget Client { get; set; }

    public void Start()
    {
        _coordinator.Reset(_parts.Participants.Count, _node.Now);
        Handle();
    }

    public void Resume()
    {
        _coordinator.Resume(_parts.Participants.Count);
        Handle();
    }

    public void Tick()
    {
        if (_proposalToRepeat is { } proposal)
        {
            _proposalToRepeat = null;
            Propose(proposal);
        }

        _coordinator.Tick(_node.Now);
        Handle();
    }

    public void AnchorLost()
    {
        _coordinator.AnchorLost();
        Handle();
    }

    public void Reply(ulong token, in NodeReply reply)
    {
        if (token == DecideToken)
        {
            DecideAnswered(reply);
        }
        else if (token >= ResolveToken)
        {
            if (reply.Status == ReplyStatus.Answered)
            {
                _coordinator.ResolutionAcknowledged((int)(token - ResolveToken));
            }
        }
        else
        {
            PrepareAnswered((int)token, reply);
        }

        Handle();
    }

    private void Handle()
    {
        // What is done here may be answered at once and come back; the outer turn goes on with what that leads to.
        if (_handling)
        {
            return;
        }

        _handling = true;
        while (HasWork())
        {
            int[] prepares = [.. _outbox.Prepares];
            Resolution[] resolutions = [.. _outbox.Resolutions];
            (Decision? proposal, Outcome? report, bool forget) = (_outbox.Proposal, _outbox.Report, _outbox.Forget);
            _outbox.Clear();
            foreach (int participant in prepares)
            {
                Prepare(participant);
            }

            if (proposal is { } decision)
            {
                Propose(decision);
            }

            if (report is { } outcome)
            {
                Report(outcome);
            }

            foreach (Resolution resolution in resolutions)
            {
                _node.AskToResolve(
                    _parts.Participants[resolution.Participant].Shard,
                    Id,
                    resolution.Decision.IsCommit,
                    new(this, ResolveToken + (ulong)resolution.Participant));
            }

            if (forget)
            {
                Anchor.Forget(Id);
            }
        }

        _handling = false;
        if (_coordinator.State == CoordinatorState.Ended)
        {
            _node.Transactions.Remove(this);
        }
    }

    private bool HasWork() => _outbox.Prepares.Count > 0 || _outbox.Resolutions.Count > 0
        || _outbox.Proposal is not null || _outbox.Report is not null || _outbox.Forget;

    private void Prepare(int participant)
    {
        CommitPart part = _parts.Participants[participant];
        var command = new ByteWriter(128 + part.Actions.Length);
        Command.WriteHead(command, OperationCode.Prepare, Id with { Slot = part.Slot }, part.AcknowledgedThrough);
        PrepareTransaction.WriteArguments(command, Id, Anchor.Id, _parts.Age, part.Actions);
        _node.Ask(part.Shard, command.Written, new(this, (ulong)participant));
    }

    private void PrepareAnswered(int participant, in NodeReply reply)
    {
        switch (reply.Status)
        {
            case ReplyStatus.Answered when reply.Answer == AnswerStatus.Done:
                _coordinator.Voted(participant, Vote.Yes);
                break;
            case ReplyStatus.Answered when reply.Answer == AnswerStatus.Refused
                && reply.Payload.Length >= 5
                && RefusalReason.IsFinal((RefusalCode)reply.Payload[0], out Verdict verdict):
                var reader = new ByteReader(reply.Payload[1..]);
                int ordinal = reader.ReadInt32();
                _refusals[ordinal] = verdict;
                _coordinator.Voted(participant, Vote.No, ordinal);
                break;
            case ReplyStatus.Answered or ReplyStatus.SessionUnknown or ReplyStatus.Forgotten
                or ReplyStatus.Conflict or ReplyStatus.Malformed or ReplyStatus.WrongShard:
                _sessionUnknown |= reply.Status == ReplyStatus.SessionUnknown;
                _coordinator.Voted(participant, Vote.Conflict);
                break;
            default:
                // Nobody led there, or not yet: it is asked again.
                break;
        }
    }

    private void Propose(Decision decision)
    {
        var shards = new ByteWriter(4 * _parts.Participants.Count);
        foreach (CommitPart part in _parts.Participants)
        {
            shards.WriteUInt32(part.Shard);
        }

        var command = new ByteWriter(256 + _parts.Anchor.Actions.Length);
        Command.WriteHead(command, OperationCode.Decide, Id, _parts.Anchor.AcknowledgedThrough);
        DecideTransaction.WriteArguments(command, new()
        {
            Refusal = decision switch
            {
                { IsCommit: true } => Verdict.Ok,
                { Reason: AbortReason.Refused } =>
                    _refusals.GetValueOrDefault(decision.RefusalOrdinal, Verdict.BoundViolated),
                { Reason: AbortReason.Timeout } => Verdict.Blocked,
                _ => Verdict.Conflict,
            },
            RefusalOrdinal = decision.IsCommit ? -1 : decision.RefusalOrdinal,
            Age = _parts.Age,
            IdempotencyTail = _parts.IdempotencyTail,
            Participants = shards.Written,
            Actions = _parts.Anchor.Actions,
        });
        Anchor.Propose(command.Written, new(this, DecideToken));
    }

    private void DecideAnswered(in NodeReply reply)
    {
        switch (reply.Status)
        {
            case ReplyStatus.Answered:
                (_answerStatus, _answerRevision, _answerIndex) = (reply.Answer, reply.Revision, reply.Index);
                _answer = reply.Payload.ToArray();
                _coordinator.Decided(DecisionOf(new(reply.Answer, reply.Revision, _answer)));
                break;
            case ReplyStatus.Conflict:
                // It waited too long for another transaction, and left nothing in the log: now it gives up.
                _proposalToRepeat = Decision.Abort(AbortReason.Conflict);
                break;
            case ReplyStatus.Overloaded or ReplyStatus.NotReady:
                _proposalToRepeat = Decision.Abort(AbortReason.Timeout);
                break;
            default:
                // Not leading any more, or the session has ended since. Another run of this gid may have decided
                // before:
                // nothing is known here, and recovery will ask.
                _coordinator.AnchorLost();
                break;
        }
    }

    private static Decision DecisionOf(in EngineAnswer answer)
    {
        if (answer.Status is not (AnswerStatus.Done or AnswerStatus.Refused))
        {
            return Decision.Abort(AbortReason.Cancelled);
        }

        TransactionAnswer decided = TransactionAnswer.Read(answer);
        return decided.Decision == TransactionDecision.Committed ? Decision.Commit
            : RefusalReason.IsFinal(decided.Reason, out _) && decided.Ordinal >= 0
                ? Decision.AbortWith(decided.Ordinal)
            : Decision.Abort(AbortReason.Conflict);
    }

    private void Report(Outcome outcome)
    {
        if (outcome.Kind == OutcomeKind.Unknown)
        {
            Client.Refuse(ReplyStatus.LeadershipLost, Anchor.Leader);
        }
        else if (_sessionUnknown && outcome.Kind == OutcomeKind.Aborted)
        {
            // Told of a mere conflict the client would try again with the same session, in vain for ever.
            Client.Refuse(ReplyStatus.SessionUnknown);
        }
        else
        {
            Client.Reply(new NodeReply
            {
                Status = ReplyStatus.Answered,
                Index = _answerIndex,
                Answer = _answerStatus,
                Revision = _answerRevision,
                Payload = _answer,
            });
        }
    }
}
