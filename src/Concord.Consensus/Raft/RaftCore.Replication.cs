namespace Concord.Consensus.Raft;

/// <content>The leader's side of log replication (Raft section 5.3) and the commit rule (section 5.4.2).</content>
public sealed partial class RaftCore
{
    private readonly List<Progress> _followers = [];
    private LogIndex _firstOfTerm;
    private long _uncommittedBytes;

    /// <summary>What this leader knows of its followers; empty on others. For invariants.</summary>
    internal IReadOnlyList<Progress> Followers => _followers;

    private bool HasCommittedInTerm => _commitIndex >= _firstOfTerm;

    /// <inheritdoc/>
    public ProposeResult Propose(ReadOnlySpan<byte> payload, out LogIndex index)
    {
        index = default;
        if (_role != Role.Leader)
        {
            return ProposeResult.NotLeader;
        }

        if (!_transferTarget.IsNone)
        {
            return ProposeResult.Transferring;
        }

        if (_uncommittedBytes > 0
            && _uncommittedBytes + payload.Length + EntryCodec.HeadBytes > _options.UncommittedBytesMax)
        {
            return ProposeResult.Overloaded;
        }

        // Only appended: Drain sends it together with what else has come by then.
        index = AppendOwn(EntryKind.Command, payload);
        return ProposeResult.Accepted;
    }

    private LogIndex AppendOwn(EntryKind kind, ReadOnlySpan<byte> payload)
    {
        _uncommittedBytes += payload.Length + EntryCodec.HeadBytes;
        return Log.Append(_term, kind, payload);
    }

    private void SendToFollowers()
    {
        foreach (Progress follower in _followers)
        {
            while (MaySendTo(follower))
            {
                if (follower.Next <= Log.Base)
                {
                    follower.AwaitSnapshot(_now);
                    Send(new() { Kind = MessageKind.InstallSnapshot, To = follower.Node, Index = Log.Base, LogStamp =
                        Log.BaseStamp });
                    break;
                }

                SendEntries(follower);
            }
        }
    }

    private bool MaySendTo(Progress follower) => follower.State switch
    {
        ProgressState.Probe => !follower.ProbeSent,
        ProgressState.Replicate => follower.Next <= Log.Last
            && follower.InflightMessages < _options.InflightMessagesMax
            && follower.InflightBytes < _options.InflightBytesMax,
        _ => false,
    };

    private void SendEntries(Progress follower)
    {
        LogIndex previous = follower.Next - 1;
        int count = 0;
        int bytes = 0;
        for (LogIndex index = follower.Next; index <= Log.Last; index++)
        {
            int entryBytes = EntryCodec.HeadBytes + Log.PayloadLengthAt(index);
            if (count > 0 && bytes + entryBytes > _options.AppendBytesMax)
            {
                break;
            }

            bytes += entryBytes;
            count++;
        }

        var entries = new LogRange(follower.Next, count);
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

    private void HandleHeartbeatReply(in Message message)
    {
        if (_role == Role.Leader && Find(message.From) is { } follower)
        {
            follower.Heard(_now);
            follower.TellsImpaired(message.IsImpaired);
            follower.KnowsCommit(message.Commit);
            ConfirmRound(follower, message.ReadSequence);
        }
    }

    private Progress? Find(NodeId node)
    {
        foreach (Progress follower in _followers)
        {
            if (follower.Node == node)
            {
                return follower;
            }
        }

        return null;
    }

    private void AdvanceCommit()
    {
        // The leader is one acker among others: what it has itself counts only once it is durable, and if it is a
        // voter.
        Span<ulong> durable = stackalloc ulong[_membership.Members.Count];
        durable.Clear();
        if (_selfPlace >= 0)
        {
            durable[_selfPlace] = _durableIndex.Value;
        }

        foreach (Progress follower in _followers)
        {
            if (follower.Place >= 0 && !follower.IsImpaired)
            {
                durable[follower.Place] = follower.Match.Value;
            }
        }

        // Section 5.4.2 and figure 8: only entries of the own term are committed by counting; that commits all before.
        LogIndex reached = new(_membership.Quorum.Reached(durable));
        if (reached > _commitIndex && Log.StampAt(reached) == _term)
        {
            CommitTo(reached);
        }
    }

    private void CommitTo(LogIndex index)
    {
        Invariant.Check(index <= Log.Last, "only entries that are there are committed");
        if (index <= _commitIndex)
        {
            return;
        }

        if (_role != Role.Leader)
        {
            _commitIndex = index;
            _role = _role is Role.Follower ? RoleOfFollower : _role;
            return;
        }

        for (LogIndex at = LogIndex.Max(_commitIndex + 1, _firstOfTerm); at <= index; at++)
        {
            _uncommittedBytes -= Log.PayloadLengthAt(at) + EntryCodec.HeadBytes;
        }

        _commitIndex = index;
        AdmitWaitingReads();
        CompleteMembership();
    }
}
