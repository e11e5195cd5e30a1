namespace Concord.Consensus.Paxos;

/// <content>The acceptor's side of phase 2. Each place stands for itself; what is acknowledged and committed is only
/// what has no gap before it.</content>
public sealed partial class PaxosCore
{
    /// <summary>How far leaders of this ballot or of older ones have said all to be chosen. It holds for places that
    /// were missing then, for the leader of this ballot proposes there what was chosen.</summary>
    private LogIndex _leaderCommit;

    /// <summary>The leader's word that a place is chosen is about its own value there: held is what was accepted under
    /// its ballot.</summary>
    private protected override LogIndex HeldLikeLeader => _verified;

    private protected override MessageKind AppendReplyKind => MessageKind.Accepted;

    private void HandleAccept(in Message message, EntryReader entries)
    {
        // First what it says of places that are held: the leader has made room in the window by that.
        _leaderCommit = LogIndex.Max(_leaderCommit, message.Commit);
        CommitTo(LogIndex.Max(_commitIndex, LogIndex.Min(_leaderCommit, _verified)));
        LogIndex index = message.Index;
        LogIndex room = message.ByReference ? LogIndex.Zero : _commitIndex + (ulong)_options.WindowEntriesMax;
        bool isNext = index <= _verified;
        bool isAccepted = true;
        while (isAccepted && entries.TryRead(out _, out EntryKind kind, out ReadOnlySpan<byte> payload))
        {
            index++;
            if (index == Log.Last + 1 && index <= room)
            {
                PutNext(entries.Origin, kind, payload);
            }
            else
            {
                isAccepted = TryAccept(index, entries.Origin, kind, payload, message.ByReference);
            }
        }

        _reached = LogIndex.Max(_reached, index);
        _verified = isNext ? LogIndex.Max(_verified, isAccepted ? index : index - 1) : _verified;
        ExtendVerified();
        _acknowledgeDue = true;
        CommitTo(LogIndex.Max(_commitIndex, LogIndex.Min(_leaderCommit, _verified)));
        RecoverWhenCaughtUp();
    }

    /// <summary>Accepts a value under the current ballot. A place that is chosen has it already, and one that was
    /// accepted under this ballot too, for a ballot proposes one value in each place.</summary>
    /// <returns>False when it cannot: the place is too far away, or the value was only named and is not held.</returns>
    private bool TryAccept(
        LogIndex index, Stamp origin, EntryKind kind, ReadOnlySpan<byte> payload, bool byReference)
    {
        if (index <= _commitIndex || (Log.Has(index) && Log.StampAt(index) == _stamp))
        {
            return true;
        }

        if (index - _commitIndex > (ulong)_options.WindowEntriesMax)
        {
            return false;
        }

        if (Log.Has(index) && Log.OriginAt(index) == origin)
        {
            Restamp(index, _stamp);
            return true;
        }

        if (!byReference)
        {
            Put(index, _stamp, origin, kind, payload);
        }

        return !byReference;
    }

    /// <summary>What is chosen or was accepted under the current ballot, without a gap.</summary>
    private void ExtendVerified()
    {
        _verified = LogIndex.Max(_verified, _commitIndex);
        while (Log.Has(_verified + 1) && Log.StampAt(_verified + 1) == _stamp)
        {
            _verified += 1;
        }
    }
}
