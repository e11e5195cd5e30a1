namespace Concord.Consensus;

/// <content>The follower's side: what it tells its leader.</content>
public abstract partial class ReplicaCore
{
    /// <summary>Everything up to here is equal to the log of the leader of this stamp, as far as this replica can
    /// know: never merely the end of the own log. At the leader itself, what it has proposed.</summary>
    private protected LogIndex _verified;

    /// <summary>The last place that a message of this leader has reached, where entries are accepted behind gaps: if it
    /// lies behind what is verified, something in between is missing.</summary>
    private protected LogIndex _reached;

    private protected bool _acknowledgeDue;

    /// <summary>Up to where the own entries are the leader's, when it says of them that they are committed.</summary>
    private protected abstract LogIndex HeldLikeLeader { get; }

    /// <summary>Whether a message of the leader reached further than what can be acknowledged.</summary>
    private bool IsMissingSomething => _reached > _verified;

    /// <summary>What an acknowledgement is called.</summary>
    private protected abstract MessageKind AppendReplyKind { get; }

    private void HandleHeartbeat(in Message message)
    {
        if (message.Hint > Log.Last)
        {
            // The leader counts on entries that this replica acknowledged and has no more.
            BecomeImpaired();
        }

        CommitTo(LogIndex.Max(_commitIndex, LogIndex.Min(message.Commit, HeldLikeLeader)));
        Message reply = new()
        {
            Kind = MessageKind.HeartbeatReply,
            To = message.From,
            Commit = _commitIndex,
            ReadSequence = message.ReadSequence,
        };
        Send(reply, HardStateWrite);
    }

    /// <summary>One answer for all that came since the last time, gated by the write that it rests on.</summary>
    private void AcknowledgeAppends()
    {
        if (_acknowledgeDue)
        {
            _acknowledgeDue = false;
            ulong afterWrite = Math.Max(HardStateWrite, WriteOf(_verified));
            Message reply = new()
            {
                Kind = AppendReplyKind,
                To = _leader,
                Index = _verified,
                Rejected = IsMissingSomething,
                Commit = _commitIndex,
            };
            Send(reply, afterWrite);
        }
    }
}
