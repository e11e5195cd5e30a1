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

    /// <summary>What its node tells the others of it.</summary>
    Standing Standing => new(Status.Stamp, Status.Role == Role.Leader, Status.CommitIndex);

    /// <summary>Who belongs to the group: the membership in force. In Raft the newest in the log, committed or not; in
    /// Multi-Paxos the newest that is known to be committed.</summary>
    Membership Membership { get; }

    /// <summary>Whether no change of members is under way here: whoever is not among <see cref="Membership"/> is not
    /// needed any more. Only a leader's word counts.</summary>
    bool IsMembershipFinal { get; }

    /// <summary>When <see cref="Tick"/> has something to do next; until then it need not be called.</summary>
    TimeSpan NextTick { get; }

    /// <summary>Asks for an entry to be appended. Only a leader can; the outcome is known when the entry is
    /// applied.</summary>
    /// <param name="payload">Copied.</param>
    /// <param name="index">Its place, if accepted. It is the caller's entry only if the stamp there is still
    /// <see cref="ReplicaStatus.Stamp"/> of now when that place is applied.</param>
    ProposeResult Propose(ReadOnlySpan<byte> payload, out LogIndex index);

    /// <summary>Asks up to where the state must have been applied for a linearizable read (Raft thesis 6.4). A follower
    /// asks its leader.</summary>
    /// <param name="context">A number that comes back in <see cref="Outbox.Reads"/>.</param>
    /// <param name="now">The time, read after the request came: a lease is checked against it.</param>
    ProposeResult Read(ulong context, TimeSpan now);

    /// <summary>Asks for other members. The change is at its end when <see cref="IsMembershipFinal"/> says so again:
    /// only then may those be shut down that were left out.</summary>
    /// <param name="target">Who shall belong to the group in the end. A new voter must be a learner that has caught up
    /// before.</param>
    MembershipChange ChangeMembership(Membership target);

    /// <summary>Hands leadership to another voter. While it is under way proposals are refused; it is given up after an
    /// election timeout.</summary>
    /// <param name="target">Who shall lead; none for the voter that is best prepared.</param>
    TransferResult TransferLeadership(NodeId target);

    /// <summary>Takes a message of another replica.</summary>
    /// <param name="message">The message.</param>
    /// <param name="entries">Its entries.</param>
    /// <param name="now">The time, read after the message came: promises are counted from it.</param>
    void Step(in Message message, EntryReader entries, TimeSpan now);

    /// <summary>Tells the time, some times per heartbeat interval while there is something to do.</summary>
    /// <param name="now">Since any fixed moment, on a clock that never goes back.</param>
    void Tick(TimeSpan now);

    /// <summary>The host heard that <paramref name="peer"/> is alive and where it stands in this group. Replaces the
    /// heartbeats of a quiet group, see <see cref="ReplicaOptions.HostTellsLiveness"/>.</summary>
    /// <param name="peer">The other node.</param>
    /// <param name="standing">Where it stands now: not older than any message of it that was given to
    /// <see cref="Step"/>.</param>
    /// <param name="now">The time, read after the sign of life came.</param>
    void Alive(NodeId peer, in Standing standing, TimeSpan now);

    /// <summary>Every write up to <paramref name="writeSequence"/> is durable. May be told late, twice, or out of
    /// order.</summary>
    void DurableTo(ulong writeSequence);

    /// <summary>A durable snapshot covers the log up to <paramref name="index"/>; entries up to there may be
    /// forgotten.</summary>
    /// <param name="index">At most what was applied.</param>
    /// <param name="retainedEntries">How many entries before it to keep for followers that lag.</param>
    void SnapshotTaken(LogIndex index, int retainedEntries);

    /// <summary>What a snapshot of the state at <paramref name="index"/> must say of the log.</summary>
    /// <param name="index">A place that was applied and is still held.</param>
    SnapshotPoint PointAt(LogIndex index);

    /// <summary>The state of another replica was installed and is durable; the log begins again behind it.</summary>
    void SnapshotInstalled(SnapshotPoint point);

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

    /// <summary>Leadership is being handed over; nothing happened. Ask again soon, most likely another
    /// replica.</summary>
    Transferring,

    /// <summary>Something that must be decided first is under way, a membership for instance; nothing happened. Ask
    /// again when this replica has done something. Never in Raft.</summary>
    HeldUp,
}

/// <summary>What became of a wish for other members. Unless it was accepted nothing happened.</summary>
public enum MembershipChange
{
    /// <summary>In the log; in force here.</summary>
    Accepted,

    /// <summary>This replica does not lead.</summary>
    NotLeader,

    /// <summary>An earlier change is not committed yet.</summary>
    AnotherUnderWay,

    /// <summary>The leader has not committed an entry of its own term yet, and a change before that is unsafe (Ongaro's
    /// correction of 2015).</summary>
    TermNotCommitted,

    /// <summary>A new voter is not a learner yet. Add it as one first.</summary>
    NotALearner,

    /// <summary>A new voter does not have nearly all of the log yet, or was not heard of lately.</summary>
    LearnerBehind,

    /// <summary>These are the members already.</summary>
    Unchanged,

    /// <summary>Leadership is being handed over.</summary>
    Transferring,
}

/// <summary>What became of a wish to hand over leadership. Unless it was accepted nothing happened.</summary>
public enum TransferResult
{
    /// <summary>Under way.</summary>
    Accepted,

    /// <summary>This replica does not lead.</summary>
    NotLeader,

    /// <summary>The target leads already.</summary>
    AlreadyLeads,

    /// <summary>The target is no voter, or nobody else is.</summary>
    NotAVoter,

    /// <summary>The target was not heard of lately.</summary>
    NotReachable,

    /// <summary>Another hand-over, or a change of members, is under way.</summary>
    AnotherUnderWay,
}

/// <summary>The part that a replica plays.</summary>
public enum Role
{
    /// <summary>Follows a leader, or waits for one.</summary>
    Follower,

    /// <summary>Has asked whether others would vote for it.</summary>
    PreCandidate,

    /// <summary>Has asked for votes.</summary>
    Candidate,

    /// <summary>Has a majority's votes for its term.</summary>
    Leader,

    /// <summary>Follows a leader and may not stand: it is no voter.</summary>
    Learner,
}

/// <summary>Where a replica stands.</summary>
/// <param name="Role">Its part.</param>
/// <param name="Stamp">Its term.</param>
/// <param name="Leader">Whom it takes for the leader; none if it knows nobody.</param>
/// <param name="LastIndex">Its last entry.</param>
/// <param name="DurableIndex">Its last entry that is durable here.</param>
/// <param name="CommitIndex">The last entry that it knows to be committed.</param>
/// <param name="IsImpaired">It may have forgotten what it once acknowledged or voted: it neither votes nor stands nor
/// counts, until every other voter has told it its term and it has caught up with a leader.</param>
/// <param name="IsTransferring">It is handing over leadership.</param>
public readonly record struct ReplicaStatus(
    Role Role,
    Stamp Stamp,
    NodeId Leader,
    LogIndex LastIndex,
    LogIndex DurableIndex,
    LogIndex CommitIndex,
    bool IsImpaired,
    bool IsTransferring);
