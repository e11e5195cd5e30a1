using Concord.Client.Wire;
using Concord.Consensus;
using Concord.Encoding;
using Concord.Engines;
using Concord.Operations;

namespace Concord.Cluster.Node;

/// <content>What is proposed, and who waits for the answer.</content>
internal sealed partial class Shard
{
    private const int RetryAfterFullBytes = 4096;

    private readonly ByteWriter _proposal = new(1024);
    private readonly Queue<PendingProposal> _pending = new();
    private LogTime _lastStamped;
    private long _bytesCounted;

    /// <summary>Appends a command; its answer goes to <paramref name="target"/> when it is applied.</summary>
    public void Propose(ReadOnlySpan<byte> command, ReplyTarget target)
    {
        if (!IsLeader)
        {
            RefuseWithLeader(target, ReplyStatus.NotLeader);
            return;
        }

        Command head = Command.Read(command);
        if (OperationTable.Find(head.Code) is not { } operation)
        {
            Refuse(target,
                $"Operation {(ushort)head.Code} is not known to this build; the client is newer than the cluster.");
            return;
        }

        // What every replica would choke on must not get into the log: each would stop, and again at each start.
        if (command.Length > _node.Log.PayloadBytesMax || head.IdempotencyTail.Length > IdempotencyRecord.TailBytesMax)
        {
            Refuse(target, $"A command of {command.Length} bytes, or its idempotency key, is too long.");
            return;
        }

        if (operation.SinceLevel > Level)
        {
            target.Refuse(ReplyStatus.NotReady);
            return;
        }

        if (IsFull(head.Code, command.Length))
        {
            target.Refuse(ReplyStatus.Overloaded);
            return;
        }

        if (_heldUp.Count > 0 || !TryAppend(command, target))
        {
            HoldUp(command, target);
        }
    }

    /// <summary>Gives a command to the core.</summary>
    /// <returns>False if it can take none for a moment; then nothing was done.</returns>
    private bool TryAppend(ReadOnlySpan<byte> command, ReplyTarget target)
    {
        _lastStamped = new(Math.Max(Math.Max(_lastStamped.Milliseconds, Now.Milliseconds), _node.Time.Milliseconds));
        _proposal.Clear();
        _proposal.WriteRaw(command);
        Command.SetTime(_proposal.Buffer.AsSpan(0, _proposal.Length), _lastStamped);
        switch (_core.Propose(_proposal.Written, out LogIndex index))
        {
            case ProposeResult.Accepted:
                _pending.Enqueue(new(index, _core.Status.Stamp, target));
                HearSession(Command.Read(command).Request.Session);
                _node.Proposed(this);
                return true;
            case ProposeResult.HeldUp:
                return false;
            case ProposeResult.Overloaded:
                target.Refuse(ReplyStatus.Overloaded);
                return true;
            default:
                RefuseWithLeader(target, ReplyStatus.NotLeader);
                return true;
        }
    }

    /// <summary>Says that a request cannot be understood, and why.</summary>
    public static void Refuse(ReplyTarget target, string sentence) => target.Reply(new NodeReply
    {
        Status = ReplyStatus.Malformed,
        Payload = System.Text.Encoding.UTF8.GetBytes(sentence),
    });

    /// <summary>State lives in memory: a full node refuses what adds, and goes on with what takes away or
    /// settles.</summary>
    private bool IsFull(OperationCode code, int bytes) =>
        code is OperationCode.SetValue or OperationCode.TrySetValue or OperationCode.AddCounter
            or OperationCode.CompareExchangeCounter or OperationCode.Prepare or OperationCode.OpenSession
            or OperationCode.Acquire or OperationCode.Enqueue or OperationCode.ConfigureQueue
        && !HasRoomFor(bytes);

    /// <summary>Whether the node's state may grow by so much: of the other shards what it was at the last tick, of this
    /// one what it is.</summary>
    public bool HasRoomFor(int bytes) => _node.StateBytes - _bytesCounted + Keyspace.Bytes + bytes + RetryAfterFullBytes
        <= _node.Settings.StateBytesMax;

    /// <summary>What it holds, for the node's count.</summary>
    public long CountBytes() => _bytesCounted = Keyspace.Bytes;

    private ReplyTarget TakePending(LogIndex index, out bool isOwn)
    {
        isOwn = false;
        if (!_pending.TryPeek(out PendingProposal pending) || pending.Index > index)
        {
            return ReplyTarget.None;
        }

        Invariant.Check(pending.Index == index, "every proposal of this leader is answered in its turn");
        _pending.Dequeue();
        _node.Settled();
        isOwn = pending.Stamp == _core.Log.OriginAt(index);
        if (!isOwn)
        {
            RefuseWithLeader(pending.Target, ReplyStatus.LeadershipLost);
        }

        return isOwn ? pending.Target : ReplyTarget.None;
    }

    private void FailPending()
    {
        while (_pending.TryDequeue(out PendingProposal pending))
        {
            _node.Settled();
            RefuseWithLeader(pending.Target, ReplyStatus.LeadershipLost);
        }
    }

    private readonly record struct PendingProposal(LogIndex Index, Stamp Stamp, ReplyTarget Target);
}
