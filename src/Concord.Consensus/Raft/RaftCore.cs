namespace Concord.Consensus.Raft;

/// <summary>
/// One replica of a group that agrees by Raft (Ongaro and Ousterhout 2014; "thesis" is Ongaro 2014). Only who is up to
/// date is elected, and its log is everybody's: a follower's that differs is cut and filled again.
/// </summary>
/// <remarks>
/// What it shares with the other protocol is in <see cref="ReplicaCore"/>. Here: <c>Election</c>, <c>Replication</c>
/// (the leader's side, and the commit rule), <c>Follower</c>, <c>Members</c> and <c>Storage</c>.
/// </remarks>
public sealed partial class RaftCore : ReplicaCore
{
    /// <summary>A replica as it was found on disk, or a new one.</summary>
    /// <param name="options">Its settings.</param>
    /// <param name="recovered">What it found.</param>
    /// <exception cref="ArgumentException">The settings contradict each other.</exception>
    public RaftCore(ReplicaOptions options, RecoveredReplica recovered)
        : base(options, recovered, CommitIndexOf(recovered), recovered.Log.Last)
    {
        _votedFor = _stamp == recovered.HardState.Stamp ? recovered.HardState.VotedFor : NodeId.None;
        _durableIndex = Log.Last;
        _unwritten = Log.Last + 1;
    }

    private static LogIndex CommitIndexOf(RecoveredReplica recovered)
    {
        ArgumentNullException.ThrowIfNull(recovered);
        return LogIndex.Max(recovered.Log.Base, LogIndex.Min(recovered.CommitIndex, recovered.Log.Last));
    }

    private protected override bool HandleWithoutStamp(in Message message, EntryReader entries) => false;

    private protected override void Handle(in Message message, EntryReader entries)
    {
        switch (message.Kind)
        {
            case MessageKind.RequestVote:
                HandleRequestVote(message);
                break;
            case MessageKind.RequestVoteReply:
                HandleRequestVoteReply(message);
                break;
            case MessageKind.Append:
                HandleAppend(message, entries);
                break;
            case MessageKind.AppendReply:
                HandleAppendReply(message);
                break;
        }
    }

    private protected override void BeginFollowing(bool isNewStamp)
    {
        if (isNewStamp)
        {
            _votedFor = NodeId.None;
        }

        _verified = LogIndex.Zero;
    }
}
