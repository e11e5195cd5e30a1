namespace Concord;

/// <summary>What became of a single call. There are three outcomes, never two.</summary>
public enum OperationOutcome
{
    /// <summary>It may have happened, or not.</summary>
    Unknown,

    /// <summary>It happened.</summary>
    Done,

    /// <summary>It did not happen and will not.</summary>
    Refused,
}

/// <summary>Names a request, to ask again what became of it.</summary>
/// <param name="Value">Opaque text.</param>
public readonly record struct RequestId(string Value);

/// <summary>Every failure says what became of the operation. Argument mistakes use the BCL's exceptions.</summary>
public abstract class ConcordException : Exception
{
    private protected ConcordException(string message, OperationOutcome outcome, bool isTransient,
        Exception? innerException = null)
        : base(message, innerException)
        => (Outcome, IsTransient) = (outcome, isTransient);

    /// <summary>What became of the operation.</summary>
    public OperationOutcome Outcome { get; }

    /// <summary>As DbException.IsTransient: the same call may succeed later.</summary>
    public bool IsTransient { get; }

    /// <summary>CNC1001 and so on; each has a page in <c>docs/errors</c>.</summary>
    public string ErrorCode { get; init; } = "";
}

/// <summary>Sent, not answered, and asking again did not help in time.</summary>
/// <param name="message">What happened.</param>
/// <param name="request">To ask again.</param>
/// <param name="innerException">The cause.</param>
public sealed class OutcomeUnknownException(string message, RequestId request, Exception? innerException = null)
    : ConcordException(message, OperationOutcome.Unknown, isTransient: true, innerException)
{
    /// <summary>To ask with: <see cref="IConcord.GetOutcomeAsync"/>.</summary>
    public RequestId Request { get; } = request;
}

/// <summary>Not sent: no leader, no quorum, no connection. Nothing happened.</summary>
/// <param name="message">What happened.</param>
/// <param name="innerException">The cause.</param>
public sealed class EngineUnavailableException(string message, Exception? innerException = null)
    : ConcordException(message, OperationOutcome.Refused, isTransient: true, innerException);

/// <summary>Refused because too much is waiting, or the node's state is full. Nothing happened.</summary>
/// <param name="message">What happened.</param>
/// <param name="retryAfter">When it may be worth trying again.</param>
public sealed class EngineOverloadedException(string message, TimeSpan retryAfter)
    : ConcordException(message, OperationOutcome.Refused, isTransient: true)
{
    /// <summary>When it may be worth trying again.</summary>
    public TimeSpan RetryAfter { get; } = retryAfter;
}

/// <summary>A node's disk is full: it answers reads, and no writes until there is room. Nothing happened.</summary>
/// <param name="message">Whose disk, and how much room it needs.</param>
public sealed class EngineReadOnlyException(string message)
    : ConcordException(message, OperationOutcome.Refused, isTransient: true);

/// <summary>The node or cluster could not be started, or stopped itself. The message says what to do.</summary>
/// <param name="message">What happened, what was kept, what to do.</param>
/// <param name="innerException">The cause.</param>
public sealed class EngineStoppedException(string message, Exception? innerException = null)
    : ConcordException(message, OperationOutcome.Refused, isTransient: false, innerException);

/// <summary>The session is over: what it held may be with others, and its calls are not answered any more. Nothing
/// happened.</summary>
/// <param name="message">What happened, what to do.</param>
public sealed class SessionExpiredException(string message)
    : ConcordException(message, OperationOutcome.Refused, isTransient: false);

/// <summary>The hold is lost, as far as this process can tell: released, expired with its session, or taken
/// away.</summary>
/// <param name="message">What happened, what to do.</param>
/// <param name="innerException">The cause.</param>
public sealed class HoldLostException(string message, Exception? innerException = null)
    : ConcordException(message, OperationOutcome.Refused, isTransient: false, innerException);

/// <summary>A write carried the fence of a hold that is not held any more: somebody else may have it. Nothing
/// happened.</summary>
/// <param name="message">What happened, what to do.</param>
/// <param name="presented">The fence of the write.</param>
/// <param name="current">The newest token that is known to have been granted; zero if none is.</param>
public sealed class FenceRejectedException(string message, Fence presented, FencingToken current)
    : ConcordException(message, OperationOutcome.Refused, isTransient: false)
{
    /// <summary>The fence of the write.</summary>
    public Fence Presented { get; } = presented;

    /// <summary>
    /// The newest token that is known to have been granted: for you to log, and no fence of yours. Zero if none is.
    /// When the write and what is held lie in different slots, it is asked for after the refusal: then it is that of
    /// who holds it, and zero if nobody does, nobody answers, or it is a delivery.
    /// </summary>
    public FencingToken Current { get; } = current;
}

/// <summary>The queue is at its bound. Nothing was enqueued.</summary>
/// <param name="message">What happened, what to do.</param>
public sealed class QueueFullException(string message)
    : ConcordException(message, OperationOutcome.Refused, isTransient: true);

/// <summary>The engine does not promise what is needed. Nothing happened.</summary>
/// <param name="message">What is needed for what.</param>
/// <param name="missing">What it does not promise.</param>
public sealed class GuaranteeNotSupportedException(string message, Guarantees missing)
    : ConcordException(message, OperationOutcome.Refused, isTransient: false)
{
    /// <summary>What it does not promise.</summary>
    public Guarantees Missing { get; } = missing;
}

/// <summary>A transaction aborted, or its outcome is in doubt. Not named TransactionAbortedException or
/// TransactionInDoubtException: System.Transactions has those, and users will have both namespaces open.</summary>
/// <param name="result">How it ended.</param>
/// <param name="innerException">The cause.</param>
public sealed class ConcordTransactionException(TransactionResult result, Exception? innerException = null)
    : ConcordException(
        $"Transaction {result.Id.Value}: {result.Outcome} ({result.AbortReason}) {result.Detail}",
        result.Outcome == TransactionOutcome.InDoubt ? OperationOutcome.Unknown : OperationOutcome.Refused,
        result.AbortReason is TransactionAbortReason.Conflict or TransactionAbortReason.TimedOut
            or TransactionAbortReason.QueueFull,
        innerException)
{
    /// <summary>How it ended.</summary>
    public TransactionResult Result { get; } = result;
}
