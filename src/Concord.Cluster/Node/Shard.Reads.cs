using Concord.Client.Wire;
using Concord.Consensus;
using Concord.Encoding;
using Concord.Engines;
using Concord.Operations;

namespace Concord.Cluster.Node;

/// <content>
/// What is answered from the applied state, once the leader knows that it led after it was asked: reads, queries,
/// signs of life, and the begin of a subscription.
/// </content>
internal sealed partial class Shard
{
    private readonly Dictionary<ulong, Question> _questions = [];
    private readonly Queue<(ulong Context, LogIndex Index)> _confirmed = new();
    private ulong _nextQuestion;

    /// <summary>Reads a record linearizably.</summary>
    public void Read(ReadOnlySpan<byte> key, ReplyTarget target) => Ask(new WaitingRead(key.ToArray(), target));

    /// <summary>Runs an operation that only reads.</summary>
    public void Query(in Command command, ReplyTarget target) =>
        Ask(new WaitingQuery(command.Request.Slot, command.Code, command.Arguments.ToArray(), target));

    /// <summary>A session gives a sign of life, and wants to know that it was heard by a leader.</summary>
    public void Renew(SignOfLife sign, NodeConnection? client, ushort peer)
    {
        HearSession(sign.Session);
        if (sign.Stamp is not null && IsReady)
        {
            Ask(new WaitingSign(sign, client, peer));
        }
    }

    /// <summary>Begins to tell a client what changes.</summary>
    public void Subscribe(in SubscribeRequest request, NodeConnection client) =>
        Ask(new WaitingSubscription(
            new(request.Id, client, request.Kind, request.Session, request.Prefix.ToArray())));

    /// <summary>Tells a client no more.</summary>
    public void Unsubscribe(NodeConnection client, ulong? id = null) => _subscriptions.Remove(client, id);

    private void Ask(Question question)
    {
        ulong context = _nextQuestion++;
        switch (_core.Read(context, _node.Now))
        {
            case ProposeResult.Accepted:
                _questions.Add(context, question);
                _node.MarkBusy(this);
                break;
            case ProposeResult.Overloaded:
                question.Refuse(this, ReplyStatus.Overloaded);
                break;
            default:
                question.Refuse(this, ReplyStatus.NotLeader);
                break;
        }
    }

    private void AnswerRead(ReadResult read)
    {
        if (!read.Failed)
        {
            _confirmed.Enqueue((read.Context, read.Index));
        }
        else if (_questions.Remove(read.Context, out Question? question))
        {
            question.Refuse(this, ReplyStatus.NotLeader);
        }
    }

    private void RunReadsUpTo(LogIndex applied)
    {
        while (_confirmed.TryPeek(out (ulong Context, LogIndex Index) read) && read.Index <= applied)
        {
            _confirmed.Dequeue();
            if (_questions.Remove(read.Context, out Question? question))
            {
                question.Answer(this);
            }
        }
    }

    private void AnswerRead(WaitingRead read)
    {
        // Never the value beneath a prepared write or addition: it may be decided already, and the reader may know it.
        var view = new KeyspaceView(Keyspace, Now);
        if (IntentTable.TryGetBlocker(view, read.Key, IntentAccess.Read, out RequestKey blocker))
        {
            ParkRead(blocker, read);
            return;
        }

        bool exists = Keyspace.TryGet(read.Key, out RecordView record);
        read.Target.Reply(new NodeReply
        {
            Status = ReplyStatus.Answered,
            Index = _applied.Value,
            Answer = exists ? AnswerStatus.Done : AnswerStatus.Refused,
            Revision = exists ? record.ModRevision : 0,
            Payload = exists ? record.Value : default,
        });
    }

    private void Answer(WaitingQuery query)
    {
        // How old something is, the clock says: in a quiet shard the time of the log stands still.
        LogTime now = Now.Milliseconds < _node.Time.Milliseconds ? _node.Time : Now;
        EngineAnswer answer = new QueryRunner(Keyspace, now).Run(query.Slot, query.Code, query.Arguments);
        query.Target.Reply(new NodeReply
        {
            Status = ReplyStatus.Answered,
            Index = _applied.Value,
            Answer = answer.Status,
            Revision = answer.Revision,
            Payload = answer.Payload.Span,
        });
    }

    private void Answer(WaitingSign waiting)
    {
        SignOfLife sign = waiting.Sign;
        if (!IsReady || (waiting.Client ?? _node.OutputTo(waiting.Peer)) is not { IsClosed: false } output)
        {
            return;
        }

        bool isAlive = SessionRecord.MayRun(new KeyspaceView(Keyspace, Now), sign.Session)
            && !(_sessions.TryGetValue(sign.Session.Value, out SessionLife? life) && life.IsEnding);
        new Renewal(Id, sign.Session, sign.Stamp!.Value, _node.Settings.Self.Value, isAlive).Write(output.Output);
        output.MarkDirty();
    }

    /// <summary>What waits for the leader to know that it leads.</summary>
    private abstract record Question
    {
        public abstract void Answer(Shard shard);

        public abstract void Refuse(Shard shard, ReplyStatus status);
    }

    private sealed record WaitingRead(byte[] Key, ReplyTarget Target) : Question
    {
        public override void Answer(Shard shard) => shard.AnswerRead(this);

        public override void Refuse(Shard shard, ReplyStatus status) => shard.RefuseWithLeader(Target, status);
    }

    private sealed record WaitingQuery(Slot Slot, OperationCode Code, byte[] Arguments, ReplyTarget Target) : Question
    {
        public override void Answer(Shard shard) => shard.Answer(this);

        public override void Refuse(Shard shard, ReplyStatus status) => shard.RefuseWithLeader(Target, status);
    }

    /// <summary>From a client, or from a node that vouches for one.</summary>
    private sealed record WaitingSign(SignOfLife Sign, NodeConnection? Client, ushort Peer) : Question
    {
        public override void Answer(Shard shard) => shard.Answer(this);

        public override void Refuse(Shard shard, ReplyStatus status)
        {
            // Silence is the answer of who does not surely lead.
        }
    }

    private sealed record WaitingSubscription(Subscription Subscription) : Question
    {
        public override void Answer(Shard shard)
        {
            if (shard.IsReady)
            {
                shard._subscriptions.Add(Subscription);
            }
            else
            {
                Subscription.SayEnded();
            }
        }

        public override void Refuse(Shard shard, ReplyStatus status) => Subscription.SayEnded();
    }
}
