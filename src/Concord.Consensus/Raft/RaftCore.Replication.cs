namespace Concord.Consensus.Raft;

/// <content>The leader's side of log replication (Raft section 5.3) and the commit rule (section 5.4.2).</content>
public sealed partial class RaftCore
{
    /// <summary>Section 5.4.2 and figure 8: only entries of the own term are committed by counting; that commits all
    /// before.</summary>
    private protected override bool MayCommitByCounting(LogIndex index) => Log.StampAt(index) == _stamp;

    private protected override LogIndex Append(EntryKind kind, ReadOnlySpan<byte> payload)
    {
        _verified = Log.Append(_stamp, kind, payload);
        return _verified;
    }

    private protected override void SendEntries(Progress follower)
    {
        LogIndex previous = follower.Next - 1;
        LogRange entries = Fitting(follower.Next, Log.Last, out int bytes);
        Send(new()
        {
            Kind = MessageKind.Append,
            To = follower.Node,
            Index = previous,
            LogStamp = Log.StampAt(previous),
            Commit = _commitIndex,
            Entries = entries,
        });
        follower.Sent(entries, bytes, _now);
    }

    private void HandleAppendReply(in Message message)
    {
        if (_role != Role.Leader || Find(message.From) is not { } follower)
        {
            return;
        }

        follower.Heard(_now);
        follower.TellsImpaired(message.IsImpaired);
        if (message.Rejected && message.IsImpaired && message.Index <= follower.Match)
        {
            // An acknowledgement from before the loss came late, or it has lost something once more.
            follower.Forget(message.Index + 1);
        }

        if (!message.Rejected)
        {
            // More than was ever sent would be a broken peer: it counts for nothing.
            if (message.Index <= Log.Last && follower.Accepted(message.Index, message.Commit, _now))
            {
                AdvanceCommit();
            }
        }
        else if (message.Index > follower.Match && message.Index <= Log.Last
            && (follower.State == ProgressState.Replicate || message.Index == follower.Next - 1))
        {
            // Only the answer to the message that is being waited for counts; answers to older ones come late.
            follower.Probe(LogIndex.Min(message.Index, message.Hint + 1));
        }
    }
}
