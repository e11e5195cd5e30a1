namespace Concord.Consensus.Raft;

/// <content>The leader's side of log replication (Raft section 5.3) and the commit rule (section 5.4.2).</content>
public sealed partial class RaftCore
{
    private readonly List<Progress> _followers = [];
    private TimeSpan _heartbeatDue;
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

        if (_uncommittedBytes + payload.Length > _options.UncommittedBytesMax && _uncommittedBytes > 0)
        {
            return ProposeResult.Overloaded;
        }

        // Only appended: Drain sends it together with what else has come by then.
        index = Log.Append(_term, EntryKind.Command, payload);
        _uncommittedBytes += payload.Length;
        return ProposeResult.Accepted;
    }

    private void TickLeader()
    {
        foreach (Progress follower in _followers)
        {
            bool waits = follower.InflightMessages > 0 || follower.ProbeSent
                || follower.State == ProgressState.Snapshot;
            if (waits && _now - follower.LastProgress >= _options.ElectionTimeout / 2)
            {
                // Lost on the way, or the follower is slow: find out where it stands. Does not depend on traffic. A
                // probe is repeated at its place; only an answer says that it should go back.
                follower.Probe(follower.State == ProgressState.Probe ? follower.Next : follower.Match + 1);
            }
        }

        if (_now >= _heartbeatDue)
        {
            SendHeartbeats();
        }
    }

    private void SendHeartbeats()
    {
        _heartbeatDue = _now + _options.HeartbeatInterval;
        foreach (Progress follower in _followers)
        {
            // Never beyond what the follower is known to have: its log may end differently behind that.
            LogIndex commit = LogIndex.Min(_commitIndex, follower.Match);
            Send(new() { Kind = MessageKind.Heartbeat, To = follower.Node, Commit = commit, ReadSequence =
                _readSequence });
        }
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

        if (!message.Rejected)
        {
            Invariant.Check(message.Index <= Log.Last, "a follower acknowledges only what its leader has sent");
            if (follower.Accepted(message.Index, _now))
            {
                AdvanceCommit();
            }
        }
        else if (message.Index > follower.Match
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
            ConfirmReads(follower, message.ReadSequence);
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
        // The leader is one acker among others: what it has itself counts only once it is durable.
        Span<LogIndex> durable = stackalloc LogIndex[_quorum.Voters];
        durable[0] = _durableIndex;
        for (int i = 0; i < _followers.Count; i++)
        {
            durable[i + 1] = _followers[i].Match;
        }

        // Section 5.4.2 and figure 8: only entries of the own term are committed by counting; that commits all before.
        LogIndex reached = _quorum.Reached(durable);
        if (reached > _commitIndex && Log.StampAt(reached) == _term)
        {
            CommitTo(reached);
        }
    }

    private void CommitTo(LogIndex index)
    {
        Invariant.Check(index <= Log.Last, "only entries that are there are committed");
        bool firstOfTerm = _role == Role.Leader && !HasCommittedInTerm;
        for (LogIndex at = LogIndex.Max(_commitIndex + 1, _firstOfTerm); _role == Role.Leader && at <= index; at++)
        {
            _uncommittedBytes -= Log.PayloadLengthAt(at);
        }

        _commitIndex = LogIndex.Max(_commitIndex, index);
        if (firstOfTerm && HasCommittedInTerm)
        {
            AdmitWaitingReads();
        }
    }
}
