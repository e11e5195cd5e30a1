using Concord.Client.Wire;
using Concord.Commit;
using Concord.Encoding;
using Concord.Engines;
using Concord.Operations;

namespace Concord.Cluster.Node;

/// <content>This shard as a participant: what is prepared here and in doubt, and the decisions that are to be carried
/// out.</content>
internal sealed partial class Shard
{
    private const int ResolutionsPerEntryMax = 256;

    private readonly InDoubtTracker<RequestKey> _doubts;
    private readonly List<RequestKey> _asks = [];
    private readonly List<(RequestKey Transaction, bool Commit)> _resolutions = [];
    private readonly Dictionary<RequestKey, List<ReplyTarget>> _resolvers = [];
    private readonly List<RequestKey> _forgettable = [];

    public int InDoubt => _doubts.Count;

    /// <summary>A transaction is decided: carries out or drops what is prepared here.</summary>
    public void Resolve(RequestKey transaction, bool commit, ReplyTarget target)
    {
        if (!IsReady)
        {
            target.Refuse(IsLeader ? ReplyStatus.NotReady : ReplyStatus.NotLeader, Leader);
            return;
        }

        if (!PreparedRecord.TryGet(new KeyspaceView(Keyspace, Now), transaction, out _))
        {
            // Resolved before, or never prepared: nothing is held here.
            target.Reply(new NodeReply { Status = ReplyStatus.Answered, Answer = AnswerStatus.Done });
            return;
        }

        if (_resolvers.TryGetValue(transaction, out List<ReplyTarget>? waiting))
        {
            waiting.Add(target);
            return;
        }

        _resolvers.Add(transaction, [target]);
        _resolutions.Add((transaction, commit));
        _node.MarkBusy(this);
    }

    /// <summary>Every participant has carried out the commit.</summary>
    public void Forget(RequestKey transaction)
    {
        _forgettable.Add(transaction);
        _node.MarkBusy(this);
    }

    /// <summary>Whether a read or an operation would meet this transaction here.</summary>
    public bool IsPrepared(RequestKey transaction) =>
        PreparedRecord.TryGet(new KeyspaceView(Keyspace, Now), transaction, out _);

    /// <summary>Resolutions travel in batches: one entry for all that came since the last drain.</summary>
    private void FlushResolutions()
    {
        // A hand-over may fail, and then nobody takes over and finds what is left: it is kept until that is known.
        if (!IsReady || _core.Status.IsTransferring)
        {
            return;
        }

        for (int done = 0; done < _resolutions.Count; done += ResolutionsPerEntryMax)
        {
            var command = new ByteWriter();
            Command.WriteHead(command, OperationCode.Resolve, new(Slot.OfShard, default, 0));
            List<(RequestKey Transaction, bool Commit)> batch =
                _resolutions.GetRange(done, Math.Min(ResolutionsPerEntryMax, _resolutions.Count - done));
            ResolveTransactions.WriteArguments(command, batch);
            Propose(command.Written, new(new ResolutionBatch(this, batch), 0));
        }

        _resolutions.Clear();
        if (_forgettable.Count > 0)
        {
            var command = new ByteWriter();
            Command.WriteHead(command, OperationCode.Forget, new(Slot.OfShard, default, 0));
            RequestKey[] forgotten = [.. _forgettable.Take(ForgetDecisions.TransactionsMax)];
            ForgetDecisions.WriteArguments(command, forgotten);
            _forgettable.RemoveRange(0, forgotten.Length);
            Propose(command.Written, new(new ForgetBatch(this, forgotten), 0));
        }
    }

    private void AcknowledgeResolution(RequestKey transaction)
    {
        if (_resolvers.Remove(transaction, out List<ReplyTarget>? waiting))
        {
            foreach (ReplyTarget target in waiting)
            {
                target.Reply(new NodeReply { Status = ReplyStatus.Answered, Answer = AnswerStatus.Done });
            }
        }
    }

    private void FailResolutions()
    {
        _resolutions.Clear();
        _resolvers.Clear();
        _forgettable.Clear();
    }

