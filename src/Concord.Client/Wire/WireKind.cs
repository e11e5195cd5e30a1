namespace Concord.Client.Wire;

/// <summary>What a message on a connection is. Numbers are never reused; an unknown one closes the
/// connection.</summary>
internal enum WireKind : byte
{
    /// <summary>Who connects: the first message.</summary>
    Hello = 1,

    /// <summary>Who answers.</summary>
    Welcome = 2,

    /// <summary>Why not; then the connection is closed.</summary>
    Refused = 3,

    /// <summary>Client: run this command on this shard.</summary>
    Execute = 10,

    /// <summary>Client: read this record.</summary>
    Read = 11,

    /// <summary>Client: commit this transaction; this shard is its anchor.</summary>
    Commit = 12,

    /// <summary>Client: the session lives. The leader answers with <see cref="Renewed"/>.</summary>
    KeepAlive = 13,

    /// <summary>Client: how the cluster is laid out, and who leads.</summary>
    TopologyRequest = 14,

    /// <summary>Client: where this node stands.</summary>
    StatusRequest = 15,

    /// <summary>Client: the records behind a key.</summary>
    ScanRequest = 16,

    /// <summary>Client: which nodes there are, or a change of them.</summary>
    MembersRequest = 17,

    /// <summary>Client: run this operation, which only reads.</summary>
    Query = 18,

    /// <summary>Client: tell me what changes: what a session holds, or records behind a prefix.</summary>
    Subscribe = 19,

    /// <summary>The answer to a request.</summary>
    Reply = 20,

    /// <summary>The leader heard the sign of life of a session while it surely led; or knows no such session.</summary>
    Renewed = 21,

    /// <summary>Client: tell me no more.</summary>
    Unsubscribe = 22,

    /// <summary>To a subscriber: something of what its session holds.</summary>
    Inbox = 23,

    /// <summary>To a subscriber: the records behind its prefix, all of them.</summary>
    Watched = 24,

    /// <summary>To a subscriber: this node leads no more; ask the next one.</summary>
    SubscriptionEnded = 25,

    /// <summary>Between nodes: a message of a group's protocol.</summary>
    Consensus = 30,

    /// <summary>Between nodes: run this command on a shard that the receiver leads.</summary>
    PeerExecute = 31,

    /// <summary>Between nodes: a transaction is decided; carry it out.</summary>
    PeerResolve = 32,

    /// <summary>Between nodes: the answer.</summary>
    PeerReply = 33,

    /// <summary>Between nodes: send me this piece of your snapshot.</summary>
    SnapshotRequest = 34,

    /// <summary>Between nodes: a piece of a snapshot.</summary>
    SnapshotPiece = 35,

    /// <summary>Between nodes: every node that there ever was, and where.</summary>
    Directory = 36,

    /// <summary>Between nodes: a sign of life, and who holds the shards that the sender leads.</summary>
    ShardReports = 37,

    /// <summary>Between nodes: the sender is alive; in which groups it stands elsewhere than it last said.</summary>
    Liveness = 38,
}
