namespace Concord.Consensus;

/// <summary>
/// A replica of a log that a majority agrees on: events in, an <see cref="Outbox"/> out. No I/O, no clock, no threads;
/// the same events give the same outbox. A host runs it with real disks and sockets, a simulator with imaginary ones.
/// </summary>
/// <remarks>Not thread-safe: events come one at a time.</remarks>
public interface IReplicatedLog
{
    /// <summary>The entries in memory.</summary>
    LogBuffer Log { get; }

    /// <summary>Where this replica stands.</summary>
    ReplicaStatus Status { get; }

    /// <summary>Asks for an entry to be appended. Only a leader can; the outcome is known when the entry is
    /// applied.</summary>
    /// <param name="payload">Copied.</param>
    /// <param name="index">Its place, if accepted. It is the caller's entry only if the stamp there is still
    /// <see cref="ReplicaStatus.Stamp"/> of now when that place is applied.</param>
    ProposeResult Propose(ReadOnlySpan<byte> payload, out LogIndex index);

    /// <summary>Asks up to where the state must have been applied for a linearizable read (Raft thesis 6.4).</summary>
    /// <param name="context">A number that comes back in <see cref="Outbox.Reads"/>.</param>
    ProposeResult Read(ulong context);

    /// <summary>Takes a message of another replica.</summary>
    void Step(in Message message, EntryReader entries);

    /// <summary>Tells the time, some times per heartbeat interval.</summary>
    /// <param name="now">Since any fixed moment, on a clock that never goes back.</param>
    void Tick(TimeSpan now);

    /// <summary>Every write up to <paramref name="writeSequence"/> is durable. May be told late, twice, or out of
    /// order.</summary>
    void DurableTo(ulong writeSequence);

    /// <summary>A durable snapshot covers the log up to <paramref name="index"/>; entries up to there may be
    /// forgotten.</summary>
    /// <param name="index">At most what was applied.</param>
    /// <param name="retainedEntries">How many entries before it to keep for followers that lag.</param>
    void SnapshotTaken(LogIndex index, int retainedEntries);

    /// <summary>The state of another replica was installed and is durable; the log begins again behind it.</summary>
    void SnapshotInstalled(LogIndex index, Stamp stamp);

    /// <summary>Puts into <paramref name="outbox"/> what is to be done since the last time.</summary>
    /// <returns>Whether there is anything.</returns>
    bool Drain(Outbox outbox);
}

/// <summary>What became of a proposal or a read request.</summary>
public enum ProposeResult
{
    /// <summary>Taken.</summary>
    Accepted,

    /// <summary>This replica does not lead; nothing happened.</summary>
    NotLeader,

    /// <summary>Too much is waiting already; nothing happened.</summary>
    Overloaded,
}

/// <summary>The part that a replica plays.</summary>
public enum Role
{
    /// <summary>Follows a leader, or waits for one.</summary>
    Follower,

    /// <summary>Has asked for votes.</summary>
    Candidate,

    /// <summary>Has a majority's votes for its term.</summary>
    Leader,

    // PreCandidate and Learner come with the rest of the protocol.
}

/// <summary>Where a replica stands.</summary>
/// <param name="Role">Its part.</param>
/// <param name="Stamp">Its term.</param>
/// <param name="Leader">Whom it takes for the leader; none if it knows nobody.</param>
/// <param name="LastIndex">Its last entry.</param>
/// <param name="DurableIndex">Its last entry that is durable here.</param>
/// <param name="CommitIndex">The last entry that it knows to be committed.</param>
public readonly record struct ReplicaStatus(
    Role Role, Stamp Stamp, NodeId Leader, LogIndex LastIndex, LogIndex DurableIndex, LogIndex CommitIndex);
