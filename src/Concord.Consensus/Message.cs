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

    /// <summary>The leader is there; asks to confirm <see cref="Message.ReadSequence"/>.</summary>
    Heartbeat = 5,

    /// <summary>Confirms <see cref="Message.ReadSequence"/>; says nothing of the log.</summary>
    HeartbeatReply = 6,

    /// <summary>
    /// The receiver lacks entries that its leader no longer holds: <see cref="Message.Index"/> and
    /// <see cref="Message.LogStamp"/> name the snapshot that the hosts transfer beside the protocol.
    /// </summary>
    InstallSnapshot = 7,

    // Kept for the next parts of the protocol: 8 PreVote, 9 PreVoteReply, 10 TimeoutNow, 11 ReadIndex, 12
    // ReadIndexReply.
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

    /// <summary>The entries that travel along, in the sender's log.</summary>
    public LogRange Entries { get; set; }

    /// <inheritdoc/>
    public override readonly string ToString()
    {
        string head = $"{From}->{To} {Kind} {Stamp}";
        return Kind switch
        {
            MessageKind.RequestVote => $"{head} last={Index}@{LogStamp}",
            MessageKind.RequestVoteReply => $"{head} {(Rejected ? "refused" : "granted")}",
            MessageKind.Append => $"{head} prev={Index}@{LogStamp} entries={Entries} commit={Commit}",
            MessageKind.AppendReply => Rejected ? $"{head} rejected={Index} hint={Hint}" : $"{head} match={Index}",
            MessageKind.Heartbeat => $"{head} commit={Commit} read={ReadSequence}",
            MessageKind.HeartbeatReply => $"{head} read={ReadSequence}",
            MessageKind.InstallSnapshot => $"{head} snapshot={Index}@{LogStamp}",
            _ => head,
        };
    }
}
