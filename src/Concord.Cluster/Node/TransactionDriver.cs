using Concord.Client.Wire;
using Concord.Encoding;
using Concord.Engines;
using Concord.Operations;

namespace Concord.Cluster.Node;

/// <summary>The transactions whose anchors this node leads: takes them from clients, and drives each to its
/// end.</summary>
internal sealed class TransactionDriver(NodeCore node)
{
    private readonly Dictionary<RequestKey, ActiveTransaction> _active = [];
    private readonly List<ActiveTransaction> _order = [];

    public int Count => _active.Count;

    /// <summary>A client asks to commit; this node leads the anchor.</summary>
    /// <exception cref="MalformedDataException">It is no commit request.</exception>
    public void Begin(Shard anchor, ByteReader request, ReplyTarget client)
    {
        if (!anchor.IsReady || anchor.Level == 0)
        {
            client.Refuse(anchor.IsLeader ? ReplyStatus.NotReady : ReplyStatus.NotLeader, anchor.Leader);
            return;
        }

        CommitParts parts = CommitParts.Read(request, anchor.Id, node.Layout.Topology);
        var view = new KeyspaceView(anchor.Keyspace, anchor.Now);
        switch (
            SessionAnswers.Find(view, parts.Id, out AnswerStatus status, out long revision,
                out ReadOnlySpan<byte> payload))
        {
            case AnswerFound.Kept:
                client.Reply(
                    new NodeReply { Status = ReplyStatus.Answered, Answer = status, Revision = revision, Payload =
                        payload });
                return;
            case AnswerFound.Forgotten:
                client.Refuse(ReplyStatus.Forgotten);
                return;
        }

        // Before anything is prepared: recovery takes a session that the anchor does not know for one whose commit can
        // never run.
        if (!SessionRecord.MayRun(view, parts.Id.Session))
        {
            client.Refuse(ReplyStatus.SessionUnknown);
        }
        else if (_active.TryGetValue(parts.Id, out ActiveTransaction? running))
        {
            running.Client = client;
        }
        else if (parts.Growth > 0 && !anchor.HasRoomFor(parts.Growth))
        {
            client.Refuse(ReplyStatus.Overloaded);
        }
        else
        {
            Add(new(node, anchor, parts, client)).Start();
        }
    }

    /// <summary>A former leader decided to commit and did not see it through.</summary>
    public void Resume(Shard anchor, RequestKey id, uint[] participants)
    {
        if (!_active.ContainsKey(id))
        {
            Add(new(node, anchor, CommitParts.Decided(id, participants), ReplyTarget.None)).Resume();
        }
    }

    public void Tick()
    {
        foreach (ActiveTransaction transaction in _order.ToArray())
        {
            transaction.Tick();
        }
    }

    /// <summary>This node does not lead the shard any more: recovery, or the next leader, finishes what it
    /// began.</summary>
    public void AnchorLost(uint shard)
    {
        foreach (ActiveTransaction transaction in _order.ToArray())
        {
            if (transaction.Anchor.Id == shard)
            {
                transaction.AnchorLost();
            }
        }
    }

    /// <summary>A transaction has ended.</summary>
    public void Remove(ActiveTransaction transaction)
    {
        if (_active.Remove(transaction.Id))
        {
            _order.Remove(transaction);
        }
    }

    private ActiveTransaction Add(ActiveTransaction transaction)
    {
        _active.Add(transaction.Id, transaction);
        _order.Add(transaction);
        return transaction;
    }
}