    private void TakeOverDoubts()
    {
        var prepared = new List<RequestKey>();
        Span<byte> prefix = stackalloc byte[3];
        RecordKey.Write(prefix, Slot.OfShard, RecordKind.Prepared, []);
        byte[] after = prefix.ToArray();
        while (Keyspace.TryNext(prefix, after, out RecordView record))
        {
            after = record.Key.ToArray();
            prepared.Add(RecordKey.RequestOf(record.Key));
        }

        _doubts.BecomeLeader(prepared.ToArray(), _node.Now);
    }

    private void TakeOverDecisions()
    {
        Span<byte> prefix = stackalloc byte[3];
        for (ushort slot = 0; slot < Slot.Count; slot++)
        {
            RecordKey.Write(prefix, new(slot), RecordKind.Decision, []);
            byte[] after = prefix.ToArray();
            while (Keyspace.TryNext(prefix, after, out RecordView record))
            {
                after = record.Key.ToArray();
                _node.Transactions.Resume(this, RecordKey.RequestOf(record.Key),
                    DecisionRecord.Participants(record.Value));
            }
        }
    }

    /// <summary>In Multi-Paxos what an earlier leader proposed may be agreed upon behind the first entry of this one: a
    /// decision too, and nobody else would carry it out.</summary>
    private void TakeOverDecision(RequestKey transaction)
    {
        if (DecisionRecord.TryGet(new KeyspaceView(Keyspace, Now), transaction, out uint[] participants))
        {
            _node.Transactions.Resume(this, transaction, participants);
        }
    }

    private void TickDoubts()
    {
        _asks.Clear();
        _doubts.Tick(_node.Now, _asks);
        foreach (RequestKey transaction in _asks)
        {
            if (PreparedRecord.TryGet(new KeyspaceView(Keyspace, Now), transaction, out PreparedRecord part))
            {
                AskAnchor(transaction, part.Anchor);
            }
            else
            {
                // A Prepare that came twice was answered from memory, after it had been resolved.
                _doubts.Resolved(transaction);
            }
        }
    }

    /// <summary>Recovery: writes Abort at the anchor if nothing is decided, and does what the anchor says.</summary>
    private void AskAnchor(RequestKey transaction, uint anchor)
    {
        var command = new ByteWriter();
        Command.WriteHead(command, OperationCode.Settle, new(transaction.Slot, default, 0));
        command.WriteRaw(SettleRequest.Arguments(transaction).Span);
        _node.Ask(anchor, command.Written, new(new Recovery(this, transaction), 0));
    }

    /// <summary>Resolutions under way. If the log does not take them, whoever asks again must be heard again.</summary>
    private sealed class ResolutionBatch(Shard shard, List<(RequestKey Transaction, bool Commit)> batch) : IReplySink
    {
        public void Reply(ulong token, in NodeReply reply)
        {
            if (reply.Status != ReplyStatus.Answered)
            {
                foreach ((RequestKey transaction, bool _) in batch)
                {
                    shard._resolvers.Remove(transaction);
                }
            }
        }
    }

    /// <summary>Decisions to be forgotten. If the log does not take that now, it is to be asked again: nobody else
    /// would.</summary>
    private sealed class ForgetBatch(Shard shard, RequestKey[] batch) : IReplySink
    {
        public void Reply(ulong token, in NodeReply reply)
        {
            if (reply.Status != ReplyStatus.Answered && shard.IsReady)
            {
                shard._forgettable.AddRange(batch);
            }
        }
    }

    private sealed class Recovery(Shard shard, RequestKey transaction) : IReplySink
    {
        public void Reply(ulong token, in NodeReply reply)
        {
            if (reply.Status != ReplyStatus.Answered || reply.Answer != AnswerStatus.Done)
            {
                return;
            }

            EngineAnswer settled = SettleRequest.Read(new(reply.Answer, reply.Revision, reply.Payload.ToArray()));

            // Committed under this very gid; "already committed" means under another one, and this one holds for
            // nothing.
            bool commit = settled.Status == AnswerStatus.Done
                && TransactionAnswer.Read(settled).Decision == TransactionDecision.Committed;
            shard.Resolve(transaction, commit, ReplyTarget.None);
        }
    }
}
