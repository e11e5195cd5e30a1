namespace Concord.Consensus.Raft;

/// <content>The follower's side of log replication (Raft section 5.3).</content>
public sealed partial class RaftCore
{
    /// <summary>The leader says no more than it knows this replica to hold; after a loss, than it held.</summary>
    private protected override LogIndex HeldLikeLeader => _isImpaired ? _verified : Log.Last;

    private protected override MessageKind AppendReplyKind => MessageKind.AppendReply;

    private void HandleAppend(in Message message, EntryReader entries)
    {
        LogIndex index = message.Index;
        if (index < Log.Base)
        {
            // What a snapshot covers is committed, so it is equal; the entries behind it may be news.
            while (index < Log.Base && entries.TryRead(out _, out _, out _))
            {
                index++;
            }

            if (index < Log.Base)
            {
                _verified = LogIndex.Max(_verified, index);
                _acknowledgeDue = true;
                return;
            }
        }
        else if (!Log.Covers(index) || Log.StampAt(index) != message.LogStamp)
        {
            Send(
                new()
                {
                    Kind = MessageKind.AppendReply,
                    To = message.From,
                    Rejected = true,
                    Index = index,
                    Hint = HintBelow(index),
                },
                HardStateWrite);
            return;
        }

        while (entries.TryRead(out Stamp stamp, out EntryKind kind, out ReadOnlySpan<byte> payload))
        {
            index++;
            if (index <= Log.Last)
            {
                if (Log.StampAt(index) == stamp)
                {
                    continue;
                }

                // Only a conflict truncates (section 5.3): a late, short message must not drop what is there already.
                Truncate(index);
            }

            Log.Append(stamp, kind, payload);
            if (kind == EntryKind.Membership)
            {
                AdoptMembership(index, payload);
            }
        }

        _verified = LogIndex.Max(_verified, index);
        _acknowledgeDue = true;
        CommitTo(LogIndex.Max(_commitIndex, LogIndex.Min(message.Commit, _verified)));
        RecoverWhenCaughtUp();
    }

    /// <summary>Where the leader should try next: skips the whole conflicting term, not below what is
    /// committed.</summary>
    private LogIndex HintBelow(LogIndex index)
    {
        if (index > Log.Last)
        {
            return Log.Last;
        }

        Stamp conflicting = Log.StampAt(index);
        LogIndex hint = index;
        while (hint > _commitIndex && Log.StampAt(hint) == conflicting)
        {
            hint -= 1;
        }

        return hint;
    }

    private void Truncate(LogIndex from)
    {
        Invariant.Check(from > _commitIndex, "a committed entry is never truncated");
        Log.TruncateFrom(from);
        ForgetFrom(from);
        RevertMembership(from);
    }
}
