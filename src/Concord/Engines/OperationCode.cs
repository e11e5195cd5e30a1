namespace Concord.Engines;

/// <summary>
/// The closed set of operations. A number's meaning never changes: a change is a new number, proposed only when the
/// shard's level says that every replica knows it.
/// </summary>
internal enum OperationCode : ushort
{
    /// <summary>Raises the level of the shard; the first one also records how the cluster was laid out.</summary>
    RaiseLevel = 1,

    /// <summary>Registers a session in a shard.</summary>
    OpenSession = 2,

    /// <summary>Ends a session in a shard, a bounded number of records at a time.</summary>
    CloseSession = 3,

    /// <summary>Settles a request: answers it, or makes sure that it never runs.</summary>
    Settle = 4,

    /// <summary>Forgets answers under idempotency keys that are older than the retention.</summary>
    ExpireIdempotency = 5,

    /// <summary>Replaces the directory of the cluster's nodes, if it is still the one that was changed.</summary>
    SetDirectory = 6,

    SetValue = 16,
    TrySetValue = 17,
    DeleteValue = 18,

    AddCounter = 24,
    CompareExchangeCounter = 25,

    /// <summary>Takes the next numbers of a sequence.</summary>
    ReserveSequence = 26,

    /// <summary>Prepares the part of a transaction that concerns this shard.</summary>
    Prepare = 32,

    /// <summary>At the anchor: validates, applies and decides, in one entry.</summary>
    Decide = 33,

    /// <summary>Applies or drops prepared parts whose transactions are decided.</summary>
    Resolve = 34,

    /// <summary>Forgets decisions that every participant has carried out.</summary>
    Forget = 35,

    /// <summary>Asks for a hold: granted at once, or in line, or refused.</summary>
    Acquire = 40,

    /// <summary>Gives up what an earlier request asked for, whatever became of it: a hold, a place in line, or a
    /// request that has not run yet and never will.</summary>
    Release = 41,

    /// <summary>Takes a hold from whoever has it.</summary>
    ForceRelease = 42,

    /// <summary>Changes how many permits a semaphore has.</summary>
    SetLimit = 43,

    /// <summary>Who holds and who waits. Read only.</summary>
    DescribeHolds = 44,

    /// <summary>Whether a hold is still held. Read only.</summary>
    VerifyHold = 45,

    Enqueue = 48,

    /// <summary>Asks for a message: as <see cref="Acquire"/>, of a queue.</summary>
    Receive = 49,

    CompleteDelivery = 50,
    FailDelivery = 51,
    ExtendDelivery = 52,
    ConfigureQueue = 53,
    PurgeQueue = 54,
    RedriveQueue = 55,

    /// <summary>The settings and counts of a queue. Read only.</summary>
    DescribeQueue = 56,

    /// <summary>Asks for several messages by one request.</summary>
    ReceiveSeveral = 57,

    /// <summary>Gives up what is left of such a request.</summary>
    GiveUpSeveral = 58,

    /// <summary>A root's timer is due: proposed by the leader alone.</summary>
    Wake = 60,
}

/// <summary>How an operation ended, the same on every replica.</summary>
internal enum AnswerStatus : byte
{
    /// <summary>It did it.</summary>
    Done = 1,

    /// <summary>It did not, for a reason that its definition encodes in the payload. Nothing was written.</summary>
    Refused = 2,

    /// <summary>An unfinished transaction is in the way; the payload is its gid. Nothing was written, nothing
    /// remembered.</summary>
    Blocked = 3,

    /// <summary>It threw; the payload is the message. Nothing was written.</summary>
    Faulted = 4,

    /// <summary>Settled before it ran: it never will.</summary>
    Cancelled = 5,
}
