namespace Concord.Consensus;

/// <summary>What a message says. The numbers are the wire format; zero and unknown ones are refused.</summary>
public enum MessageKind : byte
{
    /// <summary>A candidate asks for a vote: <see cref="Message.Index"/> and <see cref="Message.LogStamp"/> name its
    /// last entry.</summary>
    RequestVote = 1,

    /// <summary>The answer; <see cref="Message.Rejected"/> when refused.</summary>
    RequestVoteReply = 2,

    /// <summary>Entries behind the place <see cref="Message.Index"/>, whose stamp is <see
    /// cref="Message.LogStamp"/>.</summary>
    Append = 3,

    /// <summary>
    /// Everything up to <see cref="Message.Index"/> is durable and equal to the leader's log; or, when
    /// <see cref="Message.Rejected"/>, the entry at <see cref="Message.Index"/> did not match and
    /// <see cref="Message.Hint"/> is the place to try next.
    /// </summary>
    AppendReply = 4,

    /// <summary>
    /// The leader is there; asks to confirm <see cref="Message.ReadSequence"/>. <see cref="Message.Index"/> is its last
    /// entry, <see cref="Message.Hint"/> what it counts the receiver to hold durably.
    /// </summary>
    Heartbeat = 5,

    /// <summary>Confirms <see cref="Message.ReadSequence"/>; <see cref="Message.Commit"/> is how far the sender knows
    /// the log to be committed.</summary>
    HeartbeatReply = 6,

    /// <summary>
    /// The receiver lacks entries that its leader no longer holds: <see cref="Message.Index"/> and
    /// <see cref="Message.LogStamp"/> name the snapshot that the hosts transfer beside the protocol.
    /// </summary>
    InstallSnapshot = 7,

    /// <summary>Would the receiver vote for the sender in the term <see cref="Message.Stamp"/>, which nobody has begun?
    /// Named like <see cref="RequestVote"/>; <see cref="Message.ReadSequence"/> comes back in the answer.</summary>
    PreVote = 8,

    /// <summary>The answer: granted with the term that was asked for, <see cref="Message.Rejected"/> with the sender's
    /// own. <see cref="Message.Index"/> is its last entry, and <see cref="Message.LogStamp"/> its term if it
    /// leads.</summary>
    PreVoteReply = 9,

    /// <summary>The leader asks the receiver to stand at once; <see cref="Message.Index"/> and
    /// <see cref="Message.LogStamp"/> name the entry that it must have.</summary>
    TimeoutNow = 10,

    /// <summary>A follower asks up to where it must have applied for the reads that it numbered
    /// <see cref="Message.ReadSequence"/>.</summary>
    ReadIndex = 11,

    /// <summary>The answer, once a quorum has confirmed the leader: up to <see cref="Message.Index"/>.</summary>
    ReadIndexReply = 12,

    /// <summary>A candidate asks for the promise of its ballot, and for what was accepted behind
    /// <see cref="Message.Index"/>.</summary>
    Prepare = 13,

    /// <summary>
    /// The answer; <see cref="Message.Rejected"/> when refused. Every place behind <see cref="Message.Index"/>, chosen
    /// or not, with what was accepted there: as many as fit; <see cref="Message.Hint"/> is the last place that holds
    /// anything, and the rest is asked for again. An <see cref="Message.Index"/> beyond the one that was asked for says
    /// that a snapshot covers the places before.
    /// </summary>
    Promise = 14,

    /// <summary>The leader's entries behind <see cref="Message.Index"/>, to be accepted under
    /// <see cref="Message.Stamp"/>. With <see cref="Message.ByReference"/> only their names: the receiver holds
    /// them.</summary>
    Accept = 15,

    /// <summary>Everything up to <see cref="Message.Index"/> is chosen, or accepted under <see cref="Message.Stamp"/>,
    /// and durable; when <see cref="Message.Rejected"/>, something is missing right behind it.</summary>
    Accepted = 16,

    /// <summary>Asks any replica for what was chosen behind <see cref="Message.Index"/>.</summary>
    Learn = 17,

