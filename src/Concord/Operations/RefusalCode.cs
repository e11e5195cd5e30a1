namespace Concord.Operations;

/// <summary>Why an operation refused: the first byte of every refused answer's payload. Answers are stored, so numbers
/// are never reused.</summary>
internal enum RefusalCode : byte
{
    /// <summary>A counter would leave the bounds of the addition.</summary>
    BoundViolated = 1,

    /// <summary>A counter would leave 64 bits.</summary>
    Overflow = 2,

    /// <summary>The record no longer has the expected revision.</summary>
    RevisionMismatch = 3,

    /// <summary>The key is not of the kind that the operation works on.</summary>
    WrongKind = 4,

    /// <summary>The token is older than the last end of a session: ask again with the one in the payload.</summary>
    SessionTokenTooOld = 5,

    /// <summary>The session is being ended and does not come back: take a new one.</summary>
    SessionEnding = 6,

    /// <summary>What a transaction read has changed, or another one was in its way.</summary>
    Conflict = 7,

    /// <summary>A transaction was not decided in time.</summary>
    TimedOut = 8,

    /// <summary>The answer is no longer kept: whether the request ran is not known any more.</summary>
    Forgotten = 9,

    /// <summary>Somebody else holds it, and the asker does not wait.</summary>
    Busy = 10,

    /// <summary>The fence of the write is not of a hold that is held; its newest token follows.</summary>
    FenceRejected = 11,

    /// <summary>The hold is gone: released, expired, taken away, or never granted.</summary>
    HoldLost = 12,

    /// <summary>The queue is at its bound.</summary>
    QueueFull = 13,

    /// <summary>More permits were asked for than the semaphore has.</summary>
    LimitExceeded = 14,

    /// <summary>Declared otherwise than it is stored; what is stored follows.</summary>
    SettingsDiffer = 15,

    /// <summary>Too many stand in line; how many follows.</summary>
    LineFull = 16,
}
