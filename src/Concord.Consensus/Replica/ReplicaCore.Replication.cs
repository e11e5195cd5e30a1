namespace Concord.Consensus;

/// <content>The leader's side: what it takes, how fast it sends, and what is committed when.</content>
public abstract partial class ReplicaCore
{
    private protected readonly List<Progress> _followers = [];
    private protected LogIndex _firstOfTerm;
    private protected long _uncommittedBytes;

    /// <summary>What this leader knows of its followers; empty on others. For invariants.</summary>
    internal IReadOnlyList<Progress> Followers => _followers;

    /// <summary>As a leader: its first own entry behind all that others may have committed before. Once that is applied
    /// it knows everything; before it stands in the log, a place that nothing reaches.</summary>
    public LogIndex FirstOfTerm => _firstOfTerm;

    private protected bool HasCommittedInTerm => _commitIndex >= _firstOfTerm;

    /// <summary>The last entry that this leader has proposed: what its followers shall have. In Multi-Paxos behind it
    /// may lie what it once accepted.</summary>
    private protected LogIndex LastProposed => _verified;

    /// <summary>Whether the protocol takes a proposal now, and if not, why.</summary>
    private protected virtual ProposeResult Room => ProposeResult.Accepted;

    /// <summary>Whether what a quorum holds up to <paramref name="index"/> is committed by that.</summary>
    private protected abstract bool MayCommitByCounting(LogIndex index);

    /// <summary>Sends the entries from <see cref="Progress.Next"/> on, as many as fit into a message.</summary>
    private protected abstract void SendEntries(Progress follower);

    /// <summary>Appends an entry of this leader.</summary>
    private protected abstract LogIndex Append(EntryKind kind, ReadOnlySpan<byte> payload);

    /// <summary>A leader's first entries.</summary>
    private protected abstract void BeginLeading();

    /// <summary>More is committed than before.</summary>
    private protected abstract void AfterCommit();

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

        ProposeResult room = Room;
        if (room != ProposeResult.Accepted)
        {
            return room;
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

    private protected LogIndex AppendOwn(EntryKind kind, ReadOnlySpan<byte> payload)
    {
        _uncommittedBytes += payload.Length + EntryCodec.HeadBytes;
        return Append(kind, payload);
    }

    /// <summary>The entries from <paramref name="first"/> to <paramref name="last"/>, as many as fit into a message;
    /// one always does.</summary>
    private protected LogRange Fitting(LogIndex first, LogIndex last, out int bytes)
    {
        int count = 0;
        bytes = 0;
        for (LogIndex index = first; index <= last; index++)
        {
            int entryBytes = EntryCodec.MeasureAt(index, Log, byReference: false);
            if (count > 0 && bytes + entryBytes > _options.AppendBytesMax)
            {
                break;
            }

            bytes += entryBytes;
            count++;
        }

        return new(first, count);
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
        ProgressState.Replicate => follower.Next <= LastProposed
            && follower.InflightMessages < _options.InflightMessagesMax
            && follower.InflightBytes < _options.InflightBytesMax,
        _ => false,
    };

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

    private protected Progress? Find(NodeId node)
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

    private protected void AdvanceCommit()
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

        LogIndex reached = new(_membership.Quorum.Reached(durable));
        if (reached > _commitIndex && MayCommitByCounting(reached))
        {
            CommitTo(reached);
        }
    }

    private protected void CommitTo(LogIndex index)
    {
        Invariant.Check(index <= Log.Last, "only entries that are there are committed");
        if (index <= _commitIndex)
        {
            return;
        }

        if (_role == Role.Leader)
        {
            for (LogIndex at = LogIndex.Max(_commitIndex + 1, _firstOfTerm); at <= index; at++)
            {
                _uncommittedBytes -= Log.PayloadLengthAt(at) + EntryCodec.HeadBytes;
            }
        }

        _commitIndex = index;
        AfterCommit();
        if (_role == Role.Leader)
        {
            AdmitWaitingReads();
            CompleteMembership();
        }
    }
}