    /// <summary>The answer: chosen entries behind <see cref="Message.Index"/>. An <see cref="Message.Index"/> beyond
    /// the one that was asked for says that a snapshot covers the places before.</summary>
    LearnReply = 18,
}

/// <summary>
/// One message between two replicas of a group. Which group it belongs to is the host's envelope. Entries are named by
/// their range in the sender's log and written from there; the receiver gets them as an <see cref="EntryReader"/>.
/// </summary>
public struct Message
{
    /// <summary>What it says.</summary>
    public MessageKind Kind { get; set; }

    /// <summary>Who sent it.</summary>
    public NodeId From { get; set; }

    /// <summary>Whom it is for.</summary>
    public NodeId To { get; set; }

    /// <summary>The sender's term.</summary>
    public Stamp Stamp { get; set; }

    /// <summary>A place in the log; which one, the kind says.</summary>
    public LogIndex Index { get; set; }

    /// <summary>The stamp of the entry at <see cref="Index"/>, where the kind has one.</summary>
    public Stamp LogStamp { get; set; }

    /// <summary>How far the sender knows the log to be committed.</summary>
    public LogIndex Commit { get; set; }

    /// <summary>Where to try next after a rejected append.</summary>
    public LogIndex Hint { get; set; }

    /// <summary>The number of a round of reads; rounds are numbered upwards within a term and never reused.</summary>
    public ulong ReadSequence { get; set; }

    /// <summary>Whether the request was refused.</summary>
    public bool Rejected { get; set; }

    /// <summary>The vote is asked for because the leader itself wants to hand over: it does not stand against a leader
    /// that is alive.</summary>
    public bool IsTransfer { get; set; }

    /// <summary>The sender may have forgotten what it once said (<see cref="ReplicaStatus.IsImpaired"/>): this counts
    /// for nothing.</summary>
    public bool IsImpaired { get; set; }

    /// <summary>The entries travel without their payloads.</summary>
    public bool ByReference { get; set; }

    /// <summary>The entries that travel along, in the sender's log.</summary>
    public LogRange Entries { get; set; }

    /// <inheritdoc/>
    public override readonly string ToString()
    {
        string head = $"{From}->{To} {Kind} {Stamp}{(IsImpaired ? " impaired" : "")}{(IsTransfer ? " transfer" : "")}";
        return Kind switch
        {
            MessageKind.RequestVote or MessageKind.PreVote => $"{head} last={Index}@{LogStamp}",
            MessageKind.RequestVoteReply or MessageKind.PreVoteReply => $"{head} {(Rejected ? "refused" : "granted")}",
            MessageKind.Append => $"{head} prev={Index}@{LogStamp} entries={Entries} commit={Commit}",
            MessageKind.AppendReply => Rejected ? $"{head} rejected={Index} hint={Hint}" : $"{head} match={Index}",
            MessageKind.Heartbeat => $"{head} commit={Commit} read={ReadSequence}",
            MessageKind.HeartbeatReply => $"{head} read={ReadSequence}",
            MessageKind.InstallSnapshot => $"{head} snapshot={Index}@{LogStamp}",
            MessageKind.TimeoutNow => $"{head} last={Index}@{LogStamp}",
            MessageKind.ReadIndex => $"{head} read={ReadSequence}",
            MessageKind.ReadIndexReply => $"{head} read={ReadSequence} index={Index}",
            MessageKind.Prepare => $"{head} from={Index + 1}",
            MessageKind.Promise => Rejected ? $"{head} refused" : $"{head} entries={Entries} last={Hint} "
                + $"commit={Commit}",
            MessageKind.Accept => $"{head} entries={Entries}{(ByReference ? " named" : "")} commit={Commit}",
            MessageKind.Accepted => $"{head} {(Rejected ? "missing behind" : "match")}={Index}",
            MessageKind.Learn => $"{head} from={Index + 1}",
            MessageKind.LearnReply => $"{head} entries={Entries}",
            _ => head,
        };
    }
}
